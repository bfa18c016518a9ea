//! Where the journal is, for a cloud in which an order takes minutes until it can be seen.

use cloud_http::Secret;
use cpi_kit::properties::LedgerProperties;
use schemars::JsonSchema;
use serde::Deserialize;

/// The journal of what calls are about to change, from which a later call repairs what an
/// earlier one could not finish.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "SoftLayerLedger")]
pub struct SlowLedger {
    /// A PostgreSQL database instead of a file under `state_dir`, for several directors or an
    /// HA pair: `postgres://user:password@host/database`.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub url: Option<Secret>,
    /// The time in seconds within which an order whose answer was lost may still show what was
    /// ordered.
    pub horizon: f64,
    /// How long a call may take, in seconds, to remove what it made before it failed. What is
    /// left then is removed by a later call.
    pub budget: f64,
}

impl Default for SlowLedger {
    fn default() -> Self {
        Self { url: None, horizon: 600.0, budget: 120.0 }
    }
}

impl From<SlowLedger> for LedgerProperties {
    fn from(slow: SlowLedger) -> Self {
        Self { url: slow.url, horizon: slow.horizon, budget: slow.budget }
    }
}
