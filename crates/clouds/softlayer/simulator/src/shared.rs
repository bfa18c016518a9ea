//! The handle to an account that its HTTP front, its metadata services, its agents and its owner
//! share.

use crate::engine::{self, Request};
use crate::services::{BEHAVIOUR, SERVICES};
use crate::state::Cloud;
use crate::world::World;
use simulator_kit::agents::{AgentEntry, Keeper};
use simulator_kit::clock::Clock;
use simulator_kit::{MetadataListeners, Reply};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::runtime::Handle;

/// An account that several share.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cloud: Mutex<Cloud>,
    metadata: MetadataListeners,
    agents: OnceLock<Keeper>,
    runtime: Handle,
}

impl Shared {
    pub(crate) fn new(world: World, clock: Clock, runtime: Handle) -> Self {
        let cloud = Mutex::new(Cloud::new(world, clock, BEHAVIOUR));
        let metadata = MetadataListeners::new(runtime.clone());
        Self(Arc::new(Inner { cloud, metadata, agents: OnceLock::new(), runtime }))
    }

    /// Where everything that goes on runs.
    pub(crate) fn runtime(&self) -> Handle {
        self.0.runtime.clone()
    }

    /// The account, for this moment. Never held across an await.
    pub fn cloud(&self) -> MutexGuard<'_, Cloud> {
        // A handler that panicked is a bug in one service; the others go on.
        self.0.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        engine::answer(&mut self.cloud(), SERVICES, request)
    }

    /// The listeners of the machines' metadata services.
    pub(crate) fn metadata_listeners(&self) -> &MetadataListeners {
        &self.0.metadata
    }

    /// What keeps the machines' agents; None where nobody asked for them.
    pub(crate) fn keeper(&self) -> Option<&Keeper> {
        self.0.agents.get()
    }

    /// Keeps agents by `keeper`, unless another does already.
    pub(crate) fn set_keeper(&self, keeper: Keeper) {
        if let Err(second) = self.0.agents.set(keeper) {
            second.close();
        }
    }

    /// The machines' agents; none where nobody asked for them.
    pub(crate) fn agents(&self) -> Vec<AgentEntry> {
        self.keeper().map(Keeper::entries).unwrap_or_default()
    }
}
