//! Virtual guests: what is ordered, what their agents are told, how they go.

use crate::bench::{Bench, PRIVATE_VLAN, arguments, private};
use bosh_cpi::ErrorKind;
use cpi_kit::Provider;
use serde_json::{Value, json};
use simulator_softlayer::World;

/// One order holds everything: no upgrade, no reboot, no pause.
#[tokio::test]
async fn a_vm_is_one_order() {
    let bench = Bench::new();
    let vm = json!({"hostname_prefix": "Web", "placement_group": "bosh-spread",
                    "security_groups": ["bosh"]});
    let (cid, networks) = bench.vm_of(vm, private()).await;
    let mask = "hostname,domain,maxCpu,maxMemory,hourlyBillingFlag,privateNetworkOnlyFlag,\
                placementGroupId,primaryBackendIpAddress,blockDevices[device,diskImage[capacity]],\
                primaryBackendNetworkComponent[macAddress,networkVlan[id],\
                securityGroupBindings[securityGroupId]]";
    let guest = bench.guest(&cid, mask);
    assert_eq!((&guest["maxCpu"], &guest["maxMemory"]), (&json!(2), &json!(4096)));
    assert_eq!(guest["hourlyBillingFlag"], true);
    assert_eq!(guest["privateNetworkOnlyFlag"], true);
    assert_eq!(guest["placementGroupId"], 2_700_001);
    let nic = &guest["primaryBackendNetworkComponent"];
    assert_eq!(nic["networkVlan"]["id"], PRIVATE_VLAN);
    assert_eq!(nic["securityGroupBindings"][0]["securityGroupId"], 2_600_002);
    let hostname = guest["hostname"].as_str().unwrap();
    assert!(hostname.starts_with("web-vm-"), "{hostname}");
    // 60 GB are not sold.
    let disks = guest["blockDevices"].as_array().unwrap();
    let disk = disks.iter().find(|disk| disk["device"] == "2").unwrap();
    assert_eq!(disk["diskImage"]["capacity"], 75);
    assert_eq!(networks["default"]["ip"], guest["primaryBackendIpAddress"]);
    assert_eq!(networks["default"]["type"], "dynamic");
    assert_eq!(networks["default"]["cloud_properties"]["vlan_ids"][0], PRIVATE_VLAN);
    let changing = |call: &String| !call.contains("::get");
    let calls: Vec<_> = bench.calls().into_iter().filter(changing).collect();
    assert_eq!(
        calls,
        ["SoftLayer_Virtual_Guest::createObject", "SoftLayer_Virtual_Guest::setUserMetadata"]
    );
}

/// The agent needs no registry: its settings are complete, and bear the VM's CID.
#[tokio::test]
async fn the_agent_finds_its_complete_settings() {
    let bench = Bench::new();
    let (cid, networks) = bench.vm_of(json!({}), private()).await;
    let settings = bench.settings(&cid);
    assert_eq!(settings["agent_id"], "agent-1");
    assert_eq!(settings["mbus"], "nats://nats:pw@10.50.0.6:4222");
    assert_eq!(settings["vm"]["name"], cid.as_str());
    assert_eq!(settings["server"]["name"], cid.as_str());
    assert_eq!(settings["env"]["bosh"]["group"], "g");
    assert_eq!(settings["disks"]["ephemeral"], "/dev/xvdc");
    let net = &settings["networks"]["default"];
    // SoftLayer has no DHCP.
    assert_eq!(net["type"], "manual");
    assert_eq!((&net["ip"], &net["alias"]), (&networks["default"]["ip"], &json!("eth0")));
    assert_eq!(net["default"], json!(["dns", "gateway"]));
    assert_eq!((&net["netmask"], &net["gateway"]), (&json!("255.255.255.0"), &json!("10.50.0.1")));
}

/// A guest without a host takes no metadata: it is asked until it does, and no pause is fixed.
#[tokio::test]
async fn a_guest_that_takes_its_time_is_waited_for() {
    let bench = Bench::of(World::builtin().scaled(0.01));
    let cid = bench.vm().await;
    assert_eq!(bench.settings(&cid)["agent_id"], "agent-1");
    let guest = bench.guest(&cid, "powerState[keyName],activeTransaction[id]");
    assert_eq!(guest["powerState"]["keyName"], "RUNNING");
    assert!(guest["activeTransaction"].is_null(), "{guest}");
    let set = bench.calls();
    let set = set.iter().filter(|call| call.ends_with("setUserMetadata")).count();
    assert!(set >= 1);
}

