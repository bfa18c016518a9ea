//! The built-in agent, over its message bus: who is let in, and what outlives a boot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use simulator_cloudstack::agents::Agents;
use simulator_cloudstack::{Running, Simulator, World};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

const ZONE: &str = "a6c74611-d80a-4d66-aaa1-3e942ee40e51";
const NETWORK: &str = "353d03e3-8670-4ea5-8d1d-41ae93389137";
const OFFERING: &str = "5c672848-d88d-42ed-bdb2-06e2f0ccf573";
const TEMPLATE: &str = "af7f3bd7-e521-11f1-8774-02fc00000001";

fn call(cloud: &Running, command: &str, params: &[(&str, &str)]) -> Value {
    let (status, body) = cloud.call("admin", command, params);
    assert_eq!(status, 200, "{command}: {body}");
    body.as_object().and_then(|map| map.values().next()).cloned().unwrap_or_default()
}

/// A cloud with one VM whose agent listens.
fn vm() -> (Running, String) {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let settings = json!({"agent_id": "a", "mbus": format!("https://mbus:pass@0.0.0.0:{port}"),
        "networks": {}, "disks": {"persistent": {}}, "env": {"bosh": {}}});
    let cloud = Simulator::spawn_thread(World::builtin().instant(), ([127, 0, 0, 1], 0).into());
    let cloud = cloud.unwrap();
    cloud.keep_agents(Agents::Builtin).unwrap();
    let data = STANDARD.encode(settings.to_string());
    let what = [
        ("zoneid", ZONE),
        ("templateid", TEMPLATE),
        ("serviceofferingid", OFFERING),
        ("networkids", NETWORK),
        ("userdata", &data),
    ];
    let vm = call(&cloud, "deployVirtualMachine", &what)["id"].as_str().unwrap().to_owned();
    (cloud, vm)
}

/// Where the agent listens, as soon as it does.
async fn address(cloud: &Running) -> SocketAddr {
    let begun = Instant::now();
    loop {
        if let Some(address) = cloud.agents().iter().find_map(|agent| agent.address) {
            return address;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", cloud.agents());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn post(at: SocketAddr, password: &str, method: &str, arguments: Value) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true);
    let body = json!({"method": method, "arguments": arguments, "reply_to": "r"}).to_string();
    let pair = STANDARD.encode(format!("mbus:{password}"));
    let request = client.build().unwrap().post(format!("https://{at}/agent"));
    let request = request.header("authorization", format!("Basic {pair}")).body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

/// Sends a message, and waits for the end of the task that it may have begun.
async fn tell(at: SocketAddr, method: &str, arguments: Value) -> Value {
    let (status, mut answer) = post(at, "pass", method, arguments).await;
    assert_eq!(status, 200);
    let begun = Instant::now();
    while let Some(task) = answer["value"]["agent_task_id"].as_str().map(str::to_owned) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{method} does not end");
        answer = post(at, "pass", "get_task", json!([task])).await.1;
    }
    answer
}

#[tokio::test]
async fn only_who_knows_the_password_is_let_in() {
    let (cloud, _vm) = vm();
    let at = address(&cloud).await;
    assert_eq!(post(at, "wrong", "ping", json!([])).await, (401, Value::Null));
    assert_eq!(post(at, "pass", "ping", json!([])).await, (200, json!({"value": "pong"})));
}

/// A disk that was mounted is mounted again when the VM is started again, unasked.
#[tokio::test]
async fn a_mounted_disk_is_there_after_the_next_boot() {
    let (cloud, vm) = vm();
    let at = address(&cloud).await;
    let offerings = call(&cloud, "listDiskOfferings", &[("name", "Custom")]);
    let offering = offerings["diskoffering"][0]["id"].as_str().unwrap().to_owned();
    let what = [("name", "d"), ("zoneid", ZONE), ("diskofferingid", &offering), ("size", "1")];
    let disk = call(&cloud, "createVolume", &what)["id"].as_str().unwrap().to_owned();
    call(&cloud, "attachVolume", &[("id", &disk), ("virtualmachineid", &vm)]);
    let serial: String = disk.chars().filter(|c| *c != '-').take(20).collect();
    let hint = json!({"path": format!("/dev/disk/by-id/virtio-{serial}")});
    let added = tell(at, "add_persistent_disk", json!([disk, hint])).await;
    assert_eq!(added, json!({"value": "added_persistent_disk"}));
    assert_eq!(tell(at, "mount_disk", json!([disk])).await, json!({"value": {}}));
    assert_eq!(tell(at, "list_disk", json!([])).await, json!({"value": [disk]}));

    call(&cloud, "stopVirtualMachine", &[("id", &vm)]);
    let begun = Instant::now();
    while cloud.agents().iter().any(|agent| agent.address.is_some()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", cloud.agents());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    call(&cloud, "startVirtualMachine", &[("id", &vm)]);
    let at = address(&cloud).await;
    assert_eq!(tell(at, "list_disk", json!([])).await, json!({"value": [disk]}));
}

/// A package whose blob is not what was said is not compiled.
#[tokio::test]
async fn a_blob_that_is_not_there_is_not_compiled() {
    let (cloud, _vm) = vm();
    let at = address(&cloud).await;
    let answer = tell(at, "compile_package", json!(["no-blob", "sha1:00", "p", "1", {}])).await;
    let message = answer["exception"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("no-blob is no blob"), "{answer}");
}
