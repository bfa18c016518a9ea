//! Starting a simulator, and the handle to one that runs.

use crate::agents::{AgentEntry, Agents, Keeper};
use crate::engine::fault::{self, Fault, FaultKind, Faults, When};
use crate::engine::{CallLog, CallRecord, Reply, Request, http, lie};
use crate::inventory::{Inventory, JobEntry};
use crate::metadata;
use crate::shared::Shared;
use crate::state::Cloud;
use crate::state::clock::Clock;
use crate::storage;
use crate::world::World;
use axum::Router;
use serde::Serialize;
use serde_json::Value;
use simulator_kit::agents::Machines;
use simulator_kit::lie::ListShape;
use simulator_kit::{Server, SimulatedCloud, control_router};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tokio::runtime::Handle;

pub use simulator_kit::StartError;

impl SimulatedCloud for Shared {
    type Request = Request;

    fn command(&self, request: &Request) -> String {
        request.command().to_owned()
    }

    /// Begins what secondary storage has to do for it, too.
    fn answer(&self, request: &Request) -> Reply {
        let (reply, downloads) = {
            let mut cloud = self.cloud();
            (cloud.answer(request), std::mem::take(&mut cloud.storage.downloads))
        };
        for download in downloads {
            self.runtime().spawn(storage::fetch(self.clone(), download));
        }
        reply
    }

    fn answer_with_broken_job(&self, request: &Request, kind: FaultKind, when: When) -> Reply {
        fault::answer_with_broken_job(self, request, kind, when)
    }

    fn is_list(&self, request: &Request) -> bool {
        lie::is_list(request)
    }

    fn wanted_name(&self, request: &Request) -> Option<String> {
        lie::wanted_name(request)
    }

    fn without_filters(&self, request: &Request) -> Request {
        lie::with_only(&self.cloud(), request, lie::is_no_filter)
    }

    fn without_page(&self, request: &Request) -> Request {
        lie::with_only(&self.cloud(), request, lie::is_no_page)
    }

    fn list_shape(&self) -> ListShape {
        lie::SHAPE
    }

    fn with_faults<T>(&self, look: impl FnOnce(&mut Faults) -> T) -> T {
        look(&mut self.cloud().faults)
    }

    fn with_calls<T>(&self, look: impl FnOnce(&mut CallLog) -> T) -> T {
        look(&mut self.cloud().calls)
    }

    fn inventory(&self) -> impl Serialize {
        Inventory::of_running(self)
    }

    fn jobs(&self) -> impl Serialize {
        let mut cloud = self.cloud();
        cloud.settle();
        cloud.jobs.iter().map(JobEntry::of).collect::<Vec<_>>()
    }

    fn agents(&self) -> impl Serialize {
        Shared::agents(self)
    }
}

/// Starts simulators.
#[derive(Debug)]
pub struct Simulator;

/// The keys of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub account: String,
    /// Its API key.
    pub api_key: String,
    /// Its secret key.
    pub secret_key: String,
}

/// A simulator that runs, until it is dropped.
#[derive(Debug)]
pub struct Running {
    shared: Shared,
    server: Server,
}

impl Simulator {
    /// Serves `world` on `address` (port 0: a free one) within the current tokio runtime.
    pub async fn start(world: World, address: SocketAddr) -> Result<Running, StartError> {
        Self::start_with(world, Clock::real(), address).await
    }

    /// The same with a clock of your own.
    pub async fn start_with(
        world: World,
        clock: Clock,
        address: SocketAddr,
    ) -> Result<Running, StartError> {
        let (server, shared) =
            Server::start(address, |runtime| make(world, clock, runtime)).await?;
        Ok(Running { shared, server })
    }

    /// Serves `world` from a thread and runtime of its own, for programs that are not async or
    /// that wait for child processes.
    pub fn spawn_thread(world: World, address: SocketAddr) -> Result<Running, StartError> {
        Self::spawn_thread_with(world, Clock::real(), address)
    }

    /// The same with a clock of your own.
    pub fn spawn_thread_with(
        world: World,
        clock: Clock,
        address: SocketAddr,
    ) -> Result<Running, StartError> {
        let (server, shared) =
            Server::spawn_thread(address, |runtime| make(world, clock, runtime))?;
        Ok(Running { shared, server })
    }
}

