//! What a driver sees behind the API's back: inventory, call log, metadata services.

use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

const ZONE: &str = "a6c74611-d80a-4d66-aaa1-3e942ee40e51";
const NETWORK: &str = "353d03e3-8670-4ea5-8d1d-41ae93389137";
const OFFERING: &str = "5c672848-d88d-42ed-bdb2-06e2f0ccf573";
const TEMPLATE: &str = "af7f3bd7-e521-11f1-8774-02fc00000001";

fn start() -> Running {
    let world = World::builtin().instant();
    Simulator::spawn_thread(world, ([127, 0, 0, 1], 0).into()).expect("a free port")
}

/// An HTTP exchange: the status and the body.
fn http(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    exchange(address, "application/json", method, path, body)
}

fn exchange(
    address: SocketAddr,
    kind: &str,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("the request is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is text");
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

fn get(cloud: &Running, path: &str) -> Value {
    let (status, body) = http(cloud.address(), "GET", path, "");
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

fn deploy(cloud: &Running) -> String {
    let params = [
        ("name", "vm-1"),
        ("zoneid", ZONE),
        ("serviceofferingid", OFFERING),
        ("templateid", TEMPLATE),
        ("iptonetworklist[0].networkid", NETWORK),
        ("iptonetworklist[0].ip", "10.50.0.9"),
        ("userdata", "eyJhZ2VudF9pZCI6ImEifQ=="),
        ("keypair", "bosh"),
    ];
    let (status, body) = cloud.call("admin", "deployVirtualMachine", &params);
    assert_eq!(status, 200, "{body}");
    body["deployvirtualmachineresponse"]["id"].as_str().unwrap_or_default().to_owned()
}

/// Each VM reads its own user data and facts where the inventory says, and nobody does any
/// more once the VM is gone.
#[test]
fn a_vm_reads_its_own_metadata() {
    let cloud = start();
    let vm = deploy(&cloud);
    let address: SocketAddr = get(&cloud, "/sim/inventory")["vms"][0]["metadata"]
        .as_str()
        .and_then(|address| address.parse().ok())
        .expect("an address");
    assert_eq!(cloud.metadata_address(&vm), Some(address));
    let read = |path: &str| http(address, "GET", path, "");
    assert_eq!(read("/latest/user-data"), (200, "{\"agent_id\":\"a\"}".into()));
    assert_eq!(read("/latest/meta-data/instance-id"), (200, vm.clone()));
    assert_eq!(read("/latest/meta-data/local-ipv4").1, "10.50.0.9");
    assert_eq!(read("/latest/local-hostname").1, "vm-1");
    assert!(read("/latest/meta-data/").1.lines().any(|key| key == "public-keys"));
    assert!(read("/latest/meta-data/public-keys").1.starts_with("ssh-"));
    assert_eq!(read("/latest/meta-data/no-such-thing").0, 404);
    cloud.call("admin", "destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]);
    assert_eq!(cloud.inventory().vms, []);
    assert_eq!(cloud.metadata_address(&vm), None);
}

/// A fresh cloud's inventory is empty, and so is one that was cleaned up.
#[test]
fn the_inventory_is_what_was_made() {
    let cloud = start();
    let empty = cloud.inventory();
    assert_eq!(empty, simulator_cloudstack::Inventory::default());
    let vm = deploy(&cloud);
    let tag = [("tags[0].key", "director"), ("tags[0].value", "d")];
    let on = [("resourcetype", "UserVm"), ("resourceids", vm.as_str())];
    cloud.call("admin", "createTags", &[on, tag].concat());
    let inventory = get(&cloud, "/sim/inventory");
    assert_eq!(inventory["vms"][0]["addresses"], json!(["10.50.0.9"]));
    assert_eq!(inventory["volumes"][0]["type"], "ROOT");
    assert_eq!(inventory["tags"][0]["key"], "director");
    cloud.call("admin", "destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]);
    assert_eq!(cloud.inventory(), empty);
}

/// The log of calls tells command, parameters and job, and keeps no secret.
#[test]
fn the_call_log_keeps_no_secret() {
    let cloud = start();
    deploy(&cloud);
    let calls = get(&cloud, "/sim/calls");
    let call = &calls[0];
    assert_eq!(call["command"], "deployVirtualMachine");
    assert_eq!(call["status"], 200);
    assert_eq!(call["params"]["name"], "vm-1");
    assert!(call["job"].is_string());
    let text = calls.to_string();
    assert!(!text.contains("eyJh") && !text.contains("admin-api-key"), "{text}");
    assert_eq!(http(cloud.address(), "POST", "/sim/calls/clear", "").0, 204);
    assert_eq!(get(&cloud, "/sim/calls"), json!([]));
    assert_eq!(get(&cloud, "/sim/jobs")[0]["status"], 1);
}

/// Faults can be declared over HTTP; a wrong one is named.
#[test]
fn faults_are_declared_over_http() {
    let cloud = start();
    let fault = r#"[{"command":"listZones","when":"before","kind":"unavailable"}]"#;
    assert_eq!(http(cloud.address(), "POST", "/sim/faults", fault).0, 204);
    assert_eq!(http(cloud.address(), "GET", "/client/api?command=listZones", "").0, 503);
    assert_eq!(http(cloud.address(), "GET", "/client/api?command=listZones", "").0, 401);
    assert_eq!(http(cloud.address(), "DELETE", "/sim/faults", "").0, 204);
    let wrong = r#"[{"command":"listZones","when":"never","kind":"unavailable"}]"#;
    let (status, reason) = http(cloud.address(), "POST", "/sim/faults", wrong);
    assert_eq!(status, 400);
    assert!(reason.contains("[0].when"), "{reason}");
}

/// A web page in a browser can send plain text anywhere: it must not set faults, of which one
/// kills processes.
#[test]
fn web_pages_cannot_reach_the_control_api() {
    let cloud = start();
    let (status, _) = exchange(cloud.address(), "text/plain", "POST", "/sim/faults", "[]");
    assert_eq!(status, 403);
    assert_eq!(http(cloud.address(), "POST", "/sim/faults", "[]").0, 204);
}

/// Without `response=json` CloudStack answers in XML.
#[test]
fn xml_is_the_default() {
    let cloud = start();
    let (status, body) = http(cloud.address(), "GET", "/client/api?command=listZones", "");
    assert_eq!(status, 401);
    assert!(body.starts_with("<?xml") && body.contains("<errorcode>401</errorcode>"), "{body}");
}
