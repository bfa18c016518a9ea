//! Public addresses: led to a VM, taken over, acquired, opened, and gone with it.

use crate::bench::*;
use serde_json::{Value, json};

/// Networks of a VM with a vip in front of it.
fn with_vip(vip: Value) -> Value {
    json!({"default": manual("bosh-net", "10.50.0.20"), "front": vip})
}

fn vip(ip: &str, properties: Value) -> Value {
    json!({"type": "vip", "ip": ip, "cloud_properties": properties})
}

/// An address that an operator has acquired: its id and the address.
pub fn address(bench: &Bench) -> (String, String) {
    let networks = bench.rows("listNetworks", "network", &[("keyword", "bosh-net")]);
    let network = networks.iter().find(|row| row["name"] == "bosh-net").unwrap();
    let network = [("networkid", network["id"].as_str().unwrap())];
    // The first one of a network is its source NAT address.
    let has = bench.rows("listPublicIpAddresses", "publicipaddress", &[("issourcenat", "true")]);
    if has.is_empty() {
        bench.raw("associateIpAddress", &network);
    }
    let made = bench.raw("associateIpAddress", &network);
    let id = made["id"].clone();
    let id = id.as_str().unwrap().to_owned();
    let row = bench.rows("listPublicIpAddresses", "publicipaddress", &[("id", &id)]).remove(0);
    (id, row["ipaddress"].as_str().unwrap().to_owned())
}

fn row_of(bench: &Bench, address: &str) -> Value {
    bench.rows("listPublicIpAddresses", "publicipaddress", &[("id", address)]).remove(0)
}

/// What stands in the cloud beyond the world, addresses and rules among it.
pub fn outside(bench: &Bench) -> (Vec<String>, Vec<String>) {
    let inventory = bench.simulator.inventory();
    let addresses = inventory.addresses.iter().map(|entry| entry.name.clone());
    let rules = inventory.rules.iter().map(|entry| entry.name.clone());
    (addresses.collect(), rules.collect())
}

/// Makes names and the cloud's version known, so that only what a feature adds is counted.
async fn warm(bench: &Bench) {
    let vm = bench.vm().await;
    bench.ask("delete_vm", json!([vm])).await.unwrap();
}

async fn create(bench: &Bench, ip: &str, vip: Value) -> Result<Value, bosh_cpi::CpiError> {
    let mut networks = with_vip(vip);
    networks["default"]["ip"] = json!(ip);
    bench.ask("create_vm", vm_arguments(json!({}), networks)).await
}

/// Two calls more than without, and after delete_vm the address leads nowhere and is still the
/// operator's.
#[tokio::test]
async fn a_vip_leads_to_the_vm() {
    let bench = Bench::new().await;
    let (id, ip) = address(&bench);
    warm(&bench).await;
    bench.calls();
    let answer = create(&bench, "10.50.0.20", vip(&ip, json!({}))).await.unwrap();
    let mut calls = bench.calls();
    calls.sort();
    assert_eq!(calls, ["deployVirtualMachine", "enableStaticNat", "listPublicIpAddresses"]);
    let vm = answer[0].clone();
    assert_eq!(row_of(&bench, &id)["virtualmachineid"], vm);
    assert_eq!(answer[1]["front"], vip(&ip, json!({})), "answered as it came");
    assert!(bench.settings(vm.as_str().unwrap())["networks"]["front"].get("mac").is_none());
    bench.calls();
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.calls(), ["listVolumes", "destroyVirtualMachine"]);
    assert_eq!(row_of(&bench, &id)["isstaticnat"], false);
}

