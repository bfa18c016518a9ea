//! `cpi doctor`: whether a config and its cloud go together.

use super::person::{ProviderArgs, block_on, table};
use crate::stdout;
use clap::Args;
use cpi_kit::{Finding, Level, Questions};
use std::path::Path;
use std::process::ExitCode;

/// Check a config against its cloud: reachability, TLS, clock, keys, role, version, zone,
/// offerings, networks and their user-data, limits, templates. Changes nothing. Fails if
/// something would stop a deployment.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi --config cpi.json doctor\n  \
    cpi --config cpi.json doctor --network bosh-net --template 'UUID light' --json")]
pub struct Doctor {
    /// A network that VMs will be in, by name or id; more than once for several.
    #[arg(long = "network", value_name = "NAME")]
    networks: Vec<String>,

    /// A service offering that VMs will have, by name or id.
    #[arg(long = "offering", value_name = "NAME")]
    offerings: Vec<String>,

    /// A template, by name or id, or a stemcell's CID.
    #[arg(long = "template", value_name = "NAME")]
    templates: Vec<String>,

    /// Print JSON: a list of `check`, `level` (ok, warn, fail), `found` and `hint`.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    whose: ProviderArgs,
}

impl Doctor {
    /// Checks.
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let cloud = self.whose.cloud(config)?;
        let Self { networks, offerings, templates, json, .. } = self;
        let questions = Questions { networks, offerings, templates };
        let findings = block_on(async { Ok(cloud.examine(&questions).await) })?;
        match json {
            true => stdout::write_line(&serde_json::to_string_pretty(&findings)?)?,
            false => stdout::write_line(&render(&findings))?,
        }
        let stops = findings.iter().any(|finding| finding.level == Level::Fail);
        Ok(if stops { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn render(findings: &[Finding]) -> String {
    let mut table = table(&["", "check", "found"]);
    for Finding { check, level, found, hint } in findings {
        let found = match hint {
            None => found.clone(),
            Some(hint) => format!("{found}\n→ {hint}"),
        };
        table.add_row([word(*level), check, &found]);
    }
    table.to_string()
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Ok => "ok",
        Level::Warn => "warn",
        Level::Fail => "FAIL",
    }
}
