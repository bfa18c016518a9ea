//! The config that a command works by: where it is looked for, and reading it.

use anyhow::{Result, bail};
use bosh_cpi::CpiError;
use cpi_runtime::{ConfigFile, plugin_names};
use std::path::{Path, PathBuf};

/// The variable that names the config where `--config` does not.
pub const VARIABLE: &str = "CPI_CONFIG";

/// Where BOSH renders a job's files.
const JOBS: &str = "/var/vcap/jobs";

/// Reads the config of a director's call: that of `--config`, or of `CPI_CONFIG`.
pub fn read(path: Option<&Path>) -> bosh_cpi::Result<ConfigFile> {
    let path = path.map(Path::to_owned).or_else(from_environment).ok_or_else(|| {
        CpiError::cpi("no config: start the CPI with --config FILE, or set CPI_CONFIG")
    })?;
    ConfigFile::read(&path)
}

/// The path of the config for a person's command: that of `--config`, of `CPI_CONFIG`, or of the
/// one job of a CPI on this VM.
///
/// # Errors
/// No config at all, or several jobs'.
pub fn find(path: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = path.map(Path::to_owned).or_else(from_environment) {
        return Ok(path);
    }
    of_a_job(Path::new(JOBS))
}

fn from_environment() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn of_a_job(jobs: &Path) -> Result<PathBuf> {
    let path = |plugin: &&str| jobs.join(format!("{plugin}_cpi/config/cpi.json"));
    let mut found: Vec<_> = plugin_names().iter().map(path).filter(|path| path.exists()).collect();
    match (found.pop(), found.as_slice()) {
        (Some(path), []) => Ok(path),
        (Some(path), others) => bail!(
            "several configs: {}, {}; choose one with --config FILE",
            others.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "),
            path.display()
        ),
        (None, _) => bail!(
            "no config: name it with --config FILE or {VARIABLE}; no job of a CPI has one under {}",
            jobs.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a director's VM nobody need know where its config is; two jobs leave the choice open.
    #[test]
    fn the_config_of_the_only_job_is_found() {
        let jobs = tempfile::tempdir().unwrap();
        let missing = of_a_job(jobs.path()).unwrap_err().to_string();
        assert!(missing.contains("--config FILE or CPI_CONFIG"), "{missing}");
        let config = |name: &str| {
            let folder = jobs.path().join(name).join("config");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("cpi.json"), "{}").unwrap();
            folder.join("cpi.json")
        };
        let one = config("cloudstack_cpi");
        assert_eq!(of_a_job(jobs.path()).unwrap(), one);
        config("softlayer_cpi");
        let several = of_a_job(jobs.path()).unwrap_err().to_string();
        assert!(several.contains("choose one with --config"), "{several}");
    }
}