#[tokio::test]
async fn a_flavor_takes_the_place_of_cpu_and_memory() {
    let bench = Bench::new();
    let flavor = json!({"flavor_key_name": "B1_2X8X25", "cpu": null, "memory": null});
    let (cid, _) = bench.vm_of(flavor, private()).await;
    let guest = bench.guest(&cid, "maxCpu,maxMemory");
    assert_eq!((&guest["maxCpu"], &guest["maxMemory"]), (&json!(2), &json!(8192)));
    let both = arguments(json!({"flavor_key_name": "B1_2X8X25"}), private());
    let error = bench.ask("create_vm", both).await.unwrap_err();
    assert!(error.message.contains("arguments[2].flavor_key_name"), "{error:?}");
}

/// What is wrong is told by its path, and nothing is ordered.
#[tokio::test]
async fn a_culprit_is_named_before_anything_is_ordered() {
    let bench = Bench::new();
    let vlan = |id: u64| json!({"a": {"type": "dynamic", "cloud_properties": {"vlan_ids": [id]}}});
    for (vm, networks, culprit) in [
        (json!({"placement_group": "nope"}), private(), "arguments[2].placement_group"),
        (json!({"security_groups": ["nope"]}), private(), "arguments[2].security_groups"),
        (json!({"transient": true, "hourly_billing_flag": false}), private(), "transient"),
        (json!({"ephemeral_disk_size": 5000}), private(), "arguments[2].ephemeral_disk_size"),
        (json!({}), vlan(99), "arguments[3].a.cloud_properties.vlan_ids[0]"),
        (json!({"bare_metal": true}), private(), "arguments[2].bare_metal_preset"),
    ] {
        let error = bench.ask("create_vm", arguments(vm, networks)).await.unwrap_err();
        assert!(error.message.contains(culprit), "{culprit}: {}", error.message);
    }
    let mut stemcell = arguments(json!({}), private());
    stemcell[1] = json!("99");
    let error = bench.ask("create_vm", stemcell).await.unwrap_err();
    assert!(error.message.contains("stemcell 99 not found"), "{error:?}");
    assert!(bench.simulator.inventory().vms.is_empty());
}

/// SoftLayer says HTTP 500 to an ordinary refusal: it is told at once, and nothing stays open in the
/// journal, however long a lost order could still show.
#[tokio::test]
async fn an_ordinary_refusal_is_told_at_once() {
    let bench = Bench::new();
    let slow = json!({"ledger": {"horizon": 600, "budget": 120}});
    let flavor = json!({"flavor_key_name": "B9_1X1X1", "cpu": null, "memory": null});
    let call = bench.ask_with(slow.clone(), "create_vm", arguments(flavor, private()));
    let waited = std::time::Duration::from_secs(60);
    let error = tokio::time::timeout(waited, call).await.expect("at once").unwrap_err();
    assert!(error.message.contains("B9_1X1X1"), "{error:?}");
    assert!(!error.message.contains("Left in the cloud"), "{error:?}");
    let recovery = bench.cloud(slow).recover().await.unwrap();
    assert!(recovery.left.is_empty());
}

/// Too long settings would be refused once the VM is billed.
#[tokio::test]
async fn settings_that_are_too_long_are_refused_before_the_order() {
    let bench = Bench::new();
    let mut long = arguments(json!({}), private());
    long[5]["bosh"]["certificate"] = json!("x".repeat(20_000));
    let error = bench.ask("create_vm", long).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::VmCreationFailed);
    assert!(error.message.contains("userdata_max"), "{error:?}");
    assert!(bench.simulator.inventory().vms.is_empty());
}

/// One key is registered once, whoever needs it.
#[tokio::test]
async fn a_public_key_is_registered_once() {
    let bench = Bench::new();
    let more = json!({"ssh_public_key": "ssh-rsa AAAAB3NzaC1yc2E director@bosh"});
    for _ in 0..2 {
        let call = bench.ask_with(more.clone(), "create_vm", arguments(json!({}), private()));
        let cid = call.await.unwrap()[0].as_str().unwrap().to_owned();
        let keys = bench.guest(&cid, "sshKeys[id,label]");
        assert!(keys["sshKeys"][0]["label"].as_str().unwrap().starts_with("key-"), "{keys}");
    }
    assert_eq!(bench.simulator.inventory().ssh_keys.len(), 1);
}

