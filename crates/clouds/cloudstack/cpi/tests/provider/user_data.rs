//! The agent's settings get to it by a virtual router or a config drive, or there is no VM.

use crate::bench::*;
use cpi_cloudstack::CloudStack;
use serde_json::{Value, json};
use simulator_cloudstack::World;
use std::io::{Read, Write};
use std::net::TcpStream;

async fn bench(account: &'static str) -> Bench {
    Bench::of(world(), account).await
}

fn world() -> World {
    World::from_yaml(include_str!("worlds/user_data.yaml")).unwrap()
}

fn on(network: Value) -> Value {
    let network = json!({"n": {"type": "dynamic", "cloud_properties": network}});
    vm_arguments(json!({}), network)
}

/// What a VM gets under `path` of its metadata port, and the HTTP status.
async fn get(bench: &Bench, vm: &str, path: &str) -> (u16, String) {
    let address = bench.simulator.metadata_address(vm).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: vm\r\nConnection: close\r\n\r\n");
    // The simulator answers on this thread.
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = answer.await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// The settings are where the stemcell's agent looks for them, and nowhere else.
#[tokio::test]
async fn settings_come_by_router_or_config_drive() {
    let bench = bench("bosh").await;
    for (network, there, not_there) in [
        ("router", "/latest/user-data", "/config-drive/openstack/latest/user_data"),
        ("drive", "/config-drive/openstack/latest/user_data", "/latest/user-data"),
        ("l2-drive", "/config-drive/cloudstack/userdata/user_data.txt", "/latest/user-data"),
    ] {
        let made = bench.ask("create_vm", on(json!({"name": network}))).await.unwrap();
        let vm = made[0].as_str().unwrap();
        let (status, body) = get(&bench, vm, there).await;
        assert_eq!(status, 200, "{network}");
        let settings: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(settings["agent_id"], "agent-1", "{network}");
        assert_eq!(get(&bench, vm, not_there).await.0, 404, "{network}");
        if network != "router" {
            let (_, meta) = get(&bench, vm, "/config-drive/openstack/latest/meta_data.json").await;
            let meta: Value = serde_json::from_str(&meta).unwrap();
            assert_eq!(meta["uuid"], vm, "{network}");
        }
    }
}

async fn refused(bench: &Bench, cloud: &CloudStack, arguments: Value) -> String {
    bench.calls();
    let error = ask(cloud, "create_vm", arguments).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", false), "{error}");
    assert_eq!(bench.inventory(), Vec::<String>::new());
    error.message
}

/// A VM whose agent finds no settings would run and never answer.
#[tokio::test]
async fn networks_without_user_data_are_refused_before_anything_is_made() {
    let bench = bench("admin").await;
    for network in ["l2", "without"] {
        let message = refused(&bench, &bench.cloud(), on(json!({"name": network}))).await;
        assert!(message.contains("arguments[3].n.cloud_properties.name"), "{message}");
        assert!(message.contains(network) && message.contains("no user-data"), "{message}");
        assert!(!bench.calls().contains(&"deployVirtualMachine".to_owned()));
    }
    // By its id it is not looked up; CloudStack itself refuses.
    let id = json!({"id": "c0000000-0000-4000-8000-000000000001"});
    let message = refused(&bench, &bench.cloud(), on(id)).await;
    assert!(message.contains("service UserData"), "{message}");
    // Behind one that gives them, it is welcome.
    let two = json!({
        "a": {"type": "dynamic", "cloud_properties": {"name": "without"}},
        "b": {"type": "dynamic", "default": ["gateway"], "cloud_properties": {"name": "router"}},
    });
    bench.ask("create_vm", vm_arguments(json!({}), two)).await.unwrap();
}

/// A stemcell may read one source only.
#[tokio::test]
async fn the_wanted_source_is_insisted_on() {
    let bench = bench("admin").await;
    for (wanted, right, wrong) in
        [("config_drive", "drive", "router"), ("virtual_router", "router", "drive")]
    {
        let cloud = || bench.cloud_with(json!({"user_data": wanted}));
        let message = refused(&bench, &cloud(), on(json!({"name": wrong}))).await;
        assert!(message.contains("cloudstack.user_data") && message.contains(wanted), "{message}");
        let vm = ask(&cloud(), "create_vm", on(json!({"name": right}))).await.unwrap();
        ask(&cloud(), "delete_vm", json!([vm[0]])).await.unwrap();
    }
}

/// What is too long for the cloud is not sent. Who may read the cloud's own limit has it.
#[tokio::test]
async fn user_data_that_is_too_long_is_refused_before_the_call() {
    let mut world = world();
    world.settings.vm_userdata_max_length = 100_000;
    let mut arguments = on(json!({"name": "router"}));
    arguments[5]["bosh"]["long"] = json!("x".repeat(30_000));
    let user = Bench::of(world.clone(), "bosh").await;
    let message = refused(&user, &user.cloud(), arguments.clone()).await;
    assert!(message.contains("32768") && message.contains("userdata_max"), "{message}");
    assert!(!user.calls().contains(&"deployVirtualMachine".to_owned()));

    let told = user.cloud_with(json!({"userdata_max": 50_000}));
    ask(&told, "create_vm", arguments.clone()).await.unwrap();
    assert!(!user.calls().contains(&"listConfigurations".to_owned()));

    let admin = Bench::of(world, "admin").await;
    let vm = admin.ask("create_vm", arguments.clone()).await.unwrap();
    admin.ask("delete_vm", json!([vm[0]])).await.unwrap();
    arguments[5]["bosh"]["long"] = json!("x".repeat(90_000));
    let message = refused(&admin, &admin.cloud(), arguments).await;
    assert!(message.contains("100000"), "{message}");
}
