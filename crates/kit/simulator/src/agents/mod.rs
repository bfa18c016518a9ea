//! Agents: what runs inside of VMs. Nothing of it runs unless asked for.
//!
//! A keeper looks at the cloud every few milliseconds: a VM that runs has an agent, and one that
//! is stopped, rebooted or deleted loses it. An agent is played here, over the HTTPS message
//! bus, or it is a process of somebody's own. Either reads its settings where a VM would: from
//! its virtual router or its config drive.

mod builtin;
mod bus;
mod disks;
mod machine;
mod methods;
mod process;
mod settings;
mod tasks;

pub use machine::{DiskSeen, Machine, Machines};
pub use settings::path_of;

use disks::Contents;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// How often the keeper looks.
const TURN: Duration = Duration::from_millis(10);

/// What runs inside of VMs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agents {
    /// An agent that the simulator plays.
    Builtin,
    /// This command, for a shell, once for each VM. It finds in its environment `CPI_SIM_VM`
    /// (the VM's id), `CPI_SIM_METADATA` (the URL of its metadata service, where a config drive's
    /// files are too) and `CPI_SIM_DIR` (a folder of its own that stays as long as the VM; the
    /// disks are files under `dev` in it). It is killed with its process group.
    Command(String),
}

impl FromStr for Agents {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err("expected 'builtin' or a command".to_owned()),
            "builtin" => Ok(Self::Builtin),
            command => Ok(Self::Command(command.to_owned())),
        }
    }
}

/// A VM's agent, as the simulator knows it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AgentEntry {
    /// The VM.
    pub vm: String,
    /// Where its message bus listens; None for one that has none, or is a process of its own.
    pub address: Option<SocketAddr>,
    /// Why it does not serve.
    pub problem: Option<String>,
}

/// How an agent is doing.
#[derive(Debug, Clone, Default)]
struct Status {
    address: Option<SocketAddr>,
    problem: Option<String>,
}

/// Sees to it that each running VM has an agent.
#[derive(Debug)]
pub struct Keeper {
    inner: Arc<Inner>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Inner {
    vms: Mutex<BTreeMap<String, Inhabitant>>,
    contents: Contents,
    /// Where processes find disks; None where there are none.
    ground: Option<process::Ground>,
}

/// A VM from inside.
#[derive(Debug)]
struct Inhabitant {
    /// Ends before its folder goes.
    running: Option<(String, Agent)>,
    disk: Disk,
    status: Arc<Mutex<Status>>,
}

/// What a VM keeps while it is switched off.
#[derive(Debug)]
enum Disk {
    Builtin(Arc<Mutex<builtin::Memory>>),
    Process(process::Folder),
}

/// An agent that runs, until it is dropped.
#[derive(Debug)]
enum Agent {
    Builtin { task: AbortHandle },
    Process(process::Process),
}

impl Drop for Agent {
    fn drop(&mut self) {
        if let Self::Builtin { task } = self {
            task.abort();
        }
    }
}

impl Keeper {
    /// Begins to keep agents of this kind.
    pub fn start(cloud: &Arc<dyn Machines>, agents: Agents) -> std::io::Result<Self> {
        let ground = match &agents {
            Agents::Builtin => None,
            Agents::Command(_) => Some(process::Ground::new()?),
        };
        let (vms, contents) = (Mutex::default(), Contents::default());
        let inner = Arc::new(Inner { vms, contents, ground });
        let (kept, cloud) = (Arc::clone(&inner), Arc::clone(cloud));
        let runtime = cloud.runtime();
        let task = runtime.spawn(async move {
            loop {
                kept.turn(&cloud, &agents);
                tokio::time::sleep(TURN).await;
            }
        });
        Ok(Self { inner, task: task.abort_handle() })
    }

    /// Stops every agent.
    pub fn close(&self) {
        self.task.abort();
        self.inner.vms().clear();
    }

    /// Every VM's agent.
    pub fn entries(&self) -> Vec<AgentEntry> {
        let vms = self.inner.vms();
        let entry = |(vm, inside): (&String, &Inhabitant)| {
            let status = lock(&inside.status).clone();
            AgentEntry { vm: vm.clone(), address: status.address, problem: status.problem }
        };
        vms.iter().map(entry).collect()
    }

    /// What agents have written on a volume; None for one that was never formatted.
    pub fn written_on(&self, volume: &str) -> Option<Vec<String>> {
        self.inner.contents.read(volume)
    }
}

impl Inner {
    fn vms(&self) -> MutexGuard<'_, BTreeMap<String, Inhabitant>> {
        lock(&self.vms)
    }

    fn turn(&self, cloud: &Arc<dyn Machines>, agents: &Agents) {
        let (machines, running) = cloud.look();
        let mut vms = self.vms();
        vms.retain(|id, _| machines.contains(id));
        for (id, inside) in vms.iter_mut() {
            let boot = running.iter().find(|machine| &machine.vm == id).map(|it| &it.boot);
            if inside.running.as_ref().is_some_and(|(was, _)| Some(was) != boot) {
                inside.running = None;
                *lock(&inside.status) = Status::default();
            }
        }
        for machine in running {
            if let Err(error) = self.see_to(&mut vms, cloud, agents, &machine) {
                tracing::warn!(%error, vm = machine.vm, "no agent");
            }
        }
    }

    fn see_to(
        &self,
        vms: &mut BTreeMap<String, Inhabitant>,
        cloud: &Arc<dyn Machines>,
        agents: &Agents,
        machine: &Machine,
    ) -> std::io::Result<()> {
        if !vms.contains_key(&machine.vm) {
            let disk = match &self.ground {
                None => Disk::Builtin(Arc::default()),
                Some(ground) => Disk::Process(ground.folder(&machine.vm)?),
            };
            let fresh = Inhabitant { disk, running: None, status: Arc::default() };
            vms.insert(machine.vm.clone(), fresh);
        }
        let Some(inside) = vms.get_mut(&machine.vm) else { return Ok(()) };
        if let Disk::Process(folder) = &mut inside.disk {
            folder.show(&machine.disks)?;
        }
        if let Some((_, agent)) = &mut inside.running {
            if let Agent::Process(process) = agent
                && let Some(ended) = process.ended()
            {
                lock(&inside.status).problem = Some(ended);
            }
            return Ok(());
        }
        let agent = match (&inside.disk, agents) {
            (Disk::Process(folder), Agents::Command(command)) => {
                let Some(metadata) = cloud.metadata(&machine.vm) else {
                    return Ok(());
                };
                Agent::Process(folder.start(command, &machine.vm, metadata)?)
            }
            (Disk::Builtin(memory), _) => {
                let inside = builtin::Inside {
                    cloud: Arc::clone(cloud),
                    vm: machine.vm.clone(),
                    memory: Arc::clone(memory),
                    contents: self.contents.clone(),
                    status: Arc::clone(&inside.status),
                };
                let task = cloud.runtime().spawn(builtin::live(inside)).abort_handle();
                Agent::Builtin { task }
            }
            (Disk::Process(_), Agents::Builtin) => return Ok(()),
        };
        inside.running = Some((machine.boot.clone(), agent));
        Ok(())
    }
}

/// What is behind a lock, whatever became of who held it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
