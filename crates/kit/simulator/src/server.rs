//! Serving a cloud: within a runtime that is there, or from a thread of its own.

use crate::connection_cut::{ConnectionCut, CuttableListener};
use axum::Router;
use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Why a cloud did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        reason: io::Error,
    },
    /// Its thread or its runtime cannot be made.
    #[error("cannot start a thread for the simulator: {0}")]
    Thread(#[source] io::Error),
}

/// What serves a cloud, until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Serves on `address` (port 0: a free one) within the current tokio runtime. `make` gets
    /// the runtime, and gives what answers, and whatever else the caller wants to keep.
    pub async fn start<T>(
        address: SocketAddr,
        make: impl FnOnce(Handle) -> io::Result<(Router, T)>,
    ) -> Result<(Self, T), StartError> {
        let listener = TcpListener::bind(address).await.map_err(|e| listen_error(address, e))?;
        let address = listener.local_addr().map_err(|e| listen_error(address, e))?;
        let (router, kept) = make(Handle::current()).map_err(|e| listen_error(address, e))?;
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(serve(listener, router, stopped));
        Ok((Self { address, stop: Some(stop), thread: None }, kept))
    }

    /// The same from a thread and runtime of its own, for programs that are not async or that
    /// wait for child processes.
    pub fn spawn_thread<T>(
        address: SocketAddr,
        make: impl FnOnce(Handle) -> io::Result<(Router, T)>,
    ) -> Result<(Self, T), StartError> {
        let listener = std::net::TcpListener::bind(address)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|e| listen_error(address, e))?;
        let address = listener.local_addr().map_err(|e| listen_error(address, e))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Thread)?;
        let (router, kept) =
            make(runtime.handle().clone()).map_err(|e| listen_error(address, e))?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("simulator".into())
            .spawn(move || {
                runtime.block_on(async move {
                    match TcpListener::from_std(listener) {
                        Ok(listener) => serve(listener, router, stopped).await,
                        Err(error) => tracing::error!(%error, "the simulator cannot listen"),
                    }
                });
            })
            .map_err(StartError::Thread)?;
        Ok((Self { address, stop: Some(stop), thread: Some(thread) }, kept))
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until somebody stops it, or for ever.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // It has said already why it stopped.
            drop(thread.join());
        }
    }

    /// Tells it to stop, and does not wait until it has.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A server that has stopped already needs no telling.
            let _ = stop.send(());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        self.join();
    }
}

fn listen_error(address: SocketAddr, reason: io::Error) -> StartError {
    StartError::Listen { address, reason }
}

/// Serves until told to stop; connections that are open then are dropped.
async fn serve(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let server = axum::serve(
        CuttableListener(listener),
        router.into_make_service_with_connect_info::<ConnectionCut>(),
    );
    tokio::select! {
        result = server.into_future() => if let Err(error) = result {
            tracing::error!(%error, "the simulator stopped serving");
        },
        _ = stopped => {}
    }
}
