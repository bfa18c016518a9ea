//! `--embedded`: a cloud of this program's own in place of the manifest's. It runs as a process
//! beside, so that the environment is there until it is deleted.

use super::arguments::EnvironmentArguments;
use super::exit::{Failure, FailureKind};
use super::output::Output;
use anyhow::{Context as _, bail};
use bosh_manifest::Value as YamlValue;
use bosh_manifest::operations::{Operation, OperationsFile, Path as ValuePath};
use create_env::document::{Changes, read_with_operations};
use create_env::files;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long the cloud may take until it answers, or until it has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// A cloud that can be embedded.
struct Cloud {
    /// As the properties name it.
    name: &'static str,
    /// What its properties call the endpoint and the keys, and what `cpi sim` calls them.
    connection: &'static [(&'static str, &'static str)],
}

const CLOUDS: [Cloud; 2] = [
    Cloud {
        name: "cloudstack",
        connection: &[
            ("endpoint", "endpoint"),
            ("api_key", "api_key"),
            ("secret_access_key", "secret_access_key"),
        ],
    },
    Cloud {
        name: "softlayer",
        connection: &[
            ("api_endpoint", "endpoint"),
            ("username", "username"),
            ("api_key", "api_key"),
        ],
    },
];

/// An embedded cloud that runs.
#[derive(Clone)]
pub struct Embedded {
    record: Record,
    files: Files,
    /// Whether it was started by this command.
    is_new: bool,
}

/// What is kept of it between commands.
#[derive(Clone, Serialize, Deserialize)]
struct Record {
    /// The process that plays it.
    process: u32,
    /// Which cloud.
    cloud: String,
    /// What it printed when it was ready.
    ready: Value,
    /// Where the VM's agent listens.
    mbus_port: u16,
}

/// Where everything of an environment in an embedded cloud is kept.
#[derive(Clone)]
struct Files {
    state: PathBuf,
    vars: PathBuf,
    record: PathBuf,
    log: PathBuf,
}

impl Files {
    fn of(folder: &Path, manifest: &Path) -> Files {
        let name = manifest.file_stem().unwrap_or_default().to_string_lossy();
        let path = |what: &str| folder.join(format!("{name}-{what}"));
        Files {
            state: path("state.json"),
            vars: path("vars.yml"),
            record: path("cloud.json"),
            log: path("cloud.log"),
        }
    }
}

impl Embedded {
    /// Finds the cloud of a manifest, or starts one. `changes` point the manifest to it from now
    /// on; the state file is answered.
    pub fn attach(
        folder: &Path,
        arguments: &EnvironmentArguments,
        changes: &mut Changes,
        output: &dyn Output,
    ) -> Result<(Embedded, PathBuf), Failure> {
        let files = Files::of(folder, &arguments.manifest);
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let cloud = cloud_of(&read_with_operations(&arguments.manifest, changes)?)?;
        let (record, is_new) = match Record::load(&files.record)? {
            Some(record) if record.answers() => (record, false),
            found => {
                if found.is_some() {
                    output.say("The embedded cloud has ended, and the environment with it.");
                }
                // What was in the cloud is gone with it.
                for path in [&files.state, &files.vars] {
                    files::remove_if_exists(path)?;
                }
                (Record::start(cloud.name, &files)?, true)
            }
        };
        changes.vars_store.get_or_insert_with(|| files.vars.clone());
        changes.operations.push(pointing(&cloud, &record)?);
        let state = arguments.state.clone().unwrap_or_else(|| files.state.clone());
        Ok((Embedded { record, files, is_new }, state))
    }

    /// Moves the message bus to where the embedded cloud's agents listen: on this machine.
    pub fn move_mbus(&self, document: &mut YamlValue) -> Result<(), Failure> {
        let port = self.record.mbus_port;
        for (path, host) in [
            ("/cloud_provider/mbus", "127.0.0.1"),
            ("/cloud_provider/properties/agent/mbus", "0.0.0.0"),
        ] {
            let path = ValuePath::parse(path).map_err(Failure::machine)?;
            let found = bosh_manifest::operations::find(document, &path).ok();
            let Some(url) = found.as_ref().and_then(YamlValue::as_str) else { continue };
            let Some((before, _)) = url.rsplit_once('@') else { continue };
            let value = YamlValue::from(format!("{before}@{host}:{port}"));
            let moved = Operation::Replace { path, value }.apply(document);
            moved.map_err(Failure::machine)?;
        }
        Ok(())
    }

    /// The cloud, if nothing can be in it yet.
    pub fn if_started_now(&self) -> Option<Embedded> {
        self.is_new.then(|| self.clone())
    }

