//! What one call of the CPI works with.

use crate::intent::Intent;
use crate::properties::{SoftLayerProperties, Wait};
use bosh_cpi::Result;
use bosh_cpi::agent::AgentProperties;
use cloud_http::Deadline;
use cpi_kit::naming::{Names, fingerprint};
use cpi_kit::{Cache, CallJournal, Setup};
use journal::Key;
use softlayer::Client;
use std::cell::OnceCell;
use std::rc::Rc;

/// The CPI for one user of one SoftLayer account.
pub struct SoftLayer {
    pub(crate) properties: SoftLayerProperties,
    pub(crate) agent: AgentProperties,
    pub(crate) names: Names,
    pub(crate) cache: Cache,
    pub(crate) journal: CallJournal<Intent>,
    /// Made by the first call that needs it.
    pub(crate) client: OnceCell<Client>,
}

impl SoftLayer {
    /// Takes the setup. Touches nothing, and asks for no more than `info` needs: what is
    /// missing from the properties is told by the first call that needs it.
    pub fn new(setup: Setup<'_, SoftLayerProperties>) -> Result<Self> {
        let Setup { properties, agent, state_dir, director_uuid, request_id } = setup;
        let state_dir = Rc::new(state_dir);
        let key = Key {
            endpoint: properties.cloud_identity(),
            account: properties.account(),
            project: String::new(),
        };
        let cache_key = fingerprint(&[&key.endpoint, &key.account]);
        Ok(Self {
            cache: Cache::new(Rc::clone(&state_dir), cache_key),
            names: Names::new(director_uuid),
            journal: CallJournal::new(state_dir, key, properties.ledger.clone().into(), request_id),
            properties,
            agent,
            client: OnceCell::new(),
        })
    }

    /// When waiting for `wait`, begun now, must end.
    pub(crate) fn deadline(&self, wait: Wait) -> Deadline {
        self.properties.timeout.deadline(wait)
    }

    /// The same for an undo. It is tried again, by this call or a later one, so that it may
    /// give up sooner.
    pub(crate) fn undo_deadline(&self, wait: Wait) -> Deadline {
        self.journal.undo_deadline(self.deadline(wait))
    }
}
