//! A BOSH job: its spec, and its templates as BOSH would render them.

use crate::schema::{find, put};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// What a job says of itself.
#[derive(Debug, Deserialize)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Where each template goes.
    pub templates: BTreeMap<String, String>,
    /// The packages that it needs.
    pub packages: Vec<String>,
    /// Its properties, by their paths.
    pub properties: BTreeMap<String, Described>,
}

/// A property of a job.
#[derive(Debug, Deserialize)]
pub struct Described {
    /// What it means.
    pub description: String,
    /// What BOSH fills in.
    #[serde(default)]
    pub default: Value,
    /// What an operator might give.
    #[serde(default)]
    pub example: Value,
}

impl Job {
    /// Reads `job.MF`, which is the spec.
    pub fn parse(spec: &str) -> Result<Self> {
        serde_saphyr::from_str(spec).context("the job's spec")
    }

    /// The values that templates see: those of the job's properties only, with the defaults.
    pub fn values(&self, given: &Value) -> Value {
        let mut values = json!({});
        for (name, property) in &self.properties {
            let value = find(given, name).unwrap_or(&property.default);
            put(&mut values, name, value.clone());
        }
        values
    }
}

/// Renders a template with the system's Ruby, which is what the bosh CLI does too.
pub fn render(template: &str, values: &Value) -> Result<String> {
    let mut ruby = Command::new("ruby")
        .args(["-E", "UTF-8", "-e", include_str!("render.rb")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("ruby does not start; apt-get install ruby")?;
    let input = json!({"template": template, "properties": values}).to_string();
    let mut stdin = ruby.stdin.take().context("ruby has no stdin")?;
    stdin.write_all(input.as_bytes())?;
    drop(stdin);
    let output = ruby.wait_with_output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    match String::from_utf8(output.stdout) {
        Ok(text) => Ok(text),
        Err(_) => bail!("the rendered template is not UTF-8"),
    }
}

/// Whether this machine has Ruby.
pub fn has_ruby() -> bool {
    Command::new("ruby").arg("-v").output().is_ok_and(|output| output.status.success())
}
