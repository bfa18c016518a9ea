//! Where the journal is, and how long calls insist.

use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, Secret};
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
    /// Another machine is reached by TLS only, and its certificate is verified, name and all;
    /// `?sslmode=verify-ca` leaves the name out, `?sslmode=disable` sends the password in clear.
    /// A socket or this machine itself is reached without TLS.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub url: Option<Secret>,
    /// PEM certificates of the CA of that database's server, or its own. Without, `sslrootcert`
    /// of the URL names a file of them; without that, the system's are trusted.
    #[schemars(extend("default" = null))]
    pub ca_cert: Option<String>,
    /// The time in seconds within which a request whose answer was lost may still take effect.
    pub horizon: f64,
    /// How long a call may take, in seconds, to remove what it made before it failed. What is
    /// left then is removed by a later call.
    pub budget: f64,
}

impl Default for LedgerProperties {
    fn default() -> Self {
        Self { url: None, ca_cert: None, horizon: 60.0, budget: 120.0 }
    }
}

impl LedgerProperties {
    /// Refuses times that are none.
    pub(crate) fn validate(&self) -> Result<()> {
        let longest = Deadline::LONGEST.as_secs();
        for (name, seconds) in [("horizon", self.horizon), ("budget", self.budget)] {
            if !(0.0..=longest as f64).contains(&seconds) {
                return Err(CpiError::cpi(format!(
                    "ledger.{name}: must be a number of seconds from 0 to {longest}, got {seconds}"
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn horizon(&self) -> Duration {
        seconds(self.horizon)
    }

    pub(crate) fn budget(&self) -> Duration {
        seconds(self.budget)
    }
}

/// What [`validate`](LedgerProperties::validate) refuses is not used.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A horizon that overflows must not become none at all: what may still appear would be
    /// dropped.
    #[test]
    fn a_time_that_is_none_is_refused() {
        for horizon in [-1.0, f64::NAN, f64::INFINITY, 9.2e18] {
            let error = LedgerProperties { horizon, ..Default::default() }.validate().unwrap_err();
            assert!(error.message.starts_with("ledger.horizon: must be"), "{error}");
        }
        assert!(LedgerProperties { horizon: 0.0, ..Default::default() }.validate().is_ok());
    }
}