fn make(world: World, clock: Clock, runtime: Handle) -> io::Result<(Router, Shared)> {
    let (shared, listener) = Shared::new(world, clock, runtime)?;
    let uploaded = shared.clone();
    let serve = move |stream| storage::serve_upload(stream, uploaded.clone());
    shared.uploads().open(listener, shared.runtime(), serve);
    Ok((http::router(shared.clone()).merge(control_router(shared.clone())), shared))
}

impl Running {
    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The endpoint to give to a client: `http://127.0.0.1:4711/client/api`.
    pub fn endpoint(&self) -> String {
        format!("http://{}/client/api", self.address())
    }

    /// The keys of an account of the world.
    pub fn credentials(&self, account: &str) -> Option<Credentials> {
        let cloud = self.shared.cloud();
        let account = cloud.account_named(account)?;
        Some(Credentials {
            account: account.name.clone(),
            api_key: account.user.api_key.clone(),
            secret_key: account.user.secret_key.clone(),
        })
    }

    /// The cloud, to look into and to change behind the API's back. What has fallen due is done.
    pub fn cloud(&self) -> MutexGuard<'_, Cloud> {
        let mut cloud = self.shared.cloud();
        cloud.settle();
        cloud
    }

    /// The calls since the log was last cleared.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.shared.cloud().calls.records().to_vec()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.shared.cloud().calls.clear();
    }

    /// Makes a signed call as `account`, past HTTP: the status and the body.
    pub fn call(&self, account: &str, command: &str, params: &[(&str, &str)]) -> (u16, Value) {
        let keys = self.shared.cloud().account_named(account).map(|account| account.user.clone());
        let request = Request::signed(&keys.unwrap_or_default(), command, params);
        let reply = self.shared.answer(&request);
        (reply.status, serde_json::from_str(&reply.body).unwrap_or_default())
    }

    /// Declares faults in place of those before.
    pub fn declare_faults(&self, faults: Vec<Fault>) {
        self.shared.cloud().faults.declare(faults);
    }

    /// How many times the declared faults have struck.
    pub fn faults_struck(&self) -> u32 {
        self.shared.cloud().faults.struck()
    }

    /// What the cloud holds beyond its world, with the VMs' metadata addresses.
    pub fn inventory(&self) -> Inventory {
        Inventory::of_running(&self.shared)
    }

    /// Where a VM's metadata service listens.
    pub fn metadata_address(&self, vm: &str) -> Option<SocketAddr> {
        metadata::addresses(&self.shared).get(vm).copied()
    }

    /// Gives each running VM an agent of this kind from now on. The first kind stays.
    pub fn keep_agents(&self, agents: Agents) -> io::Result<()> {
        let cloud: Arc<dyn Machines> = Arc::new(self.shared.clone());
        let keeper = Keeper::start(&cloud, agents)?;
        self.shared.set_agents(keeper);
        Ok(())
    }

    /// The VMs' agents.
    pub fn agents(&self) -> Vec<AgentEntry> {
        self.shared.agents()
    }

    /// What built-in agents have written on a volume: a line with its id by each agent that
    /// started jobs on it. None for a volume that none has formatted.
    pub fn written_on(&self, volume: &str) -> Option<Vec<String>> {
        self.shared.keeper()?.written_on(volume)
    }

    /// The certificate, as PEM, of the CA that the storage VM's own is signed with.
    pub fn storage_ca_cert(&self) -> &str {
        self.shared.uploads().ca_cert()
    }

    /// Every job that is kept, the oldest first.
    pub fn jobs(&self) -> Vec<JobEntry> {
        self.cloud().jobs.iter().map(JobEntry::of).collect()
    }

    /// Moves the cloud's time on.
    pub fn advance(&self, by: Duration) {
        let mut cloud = self.shared.cloud();
        cloud.clock.advance(by);
        cloud.settle();
    }

    /// Waits until somebody stops it, or for ever.
    pub fn join(mut self) {
        self.server.join();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.stop();
        // Each holds the cloud, which holds them.
        if let Some(agents) = self.shared.keeper() {
            agents.close();
        }
        self.shared.metadata_listeners().close();
        self.shared.uploads().close();
    }
}
