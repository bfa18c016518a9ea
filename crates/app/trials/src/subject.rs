//! The CPI under trial, ours or another's.

use crate::Driver;
use crate::cloud::Cloud;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The time in seconds within which a lost request may still take effect, for CPIs that ask.
pub(crate) const HORIZON: f64 = 0.5;

/// The CPI under trial.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; `{config}` stands for the config's path.
    pub arguments: Vec<String>,
    /// The config, with `{endpoint}`, `{api_key}`, `{state_dir}`, `{timeout}`, for CloudStack
    /// `{secret_access_key}` and `{storage_ca_cert}`, for SoftLayer `{username}` in its texts; None for a config of our own form.
    pub config: Option<String>,
}

impl Subject {
    /// Our own binary.
    pub fn ours(program: impl Into<PathBuf>) -> Self {
        let arguments = vec!["--config".to_owned(), "{config}".to_owned()];
        Self { program: program.into(), arguments, config: None }
    }

    /// The text of a config for this cloud; every wait ends after `timeout` seconds.
    pub(crate) fn config(&self, cloud: &dyn Cloud, state: &Path, timeout: u64) -> String {
        let template = self.config.clone().unwrap_or_else(|| our_config(cloud));
        let filled = cloud
            .placeholders()
            .into_iter()
            .fold(template, |text, (name, value)| text.replace(name, &value));
        filled
            .replace("{state_dir}", &state.display().to_string())
            .replace("\"{timeout}\"", &timeout.to_string())
    }

    /// A director that starts this CPI with that config.
    pub(crate) fn driver(&self, config: &Path, home: &Path) -> Driver {
        let path = config.display().to_string();
        let arguments = self.arguments.iter().map(|argument| argument.replace("{config}", &path));
        let mut driver = Driver::new(&self.program, arguments).home(home);
        driver.context.insert("director_uuid".into(), json!("trial-director"));
        driver.context.insert("request_id".into(), json!("cpi-424242"));
        driver
    }
}

fn our_config(cloud: &dyn Cloud) -> String {
    let plugin = cloud.plugin().name();
    json!({"cloud": {"plugin": plugin, "properties": {
        plugin: cloud.properties(HORIZON),
        "agent": {"mbus": "nats://nats:secret@10.0.0.6:4222"},
        "state_dir": "{state_dir}",
    }}})
    .to_string()
}
