//! `env ssh`: a shell on an environment's VM.

use super::arguments::EnvironmentArguments;
use super::exit::{Failure, exit_codes};
use super::session::{Session, run};
use bosh_agent::{Agent, Patience};
use bosh_manifest::{Value as YamlValue, generation};
use clap::Args;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

/// Open a shell on the VM, or run a command there, as a user that exists for as long.
///
/// The agent makes the user and its key; the `ssh` of this machine is used.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n  cpi env ssh bosh.yml -l vars.yml --vars-store creds.yml\n  \
     cpi env ssh bosh.yml --vars-store creds.yml -- sudo monit summary\n\n",
    exit_codes!()
))]
pub struct SshEnv {
    #[command(flatten)]
    environment: EnvironmentArguments,

    /// What to run there, instead of a shell.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl SshEnv {
    /// Opens the shell. The exit code is that of ssh.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut status = None;
        let code = run(&self.environment, |session, _| {
            status = Some(shell(session, &self.command)?);
            Ok(())
        })?;
        let status = status.and_then(|status: ExitStatus| status.code());
        Ok(match status {
            Some(status) if status != 0 => ExitCode::from(u8::try_from(status).unwrap_or(1)),
            _ => code,
        })
    }
}

fn shell(session: &Session, command: &[String]) -> Result<ExitStatus, Failure> {
    let agent = session.reachable_agent()?;
    let key = generation::generate("ssh", &YamlValue::Null, None);
    let key = key.map_err(Failure::machine)?;
    let part = |name| key.get(name).and_then(YamlValue::as_str).unwrap_or_default();
    let folder = tempfile::Builder::new().prefix("cpi-ssh-").tempdir()?;
    let private = folder.path().join("key");
    std::fs::write(&private, part("private_key"))?;
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o600))?;
    let id = create_env::state::new_id();
    let user = format!("bosh_{}", &id[..13].replace('-', ""));
    let setup = json!(["setup", {"user": user, "public_key": part("public_key").trim_end()}]);
    let answer = agent.run("ssh", setup, Patience::default())?;
    let status = connect(session, &answer, &user, folder.path(), command);
    // A user that stays is the agent's to remove; the shell has ended either way.
    let cleaned = clean_up(&agent, &user);
    let status = status?;
    cleaned?;
    Ok(status)
}

fn connect(
    session: &Session,
    answer: &Value,
    user: &str,
    folder: &Path,
    command: &[String],
) -> Result<ExitStatus, Failure> {
    let host = session.manifest.cloud_provider.mbus.host();
    let known = folder.join("known_hosts");
    let check = match answer["host_public_key"].as_str().filter(|key| !key.trim().is_empty()) {
        Some(key) => {
            std::fs::write(&known, format!("{host} {}\n", key.trim()))?;
            "yes"
        }
        // Older agents do not tell it.
        None => "accept-new",
    };
    let mut ssh = Command::new("ssh");
    ssh.arg("-i").arg(folder.join("key"));
    for option in [
        format!("UserKnownHostsFile={}", known.display()),
        format!("StrictHostKeyChecking={check}"),
        "IdentitiesOnly=yes".to_owned(),
        "PasswordAuthentication=no".to_owned(),
    ] {
        ssh.arg("-o").arg(option);
    }
    if let Some(proxy) = &session.options.proxy {
        let address = proxy.split_once("://").map_or(proxy.as_str(), |(_, rest)| rest);
        ssh.arg("-o").arg(format!("ProxyCommand=nc -x {address} %h %p"));
    }
    ssh.arg("-l").arg(user).arg(host).args(command);
    let missing = |error| Failure::machine(format!("ssh cannot be started: {error}"));
    ssh.status().map_err(missing)
}

fn clean_up(agent: &Agent, user: &str) -> Result<(), Failure> {
    let cleanup = json!(["cleanup", {"user_regex": format!("^{user}$")}]);
    agent.run("ssh", cleanup, Patience::default())?;
    Ok(())
}
