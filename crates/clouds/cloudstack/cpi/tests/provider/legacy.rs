//! What the Go CPI has made keeps working: its CIDs are names, its ephemeral disks are volumes
//! of their own, its tags are the director's.

use crate::bench::*;
use bosh_cpi::method::METHODS;
use serde_json::{Value, json};
use simulator_cloudstack::World;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

const VM: &str = "cpivm-6ba7b810-9dad-11d1-80b4-00c04fd430c8";
const DISK: &str = "cpi-disk-6ba7b811-9dad-11d1-80b4-00c04fd430c8";
const EPHEMERAL: &str = "cpi-ephemeral-disk-6ba7b812-9dad-11d1-80b4-00c04fd430c8";
const STEMCELL: &str = "cpitemplate-6ba7b813-9dad-11d1";

/// A world as an operator of the Go CPI has it; and in it a VM with its disks, made as that CPI
/// made them.
struct Legacy {
    bench: Bench,
    vm: String,
    disk: String,
    /// The id of the public address that leads to the VM.
    address: String,
}

async fn legacy() -> Legacy {
    let world = World::from_yaml(include_str!("../worlds/legacy.yaml")).unwrap().instant();
    let bench = Bench::of(world, "admin").await;
    let zone = bench.rows("listZones", "zone", &[])[0]["id"].clone();
    let id = |command: &str, key: &str, name: &str| -> String {
        let of = [("name", name), ("templatefilter", "executable"), ("listall", "true")];
        let rows = bench.rows(command, key, &of);
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        row["id"].as_str().unwrap().to_owned()
    };
    let (zone, network) = (zone.as_str().unwrap(), id("listNetworks", "network", "cf"));
    let template = id("listTemplates", "template", STEMCELL);
    let offering = id("listServiceOfferings", "serviceoffering", "CO1");
    let custom = id("listDiskOfferings", "diskoffering", "shared.custom");
    // Its agent's settings, as that CPI wrote them.
    let settings = json!({"agent_id": "agent-0", "vm": {"name": VM, "id": VM},
        "mbus": "nats://nats:pw@10.0.0.2:4222", "networks": {}, "env": {},
        "disks": {"system": "/dev/xvda", "ephemeral": "/dev/xvdb", "persistent": null},
        "registry": {"endpoint": "http://10.0.0.2:6901"}, "server": {"name": VM}});
    let settings = base64::engine::general_purpose::STANDARD.encode(settings.to_string());
    let vm = bench.raw(
        "deployVirtualMachine",
        &[
            ("userdata", &settings),
            ("name", VM),
            ("displayname", VM),
            ("zoneid", zone),
            ("templateid", &template),
            ("serviceofferingid", &offering),
            ("iptonetworklist[0].networkid", &network),
            ("iptonetworklist[0].ip", "10.0.0.10"),
        ],
    )["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let volume = |name: &str, size: &str| {
        let params =
            [("name", name), ("zoneid", zone), ("diskofferingid", &*custom), ("size", size)];
        bench.raw("createVolume", &params)["id"].as_str().unwrap().to_owned()
    };
    let (ephemeral, disk) = (volume(EPHEMERAL, "25"), volume(DISK, "10"));
    for volume in [&ephemeral, &disk] {
        bench.simulator.advance(Duration::from_secs(60));
        bench.raw("attachVolume", &[("id", volume), ("virtualmachineid", &vm)]);
    }
    bench.raw(
        "createTags",
        &[
            ("resourceids", &vm),
            ("resourcetype", "UserVm"),
            ("tags[0].key", "director"),
            ("tags[0].value", "old"),
            ("tags[1].key", "director_uuid"),
            ("tags[1].value", "d1"),
        ],
    );
    let address = bench.raw("associateIpAddress", &[("networkid", &network)]);
    let address = address["id"].as_str().unwrap().to_owned();
    bench.simulator.advance(Duration::from_secs(60));
    bench.raw("enableStaticNat", &[("ipaddressid", &address), ("virtualmachineid", &vm)]);
    Legacy { bench, vm, disk, address }
}