/// A recreated VM finds its address at the old one; a property keeps others from taking it.
#[tokio::test]
async fn an_address_is_taken_over_unless_that_is_forbidden() {
    let bench = Bench::new().await;
    let (id, ip) = address(&bench);
    let first = create(&bench, "10.50.0.20", vip(&ip, json!({}))).await.unwrap()[0].clone();
    let refused = create(&bench, "10.50.0.21", vip(&ip, json!({"takeover": false}))).await;
    let error = refused.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", false));
    assert!(error.message.contains(&ip) && error.message.contains(first.as_str().unwrap()));
    assert_eq!(row_of(&bench, &id)["virtualmachineid"], first);
    assert_eq!(bench.inventory().iter().filter(|it| it.starts_with("virtualmachine")).count(), 1);
    bench.calls();
    let second = create(&bench, "10.50.0.21", vip(&ip, json!({}))).await.unwrap()[0].clone();
    let calls = bench.calls();
    assert_eq!(calls.iter().filter(|call| call.ends_with("StaticNat")).count(), 2, "{calls:?}");
    assert_eq!(row_of(&bench, &id)["virtualmachineid"], second);
}

/// What fails after the takeover gives the address back to the VM that had it.
#[tokio::test]
async fn a_takeover_that_comes_to_nothing_is_undone() {
    let bench = Bench::new().await;
    let (id, ip) = address(&bench);
    let first = create(&bench, "10.50.0.20", vip(&ip, json!({}))).await.unwrap()[0].clone();
    let mut arguments =
        vm_arguments(json!({"lbs": [{"name": "nowhere"}]}), with_vip(vip(&ip, json!({}))));
    arguments[3]["default"]["ip"] = json!("10.50.0.21");
    let error = bench.ask("create_vm", arguments).await.unwrap_err();
    assert!(error.message.contains("arguments[2].lbs[0].public_ip"), "{error}");
    assert_eq!(row_of(&bench, &id)["virtualmachineid"], first);
}

/// An acquired address costs one call more, is answered, and goes with the VM and its rules.
#[tokio::test]
async fn an_acquired_address_goes_with_the_vm() {
    let bench = Bench::new().await;
    warm(&bench).await;
    let before = outside(&bench);
    bench.calls();
    let rules = json!([{"ports": 22}, {"protocol": "icmp"}]);
    let front = json!({"type": "vip", "cloud_properties": {"acquire": true, "firewall": rules}});
    let answer = create(&bench, "10.50.0.20", front).await.unwrap();
    let calls = bench.calls();
    let expected = [
        "deployVirtualMachine",
        "associateIpAddress",
        "createTags",
        "enableStaticNat",
        "createFirewallRule",
        "createFirewallRule",
    ];
    assert_eq!(calls, expected);
    let ip = answer[1]["front"]["ip"].as_str().unwrap().to_owned();
    assert_eq!(outside(&bench), (vec![ip], vec!["firewall".into(), "firewall".into()]));
    bench.ask("delete_vm", json!([answer[0]])).await.unwrap();
    assert_eq!(bench.calls().len(), 4);
    assert_eq!(outside(&bench), before);
}

/// The address that is given is the one that is acquired; one that the account has already is
/// used and stays; one that nobody can have is refused, and nothing is left.
#[tokio::test]
async fn a_given_address_is_acquired() {
    let bench = Bench::new().await;
    warm(&bench).await;
    // An address of the zone's that is free again: not the first one that is.
    let ((first, _), (second, ip)) = (address(&bench), address(&bench));
    for id in [&first, &second] {
        bench.raw("disassociateIpAddress", &[("id", id)]);
    }
    let before = (bench.inventory(), outside(&bench));
    let front = || vip(&ip, json!({"acquire": true}));
    let answer = create(&bench, "10.50.0.20", front()).await.unwrap();
    assert_eq!(answer[1]["front"]["ip"], json!(ip));
    assert_eq!(outside(&bench).0, std::slice::from_ref(&ip));
    bench.ask("delete_vm", json!([answer[0]])).await.unwrap();
    assert_eq!(outside(&bench), before.1, "it goes with its VM");

    let network = bench.rows("listNetworks", "network", &[("keyword", "bosh-net")]);
    let network = network.iter().find(|row| row["name"] == "bosh-net").unwrap();
    let own = [("networkid", network["id"].as_str().unwrap()), ("ipaddress", ip.as_str())];
    bench.raw("associateIpAddress", &own);
    let answer = create(&bench, "10.50.0.21", front()).await.unwrap();
    bench.ask("delete_vm", json!([answer[0]])).await.unwrap();
    assert_eq!(outside(&bench).0, std::slice::from_ref(&ip), "the operator's stays");

    let before = (bench.inventory(), outside(&bench));
    let nobodys = vip("198.51.100.7", json!({"acquire": true}));
    let error = create(&bench, "10.50.0.22", nobodys).await.unwrap_err();
    assert!(error.message.contains("198.51.100.7"), "{error}");
    assert_eq!((bench.inventory(), outside(&bench)), before);
}

