//! The agent that the simulator plays: its life from boot on.

use super::disks::{Contents, Known};
use super::settings::{self, Settings};
use super::tasks::Tasks;
use super::{Machines, Status, bus, lock};
use axum::body::Bytes;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// How soon it tries again what did not work: settings that cannot be read, a port that the
/// agent of a VM that is being deleted still has.
const PAUSE: Duration = Duration::from_millis(100);

/// An agent's surroundings.
#[derive(Clone)]
pub struct Inside {
    /// The cloud.
    pub cloud: Arc<dyn Machines>,
    /// Its VM.
    pub vm: String,
    /// What it keeps.
    pub memory: Arc<Mutex<Memory>>,
    /// What is written on volumes.
    pub contents: Contents,
    /// How it is doing.
    pub status: Arc<Mutex<Status>>,
}

/// What an agent keeps over boots, as a real one does on its root and ephemeral disks.
#[derive(Debug, Default)]
pub struct Memory {
    /// Its persistent disks.
    pub disks: Known,
    /// The spec that was applied last.
    pub spec: Option<Value>,
    /// Whether its jobs were stopped.
    pub stopped: bool,
    /// Its blobs.
    pub blobs: BTreeMap<String, Bytes>,
}

/// An agent that has booted.
pub struct Booted {
    /// Its surroundings.
    pub inside: Inside,
    /// Its settings.
    pub settings: Settings,
    /// Its tasks.
    pub tasks: Mutex<Tasks>,
}

/// Boots and serves until it is aborted. What fails is tried again, as runit does.
pub async fn live(inside: Inside) {
    loop {
        let Err(problem) = boot(&inside).await else { return };
        note(&inside, problem);
        tokio::time::sleep(PAUSE).await;
    }
}

fn note(inside: &Inside, problem: String) {
    let mut status = lock(&inside.status);
    if status.problem.as_ref() != Some(&problem) {
        tracing::debug!(vm = inside.vm, problem, "the agent does not serve");
    }
    *status = Status { address: None, problem: Some(problem) };
}

async fn boot(inside: &Inside) -> Result<(), String> {
    let door = inside.cloud.metadata(&inside.vm);
    let door = door.ok_or("the VM has no metadata service")?;
    let settings = settings::read(door).await?;
    if let Some(path) = settings.ephemeral() {
        inside.volume_at(&path).map_err(|e| format!("Setting up ephemeral disk: {e}"))?;
    }
    inside.remount().map_err(|e| format!("Mounting persistent disk: {e}"))?;
    let bus = settings.bus()?;
    // Whatever address the VM has or the URL says, the simulator is on this machine only.
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, bus.port))).await;
    let listener = listener.map_err(|e| match e.kind() {
        ErrorKind::AddrInUse => format!("port {} is taken on 127.0.0.1", bus.port),
        _ => format!("cannot listen on port {}: {e}", bus.port),
    })?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let acceptor = bus::acceptor(bus.identity.as_ref())?;
    *lock(&inside.status) = Status { address: Some(address), problem: None };
    let booted = Booted { inside: inside.clone(), settings, tasks: Mutex::default() };
    bus::serve(listener, acceptor, Arc::new(booted), bus.authorization).await
}