/// Every method on what is there, as a director does that has just been given this CPI.
#[tokio::test]
async fn every_method_works_on_what_the_go_cpi_made() {
    let Legacy { bench, vm, disk, address } = legacy().await;
    let asked = RefCell::new(BTreeSet::new());
    let ask = async |method: &str, arguments: Value| {
        asked.borrow_mut().insert(method.to_owned());
        let answer = bench.ask(method, arguments).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    };
    assert_eq!(ask("has_vm", json!([VM])).await, true);
    assert_eq!(ask("has_disk", json!([DISK])).await, true);
    assert_eq!(ask("get_disks", json!([VM])).await, json!([DISK]));
    ask("set_vm_metadata", json!([VM, {"director": "new", "name": "db/0"}])).await;
    let row = bench.vm_row(&vm);
    let tags: Vec<_> = row["tags"].as_array().unwrap().iter().map(|tag| &tag["value"]).collect();
    assert!(tags.contains(&&json!("new")) && !tags.contains(&&json!("old")), "{tags:?}");
    ask("set_disk_metadata", json!([DISK, {"director": "new"}])).await;
    ask("reboot_vm", json!([VM])).await;
    let snapshot = ask("snapshot_disk", json!([DISK, {"index": 0}])).await;
    ask("delete_snapshot", json!([snapshot])).await;
    let near = ask("create_disk", json!([1024, {"disk_offering": "shared.custom"}, VM])).await;
    assert_eq!(bench.volume_row(near.as_str().unwrap())["zonename"], "adv");
    ask("delete_disk", json!([near])).await;
    ask("detach_disk", json!([VM, DISK])).await;
    ask("resize_disk", json!([DISK, 12_000])).await;
    assert_eq!(
        ask("update_disk", json!([DISK, 13_000, {"disk_offering": "shared.custom"}])).await,
        DISK
    );
    assert_eq!(bench.volume_row(&disk)["size"], 13_u64 << 30);
    let hint = ask("attach_disk", json!([VM, DISK])).await;
    assert_eq!(hint["volume_id"], "2");
    ask("detach_disk", json!([VM, DISK])).await;

    // The ephemeral disk goes with its VM, the other does not.
    ask("delete_vm", json!([VM])).await;
    assert_eq!(ask("has_vm", json!([VM])).await, false);
    let left = bench.inventory();
    assert!(left.len() == 1 && left[0].contains(DISK), "{left:?}");
    // Its public address is the operator's, and free for the next VM.
    let row = bench.rows("listPublicIpAddresses", "publicipaddress", &[("id", &address)]).remove(0);
    assert_eq!(row["isstaticnat"], false);

    // A new VM from the old stemcell, at the old address, for the old disk.
    let networks = json!({
        "default": {"type": "manual", "ip": "10.0.0.10",
            "netmask": "255.255.255.0", "gateway": "10.0.0.1", "default": ["dns", "gateway"],
            "dns": ["8.8.8.8"], "cloud_properties": {"name": "cf", "undiscoverable": false}},
        "front": {"type": "vip", "ip": row["ipaddress"], "cloud_properties": {}},
    });
    let properties = json!({"compute_offering": "CO1", "disk": 25_000, "root_disk_size": 15_000,
                            "ephemeral_disk_offering": "shared.custom"});
    let arguments = json!(["agent-2", STEMCELL, properties, networks, [DISK], {}]);
    let made = ask("create_vm", arguments).await;
    let new = made[0].as_str().unwrap();
    ask("attach_disk", json!([new, DISK])).await;
    assert_eq!(ask("get_disks", json!([new])).await, json!([DISK]));
    ask("detach_disk", json!([new, DISK])).await;
    ask("delete_vm", json!([new])).await;
    ask("delete_disk", json!([DISK])).await;
    assert_eq!(ask("has_disk", json!([DISK])).await, false);
    assert_eq!(bench.inventory(), Vec::<String>::new());
    ask("delete_stemcell", json!([STEMCELL])).await;
    let calculated = ask("calculate_vm_cloud_properties", json!([{"cpu": 1, "ram": 512}])).await;
    assert_eq!(calculated["compute_offering"], "CO1");
    // What that CPI has left nothing of, and what no cloud is asked for any more.
    let without = ["info", "ping", "current_vm_id", "configure_networks"];
    let anew = ["create_stemcell", "create_network", "delete_network"];
    asked.borrow_mut().extend(without.into_iter().chain(anew).map(str::to_owned));
    let all: BTreeSet<_> = METHODS.iter().map(|method| method.name.to_owned()).collect();
    assert_eq!(*asked.borrow(), all);
}
