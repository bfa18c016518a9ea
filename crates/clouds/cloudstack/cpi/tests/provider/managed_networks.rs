//! Networks that BOSH manages, tiers of VPCs, and addresses of both versions on one NIC.

use crate::bench::*;
use crate::vips::outside;
use serde_json::{Value, json};
use simulator_cloudstack::World;

/// A VPC of `10.80.0.0/16`; its id.
fn vpc(bench: &Bench) -> String {
    let offering =
        bench.rows("listVPCOfferings", "vpcoffering", &[("name", "Default VPC offering")]);
    let zone = bench.rows("listZones", "zone", &[("name", "adv")]);
    let text = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let (offering, zone) = (text(&offering[0]), text(&zone[0]));
    let made = bench.raw(
        "createVPC",
        &[
            ("name", "apps"),
            ("displaytext", "apps"),
            ("cidr", "10.80.0.0/16"),
            ("vpcofferingid", &offering),
            ("zoneid", &zone),
        ],
    );
    text(&made)
}

fn networks_of(bench: &Bench) -> usize {
    bench.simulator.inventory().networks.len()
}

/// Made from a range and a gateway, named by its id to create_vm, and deleted; twice is no error.
#[tokio::test]
async fn a_network_is_made_used_and_deleted() {
    let bench = Bench::new().await;
    let definition = json!({"type": "manual", "range": "10.77.0.0/24", "gateway": "10.77.0.254",
                            "cloud_properties": {"zone": "adv", "name": "apps"}});
    let made = bench.ask("create_network", json!([definition])).await.unwrap();
    let cid = made[0].as_str().unwrap();
    assert_eq!(made[1], json!({"range": "10.77.0.0/24", "gateway": "10.77.0.254", "reserved": []}));
    assert_eq!(made[2]["id"], cid);
    let row = bench.rows("listNetworks", "network", &[("id", cid)]).remove(0);
    assert_eq!((&row["displaytext"], &row["gateway"]), (&json!("apps"), &json!("10.77.0.254")));

    let mut network = manual("", "10.77.0.9");
    network["cloud_properties"] = made[2].clone();
    let arguments = vm_arguments(json!({}), json!({"n": network}));
    let vm = bench.ask("create_vm", arguments).await.unwrap()[0].clone();
    let error = bench.ask("delete_network", json!([cid])).await.unwrap_err();
    assert!(error.message.contains("still has a NIC in it"), "{error}");
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    bench.ask("delete_network", json!([cid])).await.unwrap();
    assert_eq!(networks_of(&bench), 0);
    bench.ask("delete_network", json!([cid])).await.unwrap();
    bench.ask("delete_network", json!([NOWHERE])).await.unwrap();
}

/// Without a range the cloud chooses one, and tells the director.
#[tokio::test]
async fn the_cloud_chooses_a_range() {
    let bench = Bench::new().await;
    let chosen = |definition: Value| {
        let bench = &bench;
        async move {
            let made = bench.ask("create_network", json!([definition])).await.unwrap();
            made[1]["range"].as_str().unwrap().to_owned()
        }
    };
    assert!(chosen(json!({"cloud_properties": {}})).await.ends_with("/24"));
    let small = json!({"netmask_bits": 26, "cloud_properties": {}});
    assert_eq!(chosen(small).await, "10.1.1.0/26");
    vpc(&bench);
    let tier = json!({"cloud_properties": {"vpc": "apps", "acl": "default_allow"}});
    assert_eq!(chosen(tier).await, "10.80.0.0/24");
    let next = json!({"netmask_bits": 22, "cloud_properties": {"vpc": "apps"}});
    assert_eq!(chosen(next).await, "10.80.4.0/22");
}

/// What cannot be made is refused with its path, and nothing is left.
#[tokio::test]
async fn a_wrong_definition_is_named() {
    let bench = Bench::new().await;
    let cases = [
        (json!({"range": "10.77.0.0"}), "arguments[0].range: '10.77.0.0'"),
        (json!({"range": "10.77.0.0/24", "gateway": "10.78.0.1"}), "arguments[0].gateway"),
        (json!({"netmask_bits": 31}), "arguments[0].netmask_bits"),
        (json!({"type": "dynamic"}), "arguments[0].type"),
        (
            json!({"cloud_properties": {"network_offering": "none"}}),
            "arguments[0].cloud_properties.network_offering: network offering 'none' not found",
        ),
        (
            json!({"cloud_properties": {"vpc": "none"}}),
            "arguments[0].cloud_properties.vpc: VPC 'none'",
        ),
        (json!({"cloud_properties": {"acl": "x"}}), "arguments[0].cloud_properties.acl: only"),
    ];
    for (definition, part) in cases {
        let error = bench.ask("create_network", json!([definition])).await.unwrap_err();
        assert!(error.message.contains(part), "{part}: {error}");
    }
    assert_eq!(networks_of(&bench), 0);
}