    /// Where it is, for people.
    pub fn description(&self) -> String {
        format!(
            "\nThe embedded cloud runs at {} (process {}) until delete-env --embedded.",
            self.record.endpoint(),
            self.record.process
        )
    }

    /// Ends the cloud, after the environment was deleted; an error if something is left in it.
    pub fn end(self, output: &dyn Output) -> Result<(), Failure> {
        let left = self.record.left()?;
        if !left.is_empty() {
            let message = format!("left in the embedded cloud: {}", left.join(", "));
            return Err(Failure::machine(message));
        }
        self.record.end()?;
        for path in [&self.files.record, &self.files.vars, &self.files.log] {
            files::remove_if_exists(path)?;
        }
        output.say("Left in the embedded cloud: nothing. It has ended.");
        Ok(())
    }
}

/// The cloud that a manifest is for.
fn cloud_of(document: &YamlValue) -> Result<Cloud, Failure> {
    let properties = document.get("cloud_provider").and_then(|it| it.get("properties"));
    let found = CLOUDS
        .into_iter()
        .find(|cloud| properties.is_some_and(|properties| properties.get(cloud.name).is_some()));
    found.ok_or_else(|| {
        let message = "--embedded: cloud_provider.properties must have cloudstack or softlayer";
        Failure::new(FailureKind::Invalid, message)
    })
}

/// The operations that put the embedded cloud in place of the manifest's.
fn pointing(cloud: &Cloud, record: &Record) -> Result<OperationsFile, Failure> {
    let mut operations = Vec::new();
    for (property, name) in cloud.connection {
        let path = format!("/cloud_provider/properties/{}/{property}?", cloud.name);
        let path = ValuePath::parse(&path).map_err(Failure::machine)?;
        let value = record.ready[name].as_str().unwrap_or_default().into();
        operations.push(Operation::Replace { path, value });
    }
    Ok(OperationsFile { name: "--embedded".to_owned(), operations })
}

impl Record {
    fn load(path: &Path) -> anyhow::Result<Option<Record>> {
        let Some(bytes) = files::read_if_exists(path)? else { return Ok(None) };
        // One that cannot be read is another version's.
        Ok(serde_json::from_slice(&bytes).ok())
    }

    /// Starts a cloud in a process group of its own, so that Ctrl-C does not reach it.
    fn start(cloud: &str, files: &Files) -> anyhow::Result<Record> {
        let log =
            std::fs::File::create(&files.log).with_context(|| files.log.display().to_string())?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["sim", "--cloud", cloud, "--listen", "127.0.0.1:0", "--agent", "builtin"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let Ok(ready) = serde_json::from_str(&line) else {
            bail!("the embedded cloud does not start: see {}", files.log.display());
        };
        let record =
            Record { process: child.id(), cloud: cloud.to_owned(), ready, mbus_port: free_port()? };
        files::replace(&files.record, &serde_json::to_vec(&record)?)?;
        Ok(record)
    }

    fn endpoint(&self) -> &str {
        self.ready["endpoint"].as_str().unwrap_or_default()
    }

    fn address(&self) -> Option<SocketAddr> {
        let rest = self.endpoint().strip_prefix("http://")?;
        rest.split('/').next()?.parse().ok()
    }

    fn answers(&self) -> bool {
        self.inventory().is_ok()
    }

    /// What is in the cloud beyond what it began with.
    fn inventory(&self) -> anyhow::Result<Value> {
        let address = self.address().context("the embedded cloud has no address")?;
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /sim/inventory HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("not an HTTP answer")?;
        if !head.lines().next().is_some_and(|line| line.contains(" 200 ")) {
            bail!("the embedded cloud answers {head}");
        }
        Ok(serde_json::from_str(body)?)
    }

    fn left(&self) -> anyhow::Result<Vec<String>> {
        let inventory = self.inventory()?;
        let kinds = inventory.as_object().context("an inventory of another form")?;
        let mut left = Vec::new();
        for (kind, things) in kinds {
            for thing in things.as_array().into_iter().flatten() {
                let state = thing["state"].as_str().unwrap_or_default();
                // What SoftLayer reclaims goes by itself.
                if !state.starts_with("RECLAIM") {
                    let name = thing["name"].as_str().unwrap_or_default();
                    left.push(format!("{kind} {name}"));
                }
            }
        }
        Ok(left)
    }

    fn end(&self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.process).ok().and_then(Pid::from_raw);
        // It has just answered, so that the id is still its own.
        kill_process(pid.context("the embedded cloud has no process id")?, Signal::TERM)?;
        let begun = Instant::now();
        while self.answers() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
