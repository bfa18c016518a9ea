//! Marked secrets go through every method; nothing that comes out may hold one.
//!
//! A program of its own, since it listens to the log: tests beside it would decide which events
//! are worth making before it listens.

#[allow(dead_code)] // the other tests use the rest
#[path = "../provider/bench.rs"]
mod bench;

use bench::*;
use bosh_cpi::agent::AgentProperties;
use bosh_cpi::{ApiVersion, Call, Request};
use cpi_cloudstack::CloudStack;
use cpi_kit::{Setup, StateDir};
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

const MARK: &str = "s3cret-mark";

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A provider whose every secret is marked.
fn provider(bench: &Bench, more: Value) -> CloudStack {
    let properties = bench.properties(more);
    let agent: AgentProperties = serde_json::from_value(json!({
        "mbus": format!("nats://nats:{MARK}-mbus@10.50.0.6:4222"),
        "blobstore": {"provider": "dav", "options": {"password": format!("{MARK}-blob")}},
    }))
    .unwrap();
    CloudStack::new(Setup {
        properties: serde_json::from_value(properties).unwrap(),
        agent,
        state_dir: StateDir::at(bench.state.path()),
        director_uuid: Some(DIRECTOR),
        request_id: Some("cpi-1"),
    })
    .unwrap()
}

fn world() -> simulator_cloudstack::World {
    let mut world = simulator_cloudstack::World::builtin().instant();
    for account in &mut world.accounts {
        account.secret_key = format!("{MARK}-{}", account.name);
    }
    world
}

/// Every method with the arguments of a director, against a cloud that works and one that fails
/// in every way.
#[tokio::test]
async fn nothing_that_comes_out_holds_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
    let bench = Bench::of(world(), "admin").await;
    let mut said = Vec::new();
    let faults = [
        None,
        Some(FaultKind::Reset),
        Some(FaultKind::ProxyPage),
        Some(FaultKind::Truncated),
        Some(FaultKind::Empty),
        Some(FaultKind::JobFailure),
    ];
    for fault in faults {
        bench.simulator.declare_faults(Vec::new());
        let cloud = provider(&bench, json!({"ledger": {"horizon": 0, "budget": 0}}));
        let vm = bench.vm().await;
        let disk = bench.disk().await;
        for (method, arguments) in methods(&vm, &disk) {
            if let Some(kind) = &fault {
                let hits = [
                    "deployVirtualMachine",
                    "createVolume",
                    "attachVolume",
                    "createTags",
                    "destroyVirtualMachine",
                    "listTemplates",
                    "listVolumes",
                ];
                let at = |command: &&str| Fault {
                    command: (*command).into(),
                    occurrence: 1,
                    // A read is sent again until it succeeds.
                    times: if command.starts_with("list") { 1 } else { 50 },
                    when: When::After,
                    kind: kind.clone(),
                };
                bench.simulator.declare_faults(hits.iter().map(at).collect());
            }
            said.push(tell(&cloud, method, arguments).await);
        }
    }
    let wrong = provider(&bench, json!({"secret_access_key": format!("{MARK}-wrong")}));
    said.push(tell(&wrong, "has_vm", json!([NOWHERE])).await);
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("deployVirtualMachine"), "the log was caught");
    said.push(logged);
    said.extend(files(bench.state.path()));
    for text in said {
        let at = text.find(MARK);
        assert_eq!(at, None, "{}", &text[at.unwrap_or(0).saturating_sub(200)..]);
    }
}

async fn tell(cloud: &CloudStack, method: &str, arguments: Value) -> String {
    let request = json!({"method": method, "arguments": arguments});
    let request = Request::parse(request.to_string().as_bytes()).unwrap();
    let call = Call::decode(&request).unwrap();
    match call.run(cloud, ApiVersion::LATEST).await {
        // The answer of create_vm repeats networks, which hold no secret.
        Ok(answer) => format!("{method}: {answer}"),
        Err(error) => format!("{method}: {error:?} {error}"),
    }
}

fn methods(vm: &str, disk: &str) -> Vec<(&'static str, Value)> {
    let mut create = vm_arguments(json!({}), json!({}));
    create[5] = json!({"bosh": {"password": format!("{MARK}-env"),
        "mbus": {"cert": {"private_key": format!("{MARK}-key")}}}});
    let mut long = create.clone();
    long[5]["bosh"]["long"] = json!("x".repeat(40_000));
    vec![
        ("info", json!([])),
        ("create_stemcell", json!(["", {"template_id": TEMPLATE}])),
        ("create_vm", create),
        ("create_vm", long),
        ("has_vm", json!([vm])),
        ("set_vm_metadata", json!([vm, {"name": "a/0"}])),
        ("create_disk", json!([1024, {}, vm])),
        ("has_disk", json!([disk])),
        ("attach_disk", json!([vm, disk])),
        ("set_disk_metadata", json!([disk, {"a": "b"}])),
        ("get_disks", json!([vm])),
        ("snapshot_disk", json!([disk, {}])),
        ("delete_snapshot", json!([NOWHERE])),
        ("detach_disk", json!([vm, disk])),
        ("resize_disk", json!([disk, 9000])),
        ("reboot_vm", json!([vm])),
        (
            "calculate_vm_cloud_properties",
            json!([{"cpu": 1, "ram": 512, "ephemeral_disk_size": 1}]),
        ),
        ("delete_vm", json!([vm])),
        ("delete_disk", json!([disk])),
        ("delete_stemcell", json!([format!("{TEMPLATE} light")])),
    ]
}

/// Everything that was written under `dir`.
fn files(dir: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            texts.push(format!("{}: {}", path.display(), String::from_utf8_lossy(&bytes)));
        }
    }
    texts
}
