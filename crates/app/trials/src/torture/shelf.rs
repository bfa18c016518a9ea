//! An image server on which a CPI publishes, and what stands on it.

use anyhow::{Context, Result};
use image_server::{Limits, Server, Settings};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

const PASSWORD: &str = "correct horse battery";

/// A server in a thread of its own, until it is dropped.
pub struct Shelf {
    address: SocketAddr,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Shelf {
    /// The name under which the cloud knows it.
    pub const HOST: &str = "shelf.example";

    /// Starts one.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let server = Server::new(Settings {
            folder: folder.path().to_owned(),
            listen: Some((Ipv4Addr::LOCALHOST, 0).into()),
            tls: None,
            user: "bosh".to_owned(),
            password: PASSWORD.into(),
            public_url: Some(format!("http://{}", Self::HOST)),
            limits: Limits::default(),
        })?;
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = std::sync::mpsc::channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let Ok(running) = server.start().await else { return };
                // Whoever started us waits for it.
                let _ = ready.send(running.plain());
                // Dropped is as good as told.
                let _ = stopped.await;
            });
        });
        let address = address.recv().ok().flatten().context("the image server does not start")?;
        Ok(Self { address, folder, stop: Some(stop), thread: Some(thread) })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What the CPI must know of it.
    pub fn properties(&self) -> Value {
        json!({"url": format!("http://{}", self.address), "password": PASSWORD})
    }

    /// What stands on it, or is on its way.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with('.') || name.starts_with(".upload")).collect()
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was told already.
            let _ = thread.join();
        }
    }
}
