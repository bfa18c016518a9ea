//! What cannot work is refused before a VM is deployed: it would cost a VM that runs, and a
//! director tries five times what it takes for worth repeating.

use crate::bench::*;
use crate::vips::address;
use serde_json::{Value, json};

/// Refused for `said`, without a deploy, and never to be tried again.
async fn refused(bench: &Bench, arguments: Value, said: &[&str]) {
    bench.calls();
    let error = bench.ask("create_vm", arguments).await.unwrap_err();
    for part in said {
        assert!(error.message.contains(part), "{part}: {error}");
    }
    assert!(!error.ok_to_retry, "{error}");
    let calls = bench.calls();
    assert!(!calls.iter().any(|call| call == "deployVirtualMachine"), "{said:?}: {calls:?}");
}

fn fronted(front: Value) -> Value {
    let networks = json!({"default": manual("bosh-net", "10.50.0.20"), "front": front});
    vm_arguments(json!({}), networks)
}

/// A public address that cannot lead to the VM.
#[tokio::test]
async fn vips_that_cannot_lead_to_the_vm() {
    let bench = Bench::new().await;
    let vip = |ip: &str, properties: Value| json!({"type": "vip", "ip": ip, "cloud_properties": properties});
    refused(&bench, fronted(vip("203.0.113.9", json!({}))), &["203.0.113.9", "not found"]).await;
    let (_, ip) = address(&bench);
    bench.ask("create_vm", fronted(vip(&ip, json!({})))).await.unwrap();
    let taken = fronted(vip(&ip, json!({"takeover": false})));
    refused(&bench, taken, &[&ip, "leads to VM", "takeover is false"]).await;
    let all = bench.rows("listPublicIpAddresses", "publicipaddress", &[("issourcenat", "true")]);
    if let Some(row) = all.iter().find(|row| row["issourcenat"] == true) {
        let ip = row["ipaddress"].as_str().unwrap();
        refused(&bench, fronted(vip(ip, json!({}))), &[ip, "source NAT"]).await;
    }
    let mut two = fronted(vip(&ip, json!({})));
    two[3]["other"] = vip("203.0.113.10", json!({}));
    refused(&bench, two, &["front", "other", "same NIC"]).await;
}

/// A load balancer rule that cannot be made.
#[tokio::test]
async fn load_balancers_that_cannot_be_made() {
    let bench = Bench::new().await;
    let (_, ip) = address(&bench);
    let with = |lb: Value| vm_arguments(json!({"lbs": [lb]}), json!({}));
    let all = |public_ip: &str| json!({"name": "web", "public_ip": public_ip, "public_port": 80, "private_port": 80});
    refused(&bench, with(json!({"name": "web"})), &["lbs[0].public_ip is required"]).await;
    refused(&bench, with(json!({"name": "web", "public_ip": ip})), &["lbs[0].public_port"]).await;
    refused(&bench, with(all("203.0.113.9")), &["lbs[0].public_ip", "203.0.113.9", "not found"])
        .await;
    let mut zero = all(&ip);
    zero["private_port"] = json!(0);
    refused(&bench, with(zero), &["lbs[0].private_port", "must be 1 to 65535"]).await;
}

/// An address that its network does not have: it and the range are named.
#[tokio::test]
async fn addresses_that_the_network_does_not_have() {
    let bench = Bench::new().await;
    for (ip, why) in [
        ("10.51.0.20", "is outside of"),
        ("10.50.0.1", "is the gateway of"),
        ("10.50.0.0", "is the network address of"),
        ("10.50.0.255", "is the broadcast address of"),
    ] {
        let networks = json!({"default": manual("bosh-net", ip)});
        let arguments = vm_arguments(json!({}), networks);
        refused(&bench, arguments, &[ip, why, "10.50.0.0/24", "'bosh-net'"]).await;
    }
}

/// The cloud deploys the VM without the groups, which an operator expects to protect it.
#[tokio::test]
async fn security_groups_in_a_zone_without_them() {
    let bench = Bench::new().await;
    let arguments = vm_arguments(json!({"security_groups": ["default"]}), json!({}));
    refused(&bench, arguments, &["'default'", "zone 'adv'", "no security groups"]).await;
}
