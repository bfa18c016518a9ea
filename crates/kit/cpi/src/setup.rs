//! What a provider is made of.

use crate::StateDir;
use bosh_cpi::agent::AgentProperties;

/// What a provider with the properties `P` is made of.
pub struct Setup<'a, P> {
    /// The plugin's properties, the context's laid over the file's.
    pub properties: P,
    /// What every VM's agent is told.
    pub agent: AgentProperties,
    /// Where the journal and the lookups are kept.
    pub state_dir: StateDir,
    /// Who asks: its mark is in every name.
    pub director_uuid: Option<&'a str>,
    /// The caller's id of this request, for people who read the journal.
    pub request_id: Option<&'a str>,
}