#[tokio::test]
async fn a_vm_is_there_until_it_is_deleted() {
    let bench = Bench::new();
    let cid = bench.vm().await;
    assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), true);
    bench.ask("reboot_vm", json!([cid])).await.unwrap();
    assert_eq!(bench.simulator.cloud().guests[&cid.parse().unwrap()].boots, 2);
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    bench.assert_clean();
    assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), false);
    // Once more is no fault.
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    for (method, arguments) in
        [("reboot_vm", json!([cid])), ("set_vm_metadata", json!([cid, {"a": "b"}]))]
    {
        let error = bench.ask(method, arguments).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::VmNotFound, "{method}: {error:?}");
    }
    for odd in ["vm-1", "hw-5", "4711"] {
        assert_eq!(bench.ask("has_vm", json!([odd])).await.unwrap(), false, "{odd}");
    }
}

/// SoftLayer tells of a cancelled guest for hours; to the director it is gone at once.
#[tokio::test]
async fn a_vm_that_is_being_reclaimed_is_gone() {
    let bench = Bench::of(World::builtin().scaled(0.002));
    let cid = bench.vm().await;
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), false);
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    bench.assert_clean();
}

/// A VM that somebody switched off is switched on by a reboot.
#[tokio::test]
async fn a_reboot_starts_a_vm_that_is_off() {
    let bench = Bench::new();
    let cid = bench.vm().await;
    let (status, _) = bench.simulator.call(&format!("SoftLayer_Virtual_Guest/{cid}/powerOff"), &[]);
    assert_eq!(status, 200);
    bench.ask("reboot_vm", json!([cid])).await.unwrap();
    assert_eq!(bench.guest(&cid, "powerState[keyName]")["powerState"]["keyName"], "RUNNING");
}

/// The Go release wiped the tags of operators.
#[tokio::test]
async fn metadata_is_merged_into_tags_and_a_note() {
    let bench = Bench::new();
    let cid = bench.vm().await;
    let tag = |tags: &str| {
        let path = format!("SoftLayer_Virtual_Guest/{cid}/setTags");
        bench.simulator.call(&path, &[json!(tags)])
    };
    assert_eq!(tag("costs,index:7").0, 200);
    let metadata = json!({"director": "d1", "index": 0, "name": "router/1f"});
    bench.ask("set_vm_metadata", json!([cid, metadata])).await.unwrap();
    let guest = bench.guest(&cid, "notes,tagReferences[tag[name]]");
    let mut tags: Vec<_> = guest["tagReferences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["tag"]["name"].as_str().unwrap())
        .collect();
    tags.sort_unstable();
    assert_eq!(tags, ["costs", "director:d1", "index:0", "name:router-1f"]);
    assert_eq!(guest["notes"], "bosh: router/1f");
    // What is so already is not written again.
    bench.calls();
    bench.ask("set_vm_metadata", json!([cid, metadata])).await.unwrap();
    assert!(bench.calls().iter().all(|call| call.ends_with("::getObject")));
}

#[tokio::test]
async fn the_smallest_flavor_is_calculated() {
    let bench = Bench::new();
    let ask = async |cpu: u64, ram: u64| {
        let wanted = json!({"cpu": cpu, "ram": ram, "ephemeral_disk_size": 10_240});
        bench.ask("calculate_vm_cloud_properties", json!([wanted])).await.unwrap()
    };
    let expected = json!({"flavor_key_name": "B1_2X4X25", "ephemeral_disk_size": 10});
    assert_eq!(ask(2, 3000).await, expected);
    let expected = json!({"cpu": 48, "memory": 4096, "ephemeral_disk_size": 10});
    assert_eq!(ask(48, 3073).await, expected);
    // What was calculated can be made.
    let vm = json!({"flavor_key_name": "B1_2X4X25", "cpu": null, "memory": null,
                    "ephemeral_disk_size": 10});
    bench.vm_of(vm, private()).await;
}

/// A key that may not order is told so, and the director need not try again.
#[tokio::test]
async fn a_user_without_permission_is_told() {
    let bench = Bench::new();
    let reader = json!({"username": "reader", "api_key": "reader-api-key"});
    let call = bench.ask_with(reader, "create_vm", arguments(json!({}), private()));
    let error = call.await.unwrap_err();
    assert_eq!((error.kind, error.ok_to_retry), (ErrorKind::VmCreationFailed, false), "{error:?}");
    let wrong = json!({"api_key": "wrong"});
    let error = bench.ask_with(wrong, "has_vm", json!(["4711"])).await.unwrap_err();
    assert!(error.message.contains("apikey"), "{error:?}");
}

/// VMs of the last Go CPI have decimal CIDs, no name of ours, and go like any other.
#[tokio::test]
async fn a_vm_of_the_go_cpi_can_be_used_and_deleted() {
    let bench = Bench::new();
    let template = json!({
        "hostname": "bosh-20200301-101112-345", "domain": "softlayer.com",
        "datacenter": {"name": "dal13"}, "startCpus": 1, "maxMemory": 1024,
        "hourlyBillingFlag": true, "blockDeviceTemplateGroup":
            {"globalIdentifier": "6f1d2b3c-8a47-4c5e-9d10-2b7e5a4c9f01"},
    });
    let (_, guest) = bench.simulator.call("SoftLayer_Virtual_Guest/createObject", &[template]);
    let cid: &Value = &guest["id"];
    let cid = cid.to_string();
    assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), true);
    bench.ask("set_vm_metadata", json!([cid, {"job": "db"}])).await.unwrap();
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    bench.assert_clean();
}

