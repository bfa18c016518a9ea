//! Networks: which NIC is which, and what the director is told.

use crate::bench::*;
use serde_json::{Value, json};

/// The NIC of the default network comes first, since CloudStack makes the first one the
/// default; the others keep their order. Each MAC in the settings is that of the right NIC.
#[tokio::test]
async fn several_nics_keep_their_networks() {
    let bench = Bench::new().await;
    let mut other = manual("bosh-net2", "10.51.0.9");
    other["default"] = json!([]);
    other["gateway"] = json!("10.51.0.1");
    let networks = json!({"a": other, "b": manual("bosh-net", "10.50.0.9")});
    let answer = bench.ask("create_vm", vm_arguments(json!({}), networks)).await.unwrap();
    let cid = answer[0].as_str().unwrap();
    let row = bench.vm_row(cid);
    let nics = row["nic"].as_array().unwrap();
    let addresses: Vec<_> = nics.iter().map(|nic| nic["ipaddress"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["10.50.0.9", "10.51.0.9"], "the default one first");
    assert_eq!(nics[0]["isdefault"], true);
    let settings = bench.settings(cid);
    for (name, nic) in [("b", &nics[0]), ("a", &nics[1])] {
        assert_eq!(settings["networks"][name]["mac"], nic["macaddress"]);
        assert_eq!(answer[1][name]["mac"], nic["macaddress"]);
        assert_eq!(settings["networks"][name].get("cloud_properties"), None);
        assert!(answer[1][name]["cloud_properties"].is_object());
    }
    let names: Vec<_> = answer[1].as_object().unwrap().keys().collect();
    assert_eq!(names, ["a", "b"], "answered as they came");
}

/// The cloud chooses a dynamic address; the director is told which. One that the director
/// remembers from an earlier VM is not asked for.
#[tokio::test]
async fn a_dynamic_address_is_answered() {
    let bench = Bench::new().await;
    let network = json!({"type": "dynamic", "ip": "10.50.0.77", "netmask": "255.0.0.0",
                         "cloud_properties": {"name": "bosh-net"}});
    let answer =
        bench.ask("create_vm", vm_arguments(json!({}), json!({"n": network}))).await.unwrap();
    let nic = bench.vm_row(answer[0].as_str().unwrap())["nic"][0].clone();
    let told = &answer[1]["n"];
    assert_eq!(told["ip"], nic["ipaddress"]);
    assert_eq!((&told["netmask"], &told["gateway"]), (&nic["netmask"], &nic["gateway"]));
    assert_eq!(told["mac"], nic["macaddress"]);
}

/// A network's id needs no lookup; names that two networks have are refused.
#[tokio::test]
async fn networks_go_by_name_or_id() {
    let bench = Bench::new().await;
    let id = bench.rows("listNetworks", "network", &[("keyword", "bosh-net2")])[0]["id"].clone();
    let network =
        |properties: Value| json!({"n": {"type": "dynamic", "cloud_properties": properties}});
    bench.calls();
    let arguments = vm_arguments(json!({}), network(json!({"id": id})));
    bench.ask("create_vm", arguments).await.unwrap();
    assert!(!bench.calls().contains(&"listNetworks".to_owned()));
    let arguments = vm_arguments(json!({}), network(json!({"network_name": "bosh-net2"})));
    bench.ask("create_vm", arguments).await.unwrap();

    let mut world = simulator_cloudstack::World::builtin().instant();
    let mut twin = world.networks[1].clone();
    twin.id = None;
    world.networks.push(twin);
    let bench = Bench::of(world, "admin").await;
    let error = bench.ask("create_vm", vm_arguments(json!({}), json!({}))).await.unwrap_err();
    assert!(error.message.contains("name one by its id"), "{error}");
}

/// Zones of VM and networks must agree, or nobody knows what is meant.
#[tokio::test]
async fn zones_that_disagree_are_refused() {
    let bench = Bench::new().await;
    let networks =
        json!({"n": {"type": "dynamic", "cloud_properties": {"name": "bosh-net", "zone": "adv"}}});
    let error = bench
        .ask("create_vm", vm_arguments(json!({"zone": "advsg2"}), networks))
        .await
        .unwrap_err();
    assert!(error.message.contains("arguments[3].n.cloud_properties.zone"), "{error}");
}