/// A tier is told from one of the same name by its VPC; its address is the VPC's, leads to the
/// NIC in the tier, and has no firewall.
#[tokio::test]
async fn a_vip_of_a_vpc_leads_to_the_tier() {
    let bench = Bench::new().await;
    vpc(&bench);
    let tier = json!({"range": "10.80.1.0/24", "cloud_properties": {"vpc": "apps"}});
    let made = bench.ask("create_network", json!([tier])).await.unwrap();
    let mut network = manual("", "10.80.1.9");
    network["gateway"] = json!("10.80.1.1");
    network["cloud_properties"] = json!({"name": made[2]["name"], "vpc": "apps"});
    let mut other = manual("bosh-net", "10.50.0.9");
    other["default"] = json!([]);
    let networks = |firewall: Value| {
        json!({"o": other, "n": network, "v": {"type": "vip", "cloud_properties":
               {"acquire": true, "firewall": firewall}}})
    };
    let before = (bench.inventory(), outside(&bench));
    let refused = vm_arguments(json!({}), networks(json!([{"ports": 22}])));
    let error = bench.ask("create_vm", refused).await.unwrap_err();
    assert!(error.message.contains("arguments[3].v.cloud_properties.firewall"), "{error}");
    assert_eq!((bench.inventory(), outside(&bench)), before);

    let answer =
        bench.ask("create_vm", vm_arguments(json!({}), networks(json!([])))).await.unwrap();
    let ip = answer[1]["v"]["ip"].as_str().unwrap();
    let address = &bench.rows("listPublicIpAddresses", "publicipaddress", &[("ipaddress", ip)])[0];
    assert_eq!(
        (&address["virtualmachineid"], &address["associatednetworkid"]),
        (&answer[0], &made[0])
    );
    bench.ask("delete_vm", json!([answer[0]])).await.unwrap();
    assert_eq!((bench.inventory(), outside(&bench)), before);

    network["cloud_properties"]["vpc"] = json!("none");
    let error =
        bench.ask("create_vm", vm_arguments(json!({}), json!({"n": network}))).await.unwrap_err();
    assert!(error.message.contains("tier of VPC 'none'"), "{error}");
}

/// The world of a shared network with both versions of addresses.
fn dual_world() -> World {
    World::builtin_with(include_str!("worlds/dual.yaml")).unwrap().instant()
}

/// Networks of one nic_group share a NIC: one address of each version.
#[tokio::test]
async fn a_nic_group_shares_one_nic() {
    let bench = Bench::of(dual_world(), "admin").await;
    let of = |ip: &str, group: Value| {
        let mut network = manual("bosh-net", ip);
        network["nic_group"] = group;
        network
    };
    let networks =
        json!({"four": of("10.50.0.9", json!("1")), "six": of("fd00:50::9", json!("1"))});
    let answer = bench.ask("create_vm", vm_arguments(json!({}), networks)).await.unwrap();
    let cid = answer[0].as_str().unwrap();
    let nics = bench.vm_row(cid)["nic"].as_array().unwrap().clone();
    assert_eq!(nics.len(), 1);
    assert_eq!(
        (&nics[0]["ipaddress"], &nics[0]["ip6address"]),
        (&json!("10.50.0.9"), &json!("fd00:50::9"))
    );
    for name in ["four", "six"] {
        assert_eq!(bench.settings(cid)["networks"][name]["mac"], nics[0]["macaddress"]);
    }
    let cases = [
        (
            json!({"a": of("fd00:50::a", json!("1")), "b": of("fd00:50::b", json!("1"))}),
            "one IPv6 address",
        ),
        (
            json!({"a": of("10.50.0.10", json!("1")), "b": of("10.50.0.11", json!("2"))}),
            "same nic_group",
        ),
        (
            json!({"a": {"type": "manual", "ip": "fd00:50::", "prefix": "80",
                      "cloud_properties": {"name": "bosh-net"}}}),
            "arguments[3].a.prefix",
        ),
    ];
    for (networks, part) in cases {
        let error = bench.ask("create_vm", vm_arguments(json!({}), networks)).await.unwrap_err();
        assert_eq!(kind(&error), "NotSupported");
        assert!(error.message.contains(part), "{part}: {error}");
    }
}

