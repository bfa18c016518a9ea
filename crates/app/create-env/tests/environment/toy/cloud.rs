//! The toy cloud from outside: its folder, and agents in its VMs.

use simulator_kit::agents::{Agents, DiskSeen, Keeper, Machine, Machines};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use test_support::environment::Cloud;
use tokio::runtime::{Handle, Runtime};

/// How long a slow call takes, in seconds.
const SLOW: &str = "0.3";

/// A toy cloud whose VMs have agents.
pub struct Toy {
    folder: PathBuf,
    keeper: Keeper,
    // Agents run on it.
    _runtime: Runtime,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    runtime: Handle,
    /// Where each VM's settings are served.
    metadata: Mutex<BTreeMap<String, SocketAddr>>,
}

impl Toy {
    /// An empty one, whose VMs have the simulator's agent.
    pub fn start(folder: &Path) -> Self {
        Self::with_agents(folder, Agents::Builtin)
    }

    /// An empty one, whose VMs have the agent that is this program.
    pub fn with_agent(folder: &Path, program: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let source = serde_json::json!({"Platform": {"Linux": {}}, "Infrastructure": {"Settings": {
            "Sources": [{"Type": "HTTP", "URI": "@METADATA@", "UserDataPath": "/latest/user-data",
                "SSHKeysPath": ""}], "UseRegistry": false}}});
        let source = source.to_string().replace("@METADATA@", "$CPI_SIM_METADATA");
        let script = folder.join("agent.sh");
        let text = format!(
            "set -e\nmkdir -p \"$CPI_SIM_DIR/vcap/bosh\"\n\
             cat > \"$CPI_SIM_DIR/agent.json\" <<END\n{source}\nEND\n\
             exec '{}' -P dummy -M dummy -b \"$CPI_SIM_DIR/vcap\" -C \"$CPI_SIM_DIR/agent.json\" \
             >> '{}' 2>&1\n",
            program.display(),
            folder.join("agent.log").display(),
        );
        fs::write(&script, text).unwrap();
        Self::with_agents(folder, Agents::Command(format!("exec sh '{}'", script.display())))
    }

    fn with_agents(folder: &Path, agents: Agents) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        fs::create_dir_all(folder.join("vms")).unwrap();
        let machines: Arc<dyn Machines> = Arc::new(Folder {
            path: folder.to_owned(),
            runtime: runtime.handle().clone(),
            metadata: Mutex::default(),
        });
        let keeper = Keeper::start(&machines, agents).unwrap();
        Self { folder: folder.to_owned(), keeper, _runtime: runtime }
    }

    /// The CIDs of a kind: `vms`, `disks`, `stemcells`.
    pub fn cids(&self, kind: &str) -> BTreeSet<String> {
        names(&self.folder.join(kind))
    }

    /// The size of a disk, as the CPI was told.
    pub fn size(&self, disk: &str) -> String {
        fs::read_to_string(self.folder.join("disks").join(disk).join("size")).unwrap()
    }

    /// The calls since this was asked last, without `info`.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.logged().into_iter();
        calls.filter(|line| line != "info").collect()
    }

    /// How often the CPI was started since this was asked last.
    pub fn starts(&self) -> usize {
        self.logged().len()
    }

    fn logged(&self) -> Vec<String> {
        let path = self.folder.join("calls");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(&path);
        text.lines().map(str::to_owned).collect()
    }

    /// Has a method fail once with an error of this type, or die before it does anything.
    pub fn fail(&self, method: &str, kind: &str) {
        let text = match kind {
            "die" => r#"{"die":true}"#.to_owned(),
            kind => format!(r#"{{"type":"{kind}"}}"#),
        };
        fs::create_dir_all(self.folder.join("fail")).unwrap();
        fs::write(self.folder.join("fail").join(method), text).unwrap();
    }

    /// Switches something of the CPI on: `resizes`, or how many seconds a call takes: `slow`.
    pub fn set(&self, name: &str, value: &str) {
        fs::write(self.folder.join(name), value).unwrap();
    }
}

impl Cloud for Toy {
    fn vms(&self) -> BTreeSet<String> {
        self.cids("vms")
    }

    fn disks(&self) -> BTreeSet<String> {
        self.cids("disks")
    }

    /// More than one stemcell, and what is half made or half deleted.
    fn excess(&self, is_deployed: bool) -> Vec<String> {
        let stemcells = self.cids("stemcells").into_iter().skip(usize::from(is_deployed));
        let half = names(&self.folder).into_iter();
        let half = half.filter(|name| name.starts_with("draft-") || name.starts_with("gone-"));
        stemcells.chain(half).collect()
    }

    fn written_on(&self, disk: &str) -> Vec<String> {
        self.keeper.written_on(disk).unwrap_or_default()
    }

    fn slow_down(&self, is_slow: bool) {
        self.set("slow", if is_slow { SLOW } else { "0" });
    }
}

impl Machines for Folder {
    fn runtime(&self) -> Handle {
        self.runtime.clone()
    }

    fn look(&self) -> (BTreeSet<String>, Vec<Machine>) {
        let vms = names(&self.path.join("vms"));
        let machine =
            |vm: &String| Machine { vm: vm.clone(), boot: "1".to_owned(), disks: self.disks(vm) };
        let running = vms.iter().map(machine).collect();
        (vms, running)
    }

    fn disks(&self, machine: &str) -> Vec<DiskSeen> {
        let attached = names(&self.path.join("vms").join(machine).join("attached"));
        let seen = |disk: String| DiskSeen {
            paths: vec![format!("/dev/{disk}")],
            size: 1 << 20,
            volume: disk,
        };
        attached.into_iter().map(seen).collect()
    }

    fn metadata(&self, machine: &str) -> Option<SocketAddr> {
        let mut served = self.metadata.lock().unwrap();
        if let Some(address) = served.get(machine) {
            return Some(*address);
        }
        let settings = self.path.join("vms").join(machine).join("settings.json");
        let address = serve(fs::read(settings).ok()?);
        served.insert(machine.to_owned(), address);
        Some(address)
    }
}

/// Answers every request with these bytes, as long as the test runs.
fn serve(body: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let length = body.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    address
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
}
