//! Agents live in machines, and find their settings and disks where real ones do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use simulator_kit::agents::{Agents, path_of};
use simulator_softlayer::{Running, Simulator, World};
use std::net::TcpListener;
use std::time::{Duration, Instant};

fn start() -> Running {
    let cloud = Simulator::spawn_thread(World::builtin().instant(), ([127, 0, 0, 1], 0).into());
    cloud.expect("a free port")
}

/// Waits until it holds; a test that never sees it fails.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A guest with an ephemeral disk, and a placeholder for user data; its id.
fn guest(cloud: &Running) -> u64 {
    let template = json!({
        "hostname": "vm-1", "domain": "example.com", "datacenter": {"name": "dal13"},
        "operatingSystemReferenceCode": "UBUNTU_22_64", "hourlyBillingFlag": true,
        "startCpus": 1, "maxMemory": 1024, "userData": [{"value": "{}"}],
        "blockDevices": [{"device": "2", "diskImage": {"capacity": 25}}],
    });
    let (_, guest) = cloud.call("SoftLayer_Virtual_Guest/createObject", &[template]);
    guest["id"].as_u64().expect("a guest")
}

/// An agent waits with a placeholder, serves once the user data are its settings, and goes with
/// its guest.
#[test]
fn an_agent_waits_for_its_settings() {
    let cloud = start();
    cloud.keep_agents(Agents::Builtin).expect("agents");
    let id = guest(&cloud);
    until("the agent says that it has no settings", || {
        let agents = cloud.agents();
        agents.iter().any(|it| it.problem.as_deref().is_some_and(|it| it.contains("agent_id")))
    });
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let settings = json!({
        "agent_id": "agent-1", "mbus": format!("https://mbus:pw@0.0.0.0:{port}"),
        "disks": {"ephemeral": "/dev/xvdc"}, "networks": {},
    });
    let text = URL_SAFE_NO_PAD.encode(settings.to_string());
    cloud.call(&format!("SoftLayer_Virtual_Guest/{id}/setUserMetadata"), &[json!([text])]);
    until("the agent serves", || {
        cloud.agents().iter().any(|it| it.address.is_some_and(|it| it.port() == port))
    });
    cloud.call(&format!("SoftLayer_Virtual_Guest/{id}/deleteObject"), &[]);
    until("the agent goes with its guest", || cloud.agents().is_empty());
}

/// A volume is found by what its hint says, and by nothing else: another password leads nowhere.
#[test]
fn a_hint_leads_to_its_volume() {
    let hint = |password: &str| {
        json!({"id": "7", "iscsi_settings": {
            "target": "10.1.0.1", "initiator_name": "iqn", "username": "u", "password": password,
        }})
    };
    assert_eq!(path_of(&hint("p")), path_of(&hint("p")));
    assert_ne!(path_of(&hint("p")), path_of(&hint("q")));
    assert_eq!(path_of(&json!("/dev/sdb")).as_deref(), Some("/dev/sdb"));
}