/// Several IPv4 addresses on one NIC: a call more for each but the first, which is that of the
/// default network. They go with the VM, also with one that comes to nothing.
#[tokio::test]
async fn a_nic_group_has_several_addresses() {
    let bench = Bench::new().await;
    let of = |ip: &str, default: Value| {
        let mut network = manual("bosh-net", ip);
        network["nic_group"] = json!("1");
        network["default"] = default;
        network
    };
    let group = |last: &str| {
        json!({"a": of("10.50.0.9", json!([])), "b": of("10.50.0.10", json!(["dns", "gateway"])),
               "c": of(last, json!([]))})
    };
    let vm = bench.vm().await;
    bench.calls();
    let arguments = vm_arguments(json!({}), group("10.50.0.11"));
    let answer = bench.ask("create_vm", arguments.clone()).await.unwrap();
    assert_eq!(bench.calls(), ["deployVirtualMachine", "addIpToNic", "addIpToNic"]);
    let cid = answer[0].as_str().unwrap();
    let nics = bench.vm_row(cid)["nic"].as_array().unwrap().clone();
    assert_eq!((nics.len(), &nics[0]["ipaddress"]), (1, &json!("10.50.0.10")));
    let more: Vec<_> = nics[0]["secondaryip"].as_array().unwrap().iter().collect();
    let more: Vec<_> = more.iter().map(|row| row["ipaddress"].as_str().unwrap()).collect();
    assert_eq!(more, ["10.50.0.9", "10.50.0.11"]);
    for name in ["a", "b", "c"] {
        assert_eq!(bench.settings(cid)["networks"][name]["mac"], nics[0]["macaddress"]);
        assert_eq!(answer[1][name]["mac"], nics[0]["macaddress"]);
    }
    bench.ask("delete_vm", json!([cid])).await.unwrap();

    let taken = bench.vm_row(&vm)["nic"][0]["ipaddress"].as_str().unwrap().to_owned();
    let before = bench.inventory();
    let refused = bench.ask("create_vm", vm_arguments(json!({}), group(&taken))).await;
    let error = refused.unwrap_err();
    assert!(kind(&error) == "VMCreationFailed" && error.message.contains(&taken), "{error}");
    assert_eq!(bench.inventory(), before);
    bench.ask("create_vm", arguments).await.unwrap();
}

/// An address that is taken, or not of the network, stands in the error. One that is taken may be
/// free a moment later; one that is outside of a range that is known never is.
#[tokio::test]
async fn an_address_that_cannot_be_had_is_named() {
    let bench = Bench::of(dual_world(), "admin").await;
    let vm = |ip: &str| vm_arguments(json!({}), json!({"n": manual("bosh-net", ip)}));
    bench.ask("create_vm", vm("10.50.0.9")).await.unwrap();
    bench.ask("create_vm", vm("fd00:50::9")).await.unwrap();
    for ip in ["10.50.0.9", "10.99.0.1", "fd00:50::9", "fd00:51::1"] {
        let error = bench.ask("create_vm", vm(ip)).await.unwrap_err();
        assert!(error.message.contains(ip), "{error}");
        let may_pass = ip != "10.99.0.1";
        assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", may_pass), "{error}");
    }
}

/// Routes reach the agent; one of a network that is not there is refused.
#[tokio::test]
async fn routes_reach_the_agent() {
    let bench = Bench::new().await;
    let routes = |name: &str| {
        let route = json!([{"cidr": "10.9.0.0/16", "gateway": "10.50.0.5"}]);
        vm_arguments(
            json!({"routes": {name: route}}),
            json!({"n": manual("bosh-net", "10.50.0.9")}),
        )
    };
    let answer = bench.ask("create_vm", routes("n")).await.unwrap();
    let expected =
        json!([{"Destination": "10.9.0.0", "Gateway": "10.50.0.5", "Netmask": "255.255.0.0"}]);
    let settings = bench.settings(answer[0].as_str().unwrap());
    assert_eq!(settings["networks"]["n"]["routes"], expected);
    let error = bench.ask("create_vm", routes("other")).await.unwrap_err();
    assert!(error.message.contains("arguments[2].routes.other"), "{error}");
}
