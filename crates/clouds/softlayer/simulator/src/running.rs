//! Starting a simulator, and the handle to one that runs.

use crate::engine::Request;
use crate::inventory::Inventory;
use crate::shared::Shared;
use crate::state::Cloud;
use crate::world::World;
use crate::{http, metadata};
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use simulator_kit::agents::{AgentEntry, Agents, Keeper, Machines};
use simulator_kit::clock::Clock;
use simulator_kit::fault::Fault;
use simulator_kit::{CallRecord, Server, control_router};
use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tokio::runtime::Handle;

pub use simulator_kit::StartError;

/// Starts simulators.
#[derive(Debug)]
pub struct Simulator;

/// What a user calls with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub username: String,
    /// Its API key.
    pub api_key: String,
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
            Server::start(address, |runtime| Ok(make(world, clock, runtime))).await?;
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
            Server::spawn_thread(address, |runtime| Ok(make(world, clock, runtime)))?;
        Ok(Running { shared, server })
    }
}

fn make(world: World, clock: Clock, runtime: Handle) -> (Router, Shared) {
    let shared = Shared::new(world, clock, runtime);
    (http::router(shared.clone()).merge(control_router(shared.clone())), shared)
}

impl Running {
    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The endpoint to give to a client: `http://127.0.0.1:4711/rest/v3.1`.
    pub fn endpoint(&self) -> String {
        format!("http://{}/rest/v3.1", self.address())
    }

    /// Where IAM keys buy tokens.
    pub fn iam_endpoint(&self) -> String {
        format!("http://{}/identity/token", self.address())
    }

    /// What a user of the world calls with.
    pub fn credentials(&self, user: &str) -> Option<Credentials> {
        let cloud = self.shared.cloud();
        let spec = &cloud.users.values().find(|it| it.spec.name == user)?.spec;
        Some(Credentials { username: spec.name.clone(), api_key: spec.api_key.clone() })
    }

    /// The account, to look into and to change behind the API's back. What has fallen due is
    /// done.
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

    /// Makes a call as the first user of the world, past HTTP: the status and the body. `path`
    /// is `SoftLayer_Virtual_Guest/7/setTags`, and may bear a query.
    pub fn call(&self, path: &str, arguments: &[Value]) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let spec = self.shared.cloud().world.users.first().cloned().unwrap_or_default();
        let pair = STANDARD.encode(format!("{}:{}", spec.name, spec.api_key));
        let verb = if arguments.is_empty() { "GET" } else { "POST" };
        let request = Request {
            verb: verb.to_owned(),
            path: format!("{path}.json"),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            authorization: Some(format!("Basic {pair}")),
            body: json!({"parameters": arguments}).to_string().into_bytes(),
        };
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

    /// What the account holds beyond its world.
    pub fn inventory(&self) -> Inventory {
        Inventory::of_running(&self.shared)
    }

    /// Where a machine's metadata service listens.
    pub fn metadata_address(&self, machine: &str) -> Option<SocketAddr> {
        metadata::addresses(&self.shared).get(machine).copied()
    }

    /// Gives each running machine an agent of this kind from now on. The first kind stays.
    pub fn keep_agents(&self, agents: Agents) -> std::io::Result<()> {
        let cloud: Arc<dyn Machines> = Arc::new(self.shared.clone());
        let keeper = Keeper::start(&cloud, agents)?;
        self.shared.set_keeper(keeper);
        Ok(())
    }

    /// The machines' agents.
    pub fn agents(&self) -> Vec<AgentEntry> {
        self.shared.agents()
    }

    /// What built-in agents have written on a volume: a line with its id by each agent that
    /// started jobs on it. None for a volume that none has formatted.
    pub fn written_on(&self, volume: &str) -> Option<Vec<String>> {
        self.shared.keeper()?.written_on(volume)
    }

    /// Moves the account's time on.
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
    }
}