/// An address of the operator's stays, the rules that were made for the VM do not, and neither
/// do others go.
#[tokio::test]
async fn rules_on_a_given_address_go_with_the_vm() {
    let bench = Bench::new().await;
    let (id, ip) = address(&bench);
    let own = [("ipaddressid", id.as_str()), ("protocol", "tcp"), ("startport", "9000")];
    bench.raw("createFirewallRule", &own);
    let rules = json!([{"ports": "80-443", "cidr": ["10.0.0.0/8", "10.60.0.0/16"]}]);
    let front = vip(&ip, json!({"firewall": rules}));
    let vm = create(&bench, "10.50.0.20", front).await.unwrap()[0].clone();
    assert_eq!(outside(&bench).1.len(), 2);
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(outside(&bench), (vec![ip], vec!["firewall".into()]));
}

/// Nothing is left of a VM whose address the cloud does not have, and the culprit is named.
#[tokio::test]
async fn an_address_that_is_not_ours_is_refused() {
    let bench = Bench::new().await;
    let before = (bench.inventory(), outside(&bench));
    let error = create(&bench, "10.50.0.20", vip("203.0.113.9", json!({}))).await.unwrap_err();
    assert!(error.message.contains("arguments[3].front.ip"), "{error}");
    assert!(error.message.contains("203.0.113.9"), "{error}");
    let none = json!({"type": "vip", "cloud_properties": {}});
    let error = create(&bench, "10.50.0.20", none).await.unwrap_err();
    assert!(error.message.contains("arguments[3].front.ip is required"), "{error}");
    assert_eq!((bench.inventory(), outside(&bench)), before);
}

/// A load balancer rule is made once, found then, and keeps its members only as long as they
/// live.
#[tokio::test]
async fn a_load_balancer_is_found_or_made() {
    let bench = Bench::new().await;
    let (_, ip) = address(&bench);
    warm(&bench).await;
    let lb = json!({"lbs": [{"name": "web", "algorithm": "roundrobin", "private_port": 8080,
                             "public_port": 80, "open_firewall": true, "public_ip": ip}]});
    bench.calls();
    let vm = |ip: &str| vm_arguments(lb.clone(), json!({"default": manual("bosh-net", ip)}));
    let first = bench.ask("create_vm", vm("10.50.0.20")).await.unwrap()[0].clone();
    assert_eq!(bench.calls().len(), 1 + 4);
    let second = bench.ask("create_vm", vm("10.50.0.21")).await.unwrap()[0].clone();
    assert_eq!(bench.calls().len(), 1 + 2);
    let rule =
        bench.rows("listLoadBalancerRules", "loadbalancerrule", &[("name", "web")]).remove(0);
    let id = rule["id"].as_str().unwrap();
    let members = || {
        let rows =
            bench.rows("listLoadBalancerRuleInstances", "loadbalancerruleinstance", &[("id", id)]);
        rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(members(), [first.clone(), second.clone()]);
    for vm in [first, second] {
        bench.ask("delete_vm", json!([vm])).await.unwrap();
    }
    assert_eq!(members(), Vec::<Value>::new());
    let error = bench
        .ask(
            "create_vm",
            vm_arguments(json!({"lbs": [{"name": "w", "algorithm": "fair"}]}), json!({})),
        )
        .await
        .unwrap_err();
    assert!(error.message.contains("arguments[2].lbs[0].algorithm"), "{error}");
}