/// How many API calls each method makes where nothing takes time.
#[tokio::test]
async fn no_method_on_vms_calls_more_than_it_may() {
    let bench = Bench::new();
    let cid = bench.vm().await;
    let create = bench.calls();
    let mut made = vec![("create_vm", 6, create)];
    for (method, allowed, more) in [
        ("has_vm", 1, None),
        ("set_vm_metadata", 3, Some(json!({"director": "d", "name": "a/b"}))),
        ("reboot_vm", 3, None),
        ("delete_vm", 5, None),
    ] {
        let arguments: Vec<_> = [json!(cid)].into_iter().chain(more).collect();
        bench.ask(method, json!(arguments)).await.unwrap();
        made.push((method, allowed, bench.calls()));
    }
    for (method, allowed, calls) in made {
        assert!(calls.len() <= allowed, "{method}: {calls:?}");
    }
}

/// A domain that reads like an address is refused by SoftLayer only after the order is written.
#[tokio::test]
async fn a_domain_is_a_domain() {
    let bench = Bench::new();
    for domain in ["1.2.3.4", "example", "-x.example.com", "ex ample.com", "a..b"] {
        let vm = json!({"domain": domain});
        let error = bench.ask("create_vm", arguments(vm, private())).await.unwrap_err();
        assert!(error.message.contains("arguments[2].domain"), "{domain}: {error:?}");
    }
    assert!(bench.calls().is_empty());
}

/// Whether a host has room may be otherwise in a minute; the director is to try again, and the
/// operator is told what to change.
#[tokio::test]
async fn where_no_host_has_room_the_director_tries_again() {
    let mut world = World::builtin().instant();
    world.settings.capacity = Some(0);
    let bench = Bench::of(world);
    let error = bench.ask("create_vm", arguments(json!({}), private())).await.unwrap_err();
    assert!(error.ok_to_retry, "{error:?}");
    assert!(error.message.contains("insufficient capacity"), "{error:?}");
    assert!(error.message.contains("another data center"), "{error:?}");
    bench.assert_clean();
}

/// A request that a proxy delivers twice makes two guests of one name: the answered one stays, and
/// gc takes the other by its id.
#[tokio::test]
async fn a_twin_goes_by_its_id() {
    let bench = Bench::new();
    let cid = bench.vm().await;
    let hostname = bench.guest(&cid, "hostname")["hostname"].clone();
    let template = json!({
        "hostname": hostname, "domain": "bosh.example", "datacenter": {"name": "dal13"},
        "operatingSystemReferenceCode": "UBUNTU_22_64", "hourlyBillingFlag": true,
        "startCpus": 1, "maxMemory": 1024,
    });
    let (status, twin) = bench.simulator.call("SoftLayer_Virtual_Guest/createObject", &[template]);
    assert_eq!(status, 200, "{twin}");
    let cloud = bench.cloud(json!({}));
    cloud.open_with(&[cid.as_str()]).await.unwrap();
    let policy = cpi_kit::GcPolicy::default();
    let twin_id = twin["id"].to_string();
    for found in cloud.garbage(&policy).await.unwrap() {
        let is_twin = found.cid == twin_id;
        assert_eq!(found.verdict == cpi_kit::Verdict::Delete, is_twin, "{found:?}");
        if is_twin {
            cloud.delete_garbage(&found).await.unwrap();
        }
    }
    assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), true);
    assert_eq!(bench.ask("has_vm", json!([twin_id])).await.unwrap(), false);
}
