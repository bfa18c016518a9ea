//! An S3 of the tests' own: one bucket in memory, gone with the test.
//!
//! It knows what publishing needs, checks the signature of every request by the rules of AWS
//! Signature Version 4 with code of its own, and refuses what a real store refuses: an expired
//! link, another method than was signed, parts that do not fit together.

mod handle;
mod signature;
mod xml;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The region that signatures must name.
pub const REGION: &str = "eu-test-1";
/// The bucket.
pub const BUCKET: &str = "images";
/// The id of the only key.
pub const KEY_ID: &str = "AKIDOFTHETESTS";
/// The only key.
pub const KEY: &str = "key/of+the=tests";

/// A store that runs until it is dropped.
pub struct PrivateS3 {
    address: SocketAddr,
    store: Store,
    server: tokio::task::JoinHandle<()>,
}

type Store = Arc<Mutex<Inside>>;

#[derive(Default)]
struct Inside {
    objects: BTreeMap<String, Vec<u8>>,
    /// By the upload's id: its key, and its parts by their numbers.
    uploads: BTreeMap<String, (String, BTreeMap<u32, Vec<u8>>)>,
    requests: Vec<String>,
    faults: Vec<Fault>,
    garbles: bool,
    begun: u32,
}

/// A request that fails.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The method, and what stands in the query: `PUT partNumber`.
    pub request: &'static str,
    /// The status that it is answered with.
    pub status: u16,
    /// Whether it was done all the same.
    pub done: bool,
}

impl PrivateS3 {
    /// Starts one on a port of 127.0.0.1.
    pub async fn start() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let store = Store::default();
        let router = Router::new().fallback(answer).with_state(store.clone());
        let server = tokio::spawn(async move {
            // Ends with the test.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, store, server })
    }

    /// Its URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The keys of the objects that are there.
    pub fn objects(&self) -> Vec<String> {
        self.inside().objects.keys().cloned().collect()
    }

    /// An object.
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.inside().objects.get(key).cloned()
    }

    /// How many uploads were begun, and neither completed nor given up.
    pub fn unfinished(&self) -> usize {
        self.inside().uploads.len()
    }

    /// The requests so far, such as `PUT /images/x partNumber uploadId`.
    pub fn requests(&self) -> Vec<String> {
        self.inside().requests.clone()
    }

    /// The next request of that kind fails.
    pub fn fail(&self, fault: Fault) {
        self.inside().faults.push(fault);
    }

    /// What is fetched is other than what was put.
    pub fn garble(&self, garbles: bool) {
        self.inside().garbles = garbles;
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        lock(&self.store)
    }
}

impl Drop for PrivateS3 {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(store: &Store) -> MutexGuard<'_, Inside> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(store): State<Store>, request: Request) -> Response {
    handle::answer(&store, request).await
}
