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
    /// Another machine is reached by TLS only, and its certificate is verified, name and all;
    /// `?sslmode=verify-ca` leaves the name out, `?sslmode=disable` sends the password in clear.
    /// A socket or this machine itself is reached without TLS.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub url: Option<Secret>,
    /// PEM certificates of the CA of that database's server, or its own. Without, `sslrootcert`
    /// of the URL names a file of them; without that, the system's are trusted.
    #[schemars(extend("default" = null))]
    pub ca_cert: Option<String>,
    /// The time in seconds within which an order whose answer was lost may still show what was
    /// ordered.
    pub horizon: f64,
    /// How long a call may take, in seconds, to remove what it made before it failed. What is
    /// left then is removed by a later call.
    pub budget: f64,
}

impl Default for SlowLedger {
    fn default() -> Self {
        Self { url: None, ca_cert: None, horizon: 600.0, budget: 120.0 }
    }
}

impl From<SlowLedger> for LedgerProperties {
    fn from(slow: SlowLedger) -> Self {
        let SlowLedger { url, ca_cert, horizon, budget } = slow;
        Self { url, ca_cert, horizon, budget }
    }
}
