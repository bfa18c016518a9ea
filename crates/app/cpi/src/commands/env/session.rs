//! A command on an environment, from its arguments to its exit code.

use super::arguments::{EnvironmentArguments, folder_of};
use super::embedded::Embedded;
use super::exit::{Failure, FailureKind};
use super::interrupt::Interrupt;
use super::output::Output;
use bosh_agent::{Agent, AgentError, Patience};
use bosh_manifest::Value;
use bosh_manifest::variables::Checks;
use create_env::document::{self, Changes, manifest_sha};
use create_env::manifest::{Folders, Reading};
use create_env::state::view;
use create_env::{CpiSource, Environment, Manifest, Options};
use std::path::PathBuf;
use std::process::ExitCode;

/// Jobs whose CPI is this program, with the name of their cloud.
const OUR_JOBS: [(&str, &str); 2] =
    [("cloudstack_cpi", "cloudstack"), ("softlayer_cpi", "softlayer")];

/// The release that has them.
const OUR_RELEASE: &str = "bosh-cloudstack-cpi";

/// A command on an environment.
pub struct Session {
    /// The manifest, checked.
    pub manifest: Manifest,
    /// What was read, with its variables.
    pub document: Value,
    /// The state file.
    pub state: PathBuf,
    /// Where generated values are kept.
    pub vars_store: Option<PathBuf>,
    /// How.
    pub options: Options,
    /// The cloud in place of the manifest's.
    pub embedded: Option<Embedded>,
    manifest_path: PathBuf,
    sha: String,
    home: PathBuf,
    cpi: CpiSource,
    interrupt: Interrupt,
}

/// Runs a command: its outcome is shown, and becomes the exit code.
pub fn run(
    arguments: &EnvironmentArguments,
    act: impl FnOnce(&mut Session, &dyn Output) -> Result<(), Failure>,
) -> anyhow::Result<ExitCode> {
    let output = arguments.output.open()?;
    let output = output.as_ref();
    let outcome = Session::open(arguments, output).and_then(|mut session| {
        output.say(&format!("Deployment manifest: '{}'", session.manifest_path.display()));
        output.say(&format!("Deployment state: '{}'", session.state.display()));
        act(&mut session, output)
    });
    output.end(outcome.as_ref().copied());
    Ok(outcome.err().map_or(ExitCode::SUCCESS, |failure| failure.code()))
}

impl Session {
    fn open(arguments: &EnvironmentArguments, output: &dyn Output) -> Result<Session, Failure> {
        let home = home()?;
        let mut changes = arguments.changes.changes();
        if !arguments.embedded {
            return Session::over(arguments, home, arguments.state_path(), changes, None, output);
        }
        let folder = home.join(".bosh/embedded");
        let (cloud, state) = Embedded::attach(&folder, arguments, &mut changes, output)?;
        let unused = cloud.if_started_now();
        let session = Session::over(arguments, home, state, changes, Some(cloud), output);
        if let (Err(_), Some(unused)) = (&session, unused) {
            unused.end(output)?;
        }
        session
    }

    fn over(
        arguments: &EnvironmentArguments,
        home: PathBuf,
        state: PathBuf,
        changes: Changes,
        embedded: Option<Embedded>,
        output: &dyn Output,
    ) -> Result<Session, Failure> {
        let mut document = read(arguments, &changes)?;
        if let Some(cloud) = &embedded {
            cloud.move_mbus(&mut document)?;
        }
        let cpi = cpi(arguments.cpi.as_deref(), &document, output)?;
        let manifest_path = arguments.manifest_path();
        let folders = Folders { manifest: folder_of(&manifest_path), home: Some(&home) };
        let cpi_from_release = cpi == CpiSource::Release;
        let manifest = Manifest::read(&document, Reading { folders, cpi_from_release })?;
        let options = Options {
            reach_timeout: arguments.reach_timeout,
            proxy: proxy()?,
            ..Options::default()
        };
        let sha = manifest_sha(&document);
        let home = home.join(".bosh");
        let interrupt = Interrupt::listen()?;
        Ok(Session {
            manifest,
            document,
            state,
            vars_store: changes.vars_store,
            options,
            embedded,
            manifest_path,
            sha,
            home,
            cpi,
            interrupt,
        })
    }

