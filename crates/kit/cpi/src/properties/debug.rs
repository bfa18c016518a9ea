//! Switches that other CPIs have under `debug`.

use schemars::JsonSchema;
use serde::Deserialize;

/// `debug.cpi`, as other CPIs have it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Debugging {
    /// Switches of the CPI.
    pub cpi: CpiDebugging,
}

/// Switches of the CPI.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CpiDebugging {
    /// The same as `api_version`.
    pub api_version: Option<u8>,
}
