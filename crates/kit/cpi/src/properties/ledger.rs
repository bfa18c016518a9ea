//! Where the journal is, and how long calls insist.

use cloud_http::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// The journal of what calls are about to change, from which a later call repairs what an
/// earlier one could not finish.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LedgerProperties {
    /// A PostgreSQL database instead of a file under `state_dir`, for several directors or an
    /// HA pair: `postgres://user:password@host/database`.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub url: Option<Secret>,
    /// The time in seconds within which a request whose answer was lost may still take effect.
    pub horizon: f64,
    /// How long a call may take, in seconds, to remove what it made before it failed. What is
    /// left then is removed by a later call.
    pub budget: f64,
}

impl Default for LedgerProperties {
    fn default() -> Self {
        Self { url: None, horizon: 60.0, budget: 120.0 }
    }
}

impl LedgerProperties {
    pub(crate) fn horizon(&self) -> Duration {
        seconds(self.horizon)
    }

    pub(crate) fn budget(&self) -> Duration {
        seconds(self.budget)
    }
}

/// A time that is no number or negative is none.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
