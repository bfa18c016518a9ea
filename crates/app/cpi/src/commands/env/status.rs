//! `env status`: what is there.

use super::arguments::EnvironmentArguments;
use super::exit::{Failure, exit_codes};
use super::session::{Session, run};
use bosh_agent::{Agent, AgentError, AgentState, Patience};
use bosh_manifest::Value as YamlValue;
use bosh_manifest::certificate::Expiry;
use bosh_manifest::variables::Store;
use clap::Args;
use create_env::State;
use create_env::state::view;
use create_env::store::VarsStore;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// A certificate is near its end from here on, in days.
const SOON: i64 = 30;

/// Show what is there of an environment: VM, disk, stemcell, releases, the agent's state, and until
/// when certificates are valid.
///
/// Nothing is changed, and the CPI is not asked.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  cpi env status bosh.yml -l vars.yml --vars-store creds.yml\n\n",
    exit_codes!()
))]
pub struct StatusEnv {
    #[command(flatten)]
    environment: EnvironmentArguments,
}

impl StatusEnv {
    /// Shows it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        run(&self.environment, |session, output| {
            let state = view(&session.state)?;
            let report = Report {
                name: session.manifest.name.clone(),
                agent: state.as_ref().and_then(|state| agent(session, state)),
                certificates: certificates(session)?,
                state,
            };
            output.status(&report);
            Ok(())
        })
    }
}

/// What is there.
pub struct Report {
    name: String,
    state: Option<State>,
    /// Nothing where there is no VM.
    agent: Option<Result<Answers, AgentError>>,
    /// By name.
    certificates: Vec<(String, Expiry)>,
}

/// What the agent says.
struct Answers {
    state: AgentState,
    disks: Vec<String>,
}

fn agent(session: &Session, state: &State) -> Option<Result<Answers, AgentError>> {
    state.current_vm_cid.as_ref()?;
    let patience = Patience::of(session.options.reach_timeout, &|| false);
    let ask = |agent: Agent| {
        agent.wait(patience, &mut |_| {})?;
        Ok(Answers { state: agent.state()?, disks: agent.mounted_disks()? })
    };
    Some(session.agent(&state.director_id).and_then(ask))
}

/// Those of the manifest, and those that were generated.
fn certificates(session: &Session) -> Result<Vec<(String, Expiry)>, Failure> {
    let mut found = Vec::new();
    let env = YamlValue::get(&session.document, "cloud_provider");
    let ca = env.and_then(|provider| provider.get("cert")?.get("ca"));
    let of = |value: Option<&YamlValue>| Expiry::of_pem(value?.as_str()?);
    if let Some(expiry) = of(ca) {
        found.push(("cloud_provider.cert.ca".to_owned(), expiry));
    }
    let agents = session.manifest.resource_pool.env.get("bosh");
    let agents = agents.and_then(|bosh| bosh["mbus"]["cert"]["certificate"].as_str());
    if let Some(expiry) = agents.and_then(Expiry::of_pem) {
        found.push(("env.bosh.mbus.cert".to_owned(), expiry));
    }
    if let Some(path) = &session.vars_store {
        let store = VarsStore::open(path)?;
        for (name, value) in store.values() {
            let certificate = value.get("certificate");
            found.extend(of(certificate).map(|expiry| (name.to_string(), expiry)));
        }
    }
    Ok(found)
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

impl Report {
    /// For people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("Environment '{}'", self.name)];
        let mut line = |what: &str, text: String| lines.push(format!("  {what:<13} {text}"));
        let Some(state) = &self.state else {
            line("State", "there is no state file: nothing is deployed".to_owned());
            return lines;
        };
        let none = || "none".to_owned();
        line("VM", state.current_vm_cid.as_ref().map_or_else(none, ToString::to_string));
        let stemcell = |it: &create_env::state::StemcellRecord| {
            format!("{}/{} ({})", it.name, it.version, it.cid)
        };
        line("Stemcell", state.current_stemcell().map_or_else(none, stemcell));
        for unused in state.unused_stemcells() {
            line("", format!("unused: {}", stemcell(unused)));
        }
        let disk = |it: &create_env::state::DiskRecord| format!("{} ({} MiB)", it.cid, it.size.0);
        line("Disk", state.current_disk().map_or_else(none, disk));
        for unused in state.unused_disks() {
            line("", format!("unused: {}", disk(unused)));
        }
        let releases: Vec<String> =
            state.releases.iter().map(|it| format!("{}/{}", it.name, it.version)).collect();
        line("Releases", if releases.is_empty() { none() } else { releases.join(", ") });
        let deployed = if state.current_manifest_sha.is_some() { "yes" } else { "not completely" };
        line("Deployed", deployed.to_owned());
        match &self.agent {
            None => line("Agent", none()),
            Some(Err(error)) => line("Agent", format!("not reached: {error}")),
            Some(Ok(answers)) => {
                line("Agent", format!("answers; the jobs are {}", answers.state.job_state));
                for process in answers.state.processes.iter().flatten() {
                    line("", format!("process '{}': {}", process.name, process.state));
                }
                let disks = &answers.disks;
                line("Mounted", if disks.is_empty() { none() } else { disks.join(", ") });
            }
        }
        for (at, (name, expiry)) in self.certificates.iter().enumerate() {
            let days = expiry.days_after(now());
            let note = match days {
                ..0 => " EXPIRED".to_owned(),
                days if days < SOON => format!(" ({days} days left)"),
                _ => String::new(),
            };
            let what = if at == 0 { "Certificates" } else { "" };
            line(what, format!("{name}: until {}{note}", expiry.day()));
        }
        lines
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let agent = self.agent.as_ref().map(|agent| match agent {
            Err(error) => json!({"error": error.to_string()}),
            Ok(answers) => json!({
                "job_state": answers.state.job_state,
                "processes": answers.state.whole.get("processes"),
                "disks": answers.disks,
            }),
        });
        let certificates = self.certificates.iter();
        let certificates: Vec<Value> = certificates
            .map(|(name, expiry)| {
                let days = expiry.days_after(now());
                json!({"name": name, "until": expiry.day(), "days": days})
            })
            .collect();
        json!({
            "name": self.name, "state": self.state, "agent": agent, "certificates": certificates,
        })
    }
}
