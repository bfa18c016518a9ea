//! The config that a command works by.

use bosh_cpi::{CpiError, Result};
use cpi_runtime::ConfigFile;
use std::path::Path;

/// Reads the config that `--config` names.
pub fn read(path: Option<&Path>) -> Result<ConfigFile> {
    let path = path.ok_or_else(|| CpiError::cpi("no config: start the CPI with --config FILE"))?;
    ConfigFile::read(path)
}
