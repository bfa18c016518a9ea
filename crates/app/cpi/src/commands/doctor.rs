//! `cpi doctor`: whether a config and its cloud go together.

use super::person::{ProviderArgs, Target};
use crate::{folder_owner, stdout, terminal};
use clap::Args;
use console::Style;
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
        let target = self.whose.target(config)?;
        let Self { networks, offerings, templates, json, .. } = self;
        let questions = Questions { networks, offerings, templates };
        let mut findings = of_files(&target);
        findings.extend(target.wait(async { Ok(target.provider.examine(&questions).await) })?);
        match json {
            true => stdout::write_line(&serde_json::to_string_pretty(&findings)?)?,
            false => stdout::write_line(&render(&findings))?,
        }
        let stops = findings.iter().any(|finding| finding.level == Level::Fail);
        Ok(if stops { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// What the config and the folder show without asking the cloud.
fn of_files(target: &Target) -> Vec<Finding> {
    let mut findings: Vec<_> = target.unknown.iter().map(|path| unknown(path)).collect();
    let old = target.notes.iter().map(|note| Finding::warn("properties", note, "leave it out"));
    findings.extend(old);
    if let Some(foreign) = folder_owner::foreign_files(&target.folder) {
        let hint = "later calls of the director cannot use them";
        findings.push(Finding::fail("state_dir", foreign, hint));
    }
    findings
}

/// A property that is ignored: a fault, since somebody meant something by it.
fn unknown(path: &str) -> Finding {
    let hint = match cpi_runtime::similar_property(path) {
        Some(similar) => format!("did you mean {similar}? `cpi schema` prints all"),
        None => "it is ignored; `cpi schema` prints all that are known".to_owned(),
    };
    Finding::warn("properties", format!("unknown property {path}"), hint)
}

fn render(findings: &[Finding]) -> String {
    let mut table = terminal::table(&["", "check", "found"]);
    for Finding { check, level, found, hint } in findings {
        let found = match hint {
            None => found.clone(),
            Some(hint) => format!("{found}\n→ {hint}"),
        };
        table.add_row([word(*level), check, &found]);
    }
    let coloured: Vec<_> = terminal::text(&table).lines().map(coloured).collect();
    format!("{}\n{}", coloured.join("\n"), summary(findings))
}

/// A row whose first word has the colour of its level.
fn coloured(line: &str) -> String {
    let levels = [Level::Ok, Level::Warn, Level::Fail].map(|level| (word(level), style(level)));
    for (word, style) in levels {
        if let Some(rest) = line.strip_prefix(&format!(" {word} ")) {
            return format!(" {} {rest}", terminal::coloured(word, style));
        }
    }
    line.to_owned()
}

fn style(level: Level) -> Style {
    match level {
        Level::Ok => Style::new().green(),
        Level::Warn => Style::new().yellow(),
        Level::Fail => Style::new().red().bold(),
    }
}

/// `12 ok, 1 warning, 0 failures: deployments should work.`
fn summary(findings: &[Finding]) -> String {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let (ok, warnings, failures) = (count(Level::Ok), count(Level::Warn), count(Level::Fail));
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    let end = match (warnings, failures) {
        (0, 0) => "all is well",
        (_, 0) => "deployments should work; see the hints",
        _ => "a deployment would stop; see the hints",
    };
    format!("{ok} ok, {}, {}: {end}", plural(warnings, "warning"), plural(failures, "failure"))
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Ok => "ok",
        Level::Warn => "warn",
        Level::Fail => "FAIL",
    }
}