    /// Works on the environment.
    pub fn with<T>(
        &self,
        output: &dyn Output,
        act: impl FnOnce(&Environment<'_>) -> Result<T, create_env::Error>,
    ) -> Result<T, Failure> {
        let stopped = || self.interrupt.is_wanted();
        let environment = Environment {
            manifest: &self.manifest,
            manifest_path: &self.manifest_path,
            manifest_sha: &self.sha,
            state: &self.state,
            home: &self.home,
            cpi: &self.cpi,
            options: &self.options,
            reporter: output,
            stopped: &stopped,
        };
        Ok(act(&environment)?)
    }
}

impl Session {
    /// The VM's agent. Nothing is sent yet.
    pub fn agent(&self, director_id: &str) -> Result<Agent, AgentError> {
        let provider = &self.manifest.cloud_provider;
        let proxy = self.options.proxy.as_deref();
        Agent::new(&provider.mbus, provider.ca.as_deref(), proxy, director_id)
    }

    /// The agent of the VM that is there, once it has answered.
    pub fn reachable_agent(&self) -> Result<Agent, Failure> {
        let state = view(&self.state)?.filter(|state| state.current_vm_cid.is_some());
        let missing = || create_env::Error::NoEnvironment(self.state.clone());
        let agent = self.agent(&state.ok_or_else(missing)?.director_id)?;
        agent.wait(Patience::of(self.options.reach_timeout, &|| false), &mut |_| {})?;
        Ok(agent)
    }
}

/// All variables must have a value: the environment is made of what stands there.
fn read(arguments: &EnvironmentArguments, changes: &Changes) -> Result<Value, Failure> {
    let checks = Checks { missing: true, unused: false };
    Ok(document::read(&arguments.manifest, changes, checks)?)
}

/// Which CPI is meant.
fn cpi(wanted: Option<&str>, document: &Value, output: &dyn Output) -> Result<CpiSource, Failure> {
    let own = our_plugin(document);
    match (wanted, own) {
        (Some("release"), _) | (None, None) => Ok(CpiSource::Release),
        (None, Some((why, plugin))) => {
            output.say(&format!("CPI: built in, for {why} (see --cpi)"));
            builtin(Some(plugin))
        }
        (Some("builtin"), own) => builtin(own.map(|(_, plugin)| plugin)),
        (Some(command), _) => {
            let mut words = command.split_whitespace().map(str::to_owned);
            let program = words.next();
            let program = program
                .ok_or_else(|| Failure::new(FailureKind::Usage, "--cpi must not be empty"))?;
            Ok(CpiSource::Command {
                program: program.into(),
                arguments: words.collect(),
                plugin: None,
            })
        }
    }
}

fn builtin(plugin: Option<&str>) -> Result<CpiSource, Failure> {
    Ok(CpiSource::Command {
        program: std::env::current_exe()?,
        arguments: vec!["--config".to_owned(), "{config}".to_owned()],
        plugin: plugin.map(str::to_owned),
    })
}

/// Why this program is the manifest's CPI, and for which cloud, if it is: the CPI's job is one of
/// ours, or there is none and the properties are for one of our clouds.
fn our_plugin(document: &Value) -> Option<(String, &'static str)> {
    let provider = document.get("cloud_provider")?;
    let list = provider.get("templates").and_then(Value::as_list).unwrap_or_default();
    let jobs: Vec<&Value> = list.iter().chain(provider.get("template")).collect();
    if jobs.is_empty() {
        let properties = provider.get("properties")?;
        let (_, plugin) = OUR_JOBS.into_iter().find(|(_, it)| properties.get(it).is_some())?;
        return Some((format!("cloud_provider.properties.{plugin}"), plugin));
    }
    jobs.into_iter()
        .filter(|job| job.get("release").and_then(Value::as_str) == Some(OUR_RELEASE))
        .filter_map(|job| job.get("name")?.as_str())
        .find_map(|name| OUR_JOBS.into_iter().find(|(job, _)| *job == name))
        .map(|(job, plugin)| (format!("job '{job}'"), plugin))
}

/// `BOSH_ALL_PROXY` leads to the VM.
fn proxy() -> Result<Option<String>, Failure> {
    let Some(proxy) = std::env::var("BOSH_ALL_PROXY").ok().filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    if proxy.starts_with("socks5://") || proxy.starts_with("socks5h://") {
        return Ok(Some(proxy));
    }
    let message = "BOSH_ALL_PROXY must begin with socks5://; for a jumpbox, run \
                   `ssh -N -D 127.0.0.1:1080 user@host` and set it to socks5://127.0.0.1:1080";
    Err(Failure::new(FailureKind::Usage, message))
}

fn home() -> Result<PathBuf, Failure> {
    std::env::home_dir()
        .filter(|home| home.is_absolute())
        .ok_or_else(|| Failure::machine("HOME is not set: it is where ~/.bosh is kept"))
}
