//! Where machines read their metadata. A real cloud tells machines apart by the address they ask
//! from; here each has a loopback port of its own, which the inventory shows.

use axum::Router;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// The open metadata services, by machine.
#[derive(Debug)]
pub struct MetadataListeners {
    runtime: Handle,
    open: Mutex<BTreeMap<String, Door>>,
}

#[derive(Debug)]
struct Door {
    address: SocketAddr,
    server: AbortHandle,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl MetadataListeners {
    /// None are open yet; those to come run here.
    pub fn new(runtime: Handle) -> Self {
        Self { runtime, open: Mutex::default() }
    }

    /// Opens a door for each machine that has none, closes those whose machine is gone, and tells
    /// where they are. A machine for which no port is free has none. `service` is what answers a
    /// machine.
    pub fn open(
        &self,
        machines: Vec<String>,
        service: impl Fn(&str) -> Router,
    ) -> BTreeMap<String, SocketAddr> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|id, _| machines.contains(id));
        for id in machines {
            if open.contains_key(&id) {
                continue;
            }
            match self.serve(service(&id)) {
                Ok(door) => drop(open.insert(id, door)),
                Err(error) => tracing::warn!(%error, machine = id, "no metadata service"),
            }
        }
        open.iter().map(|(id, door)| (id.clone(), door.address)).collect()
    }

    /// Closes them all.
    pub fn close(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn serve(&self, router: Router) -> std::io::Result<Door> {
        let _inside = self.runtime.enter();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let server = self.runtime.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "a metadata service stopped");
            }
        });
        Ok(Door { address, server: server.abort_handle() })
    }
}
