//! The handle to a cloud that its HTTP front, its metadata services, its agents and its owner
//! share.

use crate::engine::seconds;
use crate::state::Cloud;
use crate::state::clock::Clock;
use crate::storage::{self, UploadListener};
use crate::world::World;
use simulator_kit::MetadataListeners;
use simulator_kit::agents::{AgentEntry, Keeper};
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::runtime::Handle;

/// A cloud that several share.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cloud: Mutex<Cloud>,
    metadata: MetadataListeners,
    uploads: Arc<UploadListener>,
    agents: OnceLock<Keeper>,
    runtime: Handle,
}

impl Shared {
    /// A cloud, and the bound socket where uploads will come in.
    pub(crate) fn new(
        world: World,
        clock: Clock,
        runtime: Handle,
    ) -> io::Result<(Self, TcpListener)> {
        let mut cloud = Cloud::new(world, clock);
        let (uploads, listener) = UploadListener::bind()?;
        cloud.storage.address = Some(uploads.address);
        let inner = Inner {
            cloud: Mutex::new(cloud),
            metadata: MetadataListeners::new(runtime.clone()),
            uploads: Arc::new(uploads),
            agents: OnceLock::new(),
            runtime,
        };
        Ok((Self(Arc::new(inner)), listener))
    }

    /// The cloud, for this moment. Never held across an await.
    pub fn cloud(&self) -> MutexGuard<'_, Cloud> {
        // A handler that panicked is a bug in one resource; the others go on.
        self.0.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where uploads come in.
    pub(crate) fn uploads(&self) -> &Arc<UploadListener> {
        &self.0.uploads
    }

    /// Where everything that goes on runs.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// The listeners of the VMs' metadata services.
    pub(crate) fn metadata_listeners(&self) -> &MetadataListeners {
        &self.0.metadata
    }

    /// What keeps the VMs' agents; None where nobody asked for them.
    pub(crate) fn keeper(&self) -> Option<&Keeper> {
        self.0.agents.get()
    }

    /// Keeps agents by `keeper`, unless another does already.
    pub(crate) fn set_agents(&self, keeper: Keeper) {
        if let Err(second) = self.0.agents.set(keeper) {
            second.close();
        }
    }

    /// The VMs' agents; none where nobody asked for them.
    pub(crate) fn agents(&self) -> Vec<AgentEntry> {
        self.keeper().map(Keeper::entries).unwrap_or_default()
    }

    /// Notes an upload in the log of calls.
    pub(crate) fn log_upload(&self, path: &str) -> u64 {
        let mut cloud = self.cloud();
        let start = seconds(cloud.now());
        cloud.calls.open(storage::UPLOAD, &[("path".to_owned(), path.to_owned())], start)
    }

    /// Notes how it ended.
    pub(crate) fn log_upload_end(&self, number: u64, status: u16, text: &str) {
        if let Some(record) = self.cloud().calls.get_mut(number) {
            record.status = Some(status);
            record.error = (status != 200).then(|| text.to_owned());
        }
    }
}
