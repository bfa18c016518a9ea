//! Which clouds there are: one arm for each.

use crate::state_dir::StateDir;
use bosh_cpi::config::Config;
use bosh_cpi::{Call, CpiError, Request, Result};
use serde_json::Value;

/// The names that `cloud.plugin` may have.
pub const PLUGINS: &[&str] = &[];

/// Lets the configured cloud's provider do `call`.
pub async fn run(
    call: Call,
    request: &Request,
    config: &Config,
    state_dir: StateDir,
) -> Result<Value> {
    let _ = (call, request, state_dir);
    match config.plugin() {
        other => Err(CpiError::cpi(format!(
            "cloud.plugin: there is no '{other}', only {}",
            PLUGINS.join(", ")
        ))),
    }
}
