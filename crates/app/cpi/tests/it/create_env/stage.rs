//! Where it is played: an embedded cloud with agents, and the bosh CLI with a home of its own.

use super::parts::Place;
use simulator_cloudstack::agents::Agents;
use simulator_cloudstack::{Credentials, Running, Simulator, World};
use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub struct Stage {
    pub cloud: Running,
    bosh: PathBuf,
    keys: Credentials,
    port: u16,
    folder: TempDir,
}

/// A program, as a variable of the environment or PATH says.
fn program(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| path.is_file())
}

impl Stage {
    /// None, having said so, where the programs are not installed.
    pub fn set() -> Option<Self> {
        let programs = [("BOSH_CLI", "bosh"), ("BOSH_AGENT", "bosh-agent")];
        let [bosh, agent] = programs.map(|(variable, name)| program(variable, name));
        let (Some(bosh), Some(agent)) = (bosh, agent) else {
            eprintln!("skipped: needs bosh and bosh-agent, on PATH or in BOSH_CLI and BOSH_AGENT");
            return None;
        };
        assert!(xtask::job::has_ruby(), "the bosh CLI needs ruby");
        let folder = tempfile::tempdir().unwrap();
        let port = {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            free.local_addr().unwrap().port()
        };
        let place = Place { folder: folder.path(), port };
        place.cpi_release(Path::new(env!("CARGO_BIN_EXE_cpi")));
        place.probe_release();
        place.stemcell();
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let cloud = Simulator::spawn_thread(World::builtin(), address).unwrap();
        cloud.keep_agents(Agents::Command(place.agent(&agent))).unwrap();
        let keys = cloud.credentials("admin").unwrap();
        Some(Self { cloud, bosh, keys, port, folder })
    }

    /// Runs the CLI on the manifest with a persistent disk of this size; what it said.
    pub fn bosh(&self, command: &str, disk: u32) -> String {
        let folder = self.folder.path();
        Place { folder, port: self.port }.manifest(&self.cloud.endpoint(), &self.keys, disk);
        let log = folder.join("bosh.log");
        let variables: [(&str, &OsStr); 6] = [
            ("HOME", folder.as_os_str()),
            ("TMPDIR", folder.as_os_str()),
            ("PATH", OsStr::new("/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")),
            ("BOSH_LOG_LEVEL", OsStr::new("debug")),
            ("BOSH_LOG_PATH", log.as_os_str()),
            ("BOSH_NON_INTERACTIVE", OsStr::new("true")),
        ];
        let output = Command::new(&self.bosh)
            .args(["--tty", "--no-color", command, "manifest.json"])
            .args(["--state=state.json", "--vars-store=creds.yml"])
            .current_dir(folder)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&output.stderr);
        let agent = || self.agent_log();
        let agent = if output.status.success() { String::new() } else { agent() };
        assert!(output.status.success(), "{command}:\n{said}\n{wrong}\nthe agents:\n{agent}");
        said
    }

    /// What the agents have logged, of all VMs one after the other.
    pub fn agent_log(&self) -> String {
        let log = std::fs::read(self.folder.path().join("agent.log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// How many volumes there are.
    pub fn volumes(&self) -> usize {
        self.cloud.inventory().volumes.len()
    }
}
