//! Dynamic, manual and vip networks.

use crate::bench::{Bench, PRIVATE_VLAN, PUBLIC_VLAN, arguments, private};
use serde_json::{Value, json};

/// A portable address of the private VLAN.
const PORTABLE: &str = "10.50.8.10";
const GLOBAL: &str = "192.0.2.10";

fn public() -> Value {
    json!({"default": {"type": "dynamic", "dns": [], "default": ["dns", "gateway"],
                       "cloud_properties": {"vlan_ids": [PRIVATE_VLAN, PUBLIC_VLAN]}}})
}

fn manual() -> Value {
    json!({"default": {"type": "manual", "ip": PORTABLE, "netmask": "255.255.255.192",
                       "gateway": "10.50.8.1", "dns": [], "default": ["dns", "gateway"],
                       "cloud_properties": {}}})
}

/// One network with a private and a public VLAN: the public NIC is its own, and the agent is told
/// of the other, by which SoftLayer's services are reached.
#[tokio::test]
async fn one_network_may_have_both_nics() {
    let bench = Bench::new();
    let (cid, answer) = bench.vm_of(json!({}), public()).await;
    let guest = bench.guest(&cid, "primaryIpAddress,primaryBackendIpAddress");
    assert_eq!(answer["default"]["ip"], guest["primaryIpAddress"]);
    assert_eq!(answer.as_object().unwrap().len(), 1, "only what was asked for: {answer}");
    let told = bench.settings(&cid)["networks"].clone();
    assert_eq!(
        (&told["default"]["alias"], &told["default"]["gateway"]),
        (&json!("eth1"), &json!("203.0.113.1"))
    );
    let private = &told["generated-private"];
    assert_eq!(private["ip"], guest["primaryBackendIpAddress"]);
    assert_eq!((&private["alias"], &private["default"]), (&json!("eth0"), &json!([])));
    let route = json!({"Destination": "10.0.0.0", "Gateway": "10.50.0.1", "Netmask": "255.0.0.0"});
    assert_eq!(private["routes"][0], route);
    assert_eq!(private["routes"].as_array().unwrap().len(), 3);
}

/// Two networks, one on each NIC; two on the same VLAN are no contradiction.
#[tokio::test]
async fn two_networks_may_share_a_vlan_or_have_one_each() {
    let bench = Bench::new();
    let mut networks = private();
    networks["default"]["default"] = json!(["dns"]);
    networks["other"] = networks["default"].clone();
    networks["web"] = public()["default"].clone();
    networks["web"]["cloud_properties"] = json!({"vlan_ids": [PUBLIC_VLAN]});
    let (cid, answer) = bench.vm_of(json!({}), networks).await;
    let guest = bench.guest(&cid, "primaryIpAddress,primaryBackendIpAddress");
    assert_eq!(answer["default"]["ip"], guest["primaryBackendIpAddress"]);
    assert_eq!(answer["other"]["ip"], guest["primaryBackendIpAddress"]);
    assert_eq!(answer["web"]["ip"], guest["primaryIpAddress"]);
    let told = bench.settings(&cid)["networks"].clone();
    assert_eq!(told.as_object().unwrap().len(), 3, "{told}");
    assert!(told["default"]["routes"].is_array(), "{told}");
}

#[tokio::test]
async fn two_private_vlans_are_a_contradiction() {
    let bench = Bench::new();
    let mut networks = private();
    networks["other"] = json!({"type": "dynamic", "cloud_properties": {"vlan_ids": [2_100_030]}});
    let error = bench.ask("create_vm", arguments(json!({}), networks)).await.unwrap_err();
    assert!(
        error.message.contains("arguments[3].other") && error.message.contains("2100010"),
        "{error:?}"
    );
}

/// A subnet names its VLAN, and the NIC's own address is of it.
#[tokio::test]
async fn a_subnet_may_be_chosen_instead_of_a_vlan() {
    let bench = Bench::new();
    let networks = json!({"default": {"type": "dynamic",
        "cloud_properties": {"subnet_ids": [2_200_031]}}});
    let (_, answer) = bench.vm_of(json!({}), networks).await;
    assert!(answer["default"]["ip"].as_str().unwrap().starts_with("10.51.0."), "{answer}");
}

/// A portable address needs no dynamic network beside it: the VLAN is found by the address.
#[tokio::test]
async fn a_manual_network_stands_alone() {
    let bench = Bench::new();
    let (cid, answer) = bench.vm_of(json!({}), manual()).await;
    assert_eq!(answer["default"]["ip"], PORTABLE);
    let mask = "primaryBackendIpAddress,primaryBackendNetworkComponent[macAddress,networkVlan[id]]";
    let guest = bench.guest(&cid, mask);
    assert_eq!(guest["primaryBackendNetworkComponent"]["networkVlan"]["id"], PRIVATE_VLAN);
    let told = bench.settings(&cid)["networks"].clone();
    let default = &told["default"];
    assert_eq!((&default["ip"], &default["alias"]), (&json!(PORTABLE), &json!("eth0:1")));
    let mac = guest["primaryBackendNetworkComponent"]["macAddress"].as_str().unwrap();
    assert_eq!(default["mac"], mac.to_lowercase());
    assert_eq!(told["generated-private"]["ip"], guest["primaryBackendIpAddress"]);
    assert_eq!(told["generated-private"]["alias"], "eth0");
}

