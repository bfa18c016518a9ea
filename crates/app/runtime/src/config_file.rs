//! A config as it stands in a file.

use bosh_cpi::config::Config;
use bosh_cpi::{CpiError, Result};
use serde_json::Value;
use std::path::Path;

/// A config, and its raw form, in which secrets are looked for. It has no `Debug`, as both hold
/// them.
pub struct ConfigFile {
    /// What it says.
    pub config: Config,
    /// All that stands in it.
    pub raw: Value,
}

impl ConfigFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read or is no config; the error names file and property.
    pub fn read(path: &Path) -> Result<ConfigFile> {
        let bytes = std::fs::read(path).map_err(|e| {
            CpiError::cpi(format!("cannot read the config {}: {e}", path.display()))
        })?;
        Self::parse(&bytes).map_err(|e| e.while_doing(path.display()))
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    /// What is not JSON, or no config; the error names the property.
    pub fn parse(bytes: &[u8]) -> Result<ConfigFile> {
        let config = Config::parse(bytes)?;
        Ok(ConfigFile { config, raw: serde_json::from_slice(bytes).unwrap_or_default() })
    }
}
