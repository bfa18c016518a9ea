//! The binary as a person or a driver runs it.

use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub const CPI: &str = env!("CARGO_BIN_EXE_cpi");

pub fn cpi(arguments: &[&str]) -> Output {
    Command::new(CPI).args(arguments).stdin(Stdio::null()).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder with a config in it that points at `endpoint`.
pub fn config(endpoint: &str, keys: &Value) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
        "cloudstack": {"endpoint": endpoint, "default_zone": "adv",
            "api_key": keys["api_key"], "secret_access_key": keys["secret_access_key"]},
        "state_dir": folder.path().join("state"),
    }}});
    let path = folder.path().join("cpi.json");
    std::fs::write(&path, config.to_string()).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}