/// What is no portable address, or somebody's, is told before anything is ordered.
#[tokio::test]
async fn only_a_free_portable_address_is_taken() {
    let bench = Bench::new();
    for (ip, why) in [("10.50.0.20", "portable"), ("10.99.0.1", "not found in the subnets")] {
        let mut networks = manual();
        networks["default"]["ip"] = json!(ip);
        let error = bench.ask("create_vm", arguments(json!({}), networks)).await.unwrap_err();
        assert!(error.message.contains("arguments[3].default.ip"), "{error:?}");
        assert!(error.message.contains(why), "{error:?}");
    }
    assert!(bench.simulator.inventory().vms.is_empty());
}

fn vip() -> Value {
    let mut networks = public();
    networks["vip"] = json!({"type": "vip", "ip": GLOBAL});
    networks
}

/// A global address follows the VM that has it, and leads nowhere once that is gone.
#[tokio::test]
async fn a_global_address_leads_to_its_vm() {
    let bench = Bench::new();
    let (cid, answer) = bench.vm_of(json!({}), vip()).await;
    assert_eq!(answer["vip"]["ip"], GLOBAL);
    let leads = |bench: &Bench| {
        let mask = "mask[destinationIpAddress[ipAddress]]";
        let path = format!("SoftLayer_Network_Subnet_IpAddress_Global/2400001?objectMask={mask}");
        bench.simulator.call(&path, &[]).1["destinationIpAddress"]["ipAddress"].clone()
    };
    assert_eq!(leads(&bench), bench.guest(&cid, "primaryIpAddress")["primaryIpAddress"]);
    // The next VM takes it over, and the old one does not take it away again.
    let (next, _) = bench.vm_of(json!({}), vip()).await;
    let address = bench.guest(&next, "primaryIpAddress")["primaryIpAddress"].clone();
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    assert_eq!(leads(&bench), address);
    bench.ask("delete_vm", json!([next])).await.unwrap();
    bench.assert_clean();
}

#[tokio::test]
async fn a_global_address_must_be_the_accounts() {
    let bench = Bench::new();
    let mut networks = vip();
    networks["vip"]["ip"] = json!("192.0.2.99");
    let error = bench.ask("create_vm", arguments(json!({}), networks)).await.unwrap_err();
    assert!(error.message.contains("arguments[3].vip.ip"), "{error:?}");
    assert!(bench.simulator.inventory().vms.is_empty());
}

/// What SoftLayer has configured may stay so; a portable address it does not configure.
#[tokio::test]
async fn nics_may_be_left_as_softlayer_configured_them() {
    let bench = Bench::new();
    let (cid, _) = bench.vm_of(json!({"preconfigured": true}), private()).await;
    assert_eq!(bench.settings(&cid)["networks"]["default"]["preconfigured"], true);
    let vm = arguments(json!({"preconfigured": true}), manual());
    let error = bench.ask("create_vm", vm).await.unwrap_err();
    assert!(error.message.contains("arguments[2].preconfigured"), "{error:?}");
}

/// A public NIC that no network asked for is known to the agent all the same.
#[tokio::test]
async fn a_public_nic_may_be_had_without_a_public_network() {
    let bench = Bench::new();
    let (cid, answer) = bench.vm_of(json!({"private_network_only": false}), private()).await;
    let guest = bench.guest(&cid, "primaryIpAddress,primaryBackendIpAddress");
    let told = bench.settings(&cid)["networks"].clone();
    assert_eq!(told["generated-public"]["ip"], guest["primaryIpAddress"]);
    assert_eq!(answer["default"]["ip"], guest["primaryBackendIpAddress"]);
    let vm = arguments(json!({"private_network_only": true}), vip());
    let error = bench.ask("create_vm", vm).await.unwrap_err();
    assert!(error.message.contains("arguments[2].private_network_only"), "{error:?}");
}

/// Security groups of networks go to their NICs.
#[tokio::test]
async fn a_network_brings_its_security_groups() {
    let bench = Bench::new();
    let mut networks = private();
    networks["default"]["cloud_properties"]["security_groups"] = json!([2_600_001]);
    let (cid, _) = bench.vm_of(json!({"security_groups": "bosh"}), networks).await;
    let mask = "primaryBackendNetworkComponent[securityGroupBindings[securityGroupId]]";
    let nic = bench.guest(&cid, mask)["primaryBackendNetworkComponent"].clone();
    let groups = nic["securityGroupBindings"].as_array().unwrap();
    let groups: Vec<_> = groups.iter().map(|it| it["securityGroupId"].clone()).collect();
    assert_eq!(groups, [2_600_001, 2_600_002]);
}
