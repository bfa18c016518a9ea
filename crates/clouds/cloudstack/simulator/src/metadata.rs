//! What a VM's virtual router tells it over HTTP: its user data and facts about it.
//!
//! A real router tells VMs apart by the address they ask from. Here each VM has a loopback port
//! of its own, which the inventory shows. A VM with a config drive has no router to ask: the
//! files of its drive are behind the same port, under `/config-drive`.

use crate::config_drive;
use crate::shared::Shared;
use crate::state::{Cloud, Vm};
use crate::vm_facts::fact_about;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Facts about a VM, in the order in which the router lists them.
const KEYS: &[&str] = &[
    "service-offering",
    "availability-zone",
    "local-ipv4",
    "local-hostname",
    "public-ipv4",
    "public-hostname",
    "instance-id",
    "vm-id",
    "public-keys",
    "cloud-identifier",
    "hypervisor-host-name",
];

/// Where the VMs' metadata services listen, by VM.
pub fn addresses(shared: &Shared) -> BTreeMap<String, SocketAddr> {
    let vms = shared.cloud().vms.iter().map(|vm| vm.id.clone()).collect();
    shared.metadata_listeners().open(vms, |vm| service(shared, vm))
}

/// What answers a VM.
fn service(shared: &Shared, vm: &str) -> Router {
    Router::new()
        .route("/latest/user-data", get(user_data))
        .route("/latest/meta-data", get(keys))
        .route("/latest/meta-data/", get(keys))
        .route("/latest/meta-data/{key}", get(fact))
        .route("/latest/{key}", get(fact))
        .route("/config-drive", get(drive_files))
        .route("/config-drive/{*path}", get(drive_file))
        .with_state(Asker { shared: shared.clone(), vm: vm.to_owned() })
}

/// The VM that asks.
#[derive(Debug, Clone)]
struct Asker {
    shared: Shared,
    vm: String,
}

impl Asker {
    /// What the router says to this VM; None where it does not know it, or has no such service.
    fn ask<T>(&self, question: impl Fn(&Cloud, &Vm) -> Option<T>) -> Option<T> {
        let mut cloud = self.shared.cloud();
        cloud.settle();
        let vm = cloud.vms.get(&self.vm)?;
        let network = &vm.default_nic()?.network;
        match cloud.network_provider(network, "UserData") {
            None | Some(config_drive::PROVIDER) => None,
            Some(_) => question(&cloud, vm),
        }
    }

    /// The files of the VM's config drive; None where it has none.
    fn drive(&self) -> Option<BTreeMap<String, Vec<u8>>> {
        let mut cloud = self.shared.cloud();
        cloud.settle();
        let vm = cloud.vms.get(&self.vm)?;
        config_drive::files(&cloud, vm)
    }
}

fn answer(found: Option<impl IntoResponse>) -> Response {
    match found {
        Some(found) => found.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn user_data(State(asker): State<Asker>) -> Response {
    let decode = |_: &Cloud, vm: &Vm| STANDARD.decode(vm.userdata.as_ref()?).ok();
    answer(asker.ask(decode))
}

async fn keys(State(asker): State<Asker>) -> Response {
    answer(asker.ask(|_, _| Some(KEYS.join("\n"))))
}

async fn fact(State(asker): State<Asker>, Path(key): Path<String>) -> Response {
    answer(asker.ask(|cloud, vm| fact_about(cloud, vm, &key)))
}

/// The names of the files, a line each.
async fn drive_files(State(asker): State<Asker>) -> Response {
    let names = |files: BTreeMap<String, Vec<u8>>| files.into_keys().collect::<Vec<_>>();
    answer(asker.drive().map(|files| names(files).join("\n")))
}

async fn drive_file(State(asker): State<Asker>, Path(path): Path<String>) -> Response {
    answer(asker.drive().and_then(|mut files| files.remove(&path)))
}
