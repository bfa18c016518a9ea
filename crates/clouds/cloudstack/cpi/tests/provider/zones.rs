//! Kinds of zones, which of them a VM is made in, and disks that are in another.

use crate::bench::*;
use bosh_cpi::CpiError;
use serde_json::{Value, json};

/// A network of a basic zone: nobody need name it.
fn basic(more: Value) -> Value {
    let mut network = json!({"type": "dynamic", "default": ["dns", "gateway"],
                             "cloud_properties": {}});
    for (key, value) in more.as_object().unwrap() {
        network[key] = value.clone();
    }
    json!({"default": network})
}

async fn create(bench: &Bench, vm: Value, networks: Value) -> Result<Value, CpiError> {
    bench.ask("create_vm", vm_arguments(vm, networks)).await
}

/// In a basic zone the deploy call takes no network, and the agent finds its only NIC.
#[tokio::test]
async fn a_vm_in_a_basic_zone_has_its_only_network() {
    for account in ["admin", "bosh"] {
        let bench = Bench::of(simulator_cloudstack::World::builtin().instant(), account).await;
        let made = create(&bench, json!({"zone": "basic"}), basic(json!({}))).await.unwrap();
        let row = bench.vm_row(made[0].as_str().unwrap());
        assert_eq!(row["zonename"], "basic");
        assert_eq!(row["securitygroup"][0]["name"], "default");
        assert_eq!(made[1]["default"]["ip"], row["nic"][0]["ipaddress"]);
        assert_eq!(made[1]["default"]["gateway"], "10.2.0.1");
        let settings = bench.settings(made[0].as_str().unwrap());
        assert_eq!(settings["networks"]["default"].get("mac"), None, "{settings}");
    }
}

/// An address of the director's stands by itself there; one that is taken names itself.
#[tokio::test]
async fn a_static_address_in_a_basic_zone() {
    let bench = Bench::new().await;
    let manual = |ip: &str| {
        basic(json!({"type": "manual", "ip": ip, "netmask": "255.255.255.0",
                     "gateway": "10.2.0.1", "dns": ["8.8.8.8"]}))
    };
    let vm = json!({"zone": "basic"});
    let made = create(&bench, vm.clone(), manual("10.2.0.150")).await.unwrap();
    let row = bench.vm_row(made[0].as_str().unwrap());
    assert_eq!(row["nic"][0]["ipaddress"], "10.2.0.150");
    let error = create(&bench, vm, manual("10.2.0.150")).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", true), "{error}");
}

/// One network is all that there is.
#[tokio::test]
async fn several_networks_in_a_basic_zone_are_refused() {
    let bench = Bench::new().await;
    let two = json!({"a": {"type": "dynamic", "cloud_properties": {}},
                     "b": {"type": "dynamic", "cloud_properties": {}}});
    let error = create(&bench, json!({"zone": "basic"}), two).await.unwrap_err();
    assert_eq!(kind(&error), "NotSupported");
    assert!(error.message.contains("'basic' is a basic zone"), "{error}");
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// Elsewhere a network has to be named.
#[tokio::test]
async fn an_unnamed_network_is_for_basic_zones() {
    let bench = Bench::new().await;
    let error = create(&bench, json!({}), basic(json!({}))).await.unwrap_err();
    assert!(error.message.contains("arguments[3].default.cloud_properties.name"), "{error}");
}

/// A disk that is made for no VM is made in the default zone; a VM that is made for a disk in
/// the disk's, at no extra call where an earlier one has met the disk.
#[tokio::test]
async fn a_vm_goes_where_its_disks_are() {
    let bench = Bench::new().await;
    let disk = bench.ask("create_disk", json!([1024, {"zone": "basic"}, null])).await.unwrap();
    let mut arguments = vm_arguments(json!({}), basic(json!({})));
    arguments[4] = json!([disk]);
    let vm = bench.ask("create_vm", arguments.clone()).await.unwrap()[0].clone();
    assert_eq!(bench.vm_row(vm.as_str().unwrap())["zonename"], "basic");
    bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
    bench.calls();
    bench.ask("create_vm", arguments.clone()).await.unwrap();
    assert_eq!(bench.calls(), ["deployVirtualMachine"]);
    // A process that has met nothing yet asks where the disk is.
    let cold = Bench { state: tempfile::tempdir().unwrap(), ..bench };
    let vm = cold.ask("create_vm", arguments).await.unwrap()[0].clone();
    assert_eq!(cold.vm_row(vm.as_str().unwrap())["zonename"], "basic");
    assert!(cold.calls().contains(&"listVolumes".to_owned()));
}

/// Found before the VM is made where that costs nothing, and by attach_disk at the latest.
#[tokio::test]
async fn a_disk_in_another_zone_is_refused_with_both_zones() {
    let bench = Bench::new().await;
    let disk = bench.ask("create_disk", json!([1024, {"zone": "basic"}, null])).await.unwrap();
    let mut arguments = vm_arguments(json!({"zone": "adv"}), json!({}));
    arguments[4] = json!([disk]);
    let both = |error: CpiError| {
        assert!(error.message.contains("'adv'") && error.message.contains("'basic'"), "{error}");
    };
    bench.calls();
    both(bench.ask("create_vm", arguments).await.unwrap_err());
    assert_eq!(bench.calls(), Vec::<String>::new());
    let vm = bench.vm().await;
    both(bench.ask("attach_disk", json!([vm, disk])).await.unwrap_err());
    both(bench.ask("create_disk", json!([1024, {"zone": "basic"}, vm])).await.unwrap_err());
}

/// An offering on a host's own storage, where the zone has none of it, is refused before
/// anything is made; where it has, the disk is made with its VM.
#[tokio::test]
async fn local_storage_is_where_the_zone_has_it() {
    let world =
        simulator_cloudstack::World::builtin_with(include_str!("worlds/shared_storage.yaml"));
    let bench = Bench::of(world.unwrap().instant(), "admin").await;
    let local = json!({"ephemeral_disk_offering": "bosh.localdisk"});
    let vm = create(&bench, local.clone(), json!({})).await.unwrap()[0].clone();
    let disk = bench.ask("create_disk", json!([1024, {"disk_offering": "bosh.localdisk"}, vm]));
    let disk = disk.await.unwrap();
    bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
    bench.calls();
    for vm in [
        json!({"zone": "basic", "ephemeral_disk_offering": "bosh.localdisk"}),
        json!({"zone": "basic", "compute_offering": "bosh.local"}),
    ] {
        let error = create(&bench, vm, basic(json!({}))).await.unwrap_err();
        assert!(error.message.contains("zone 'basic' does not allow"), "{error}");
    }
    let wanted = json!([1024, {"disk_offering": "bosh.localdisk", "zone": "basic"}, null]);
    let error = bench.ask("create_disk", wanted).await.unwrap_err();
    assert!(error.message.contains("zone 'basic' does not allow"), "{error}");
    let calls = bench.calls();
    assert!(calls.iter().all(|call| call.starts_with("list")), "{calls:?}");
}

/// A disk that is on a host's own storage, was attached there, and is free again; and that host.
async fn local_disk(bench: &Bench, vm: Value, networks: Value) -> (Value, Value) {
    let vm = create(bench, vm, networks).await.unwrap()[0].clone();
    let local = json!({"disk_offering": "bosh.localdisk"});
    let disk = bench.ask("create_disk", json!([1024, local, vm])).await.unwrap();
    bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
    let host = bench.vm_row(vm.as_str().unwrap())["hostid"].clone();
    bench.ask("detach_disk", json!([vm, disk])).await.unwrap();
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    (disk, host)
}

/// It cannot move: the VM that is made for it comes to its host, however full that is.
#[tokio::test]
async fn a_vm_comes_to_the_host_of_its_disks() {
    let bench = Bench::new().await;
    let (disk, host) = local_disk(&bench, json!({}), json!({})).await;
    for _ in 0..3 {
        create(&bench, json!({"host": host}), json!({})).await.unwrap();
    }
    let mut arguments = vm_arguments(json!({"zone": "adv"}), json!({}));
    arguments[4] = json!([disk]);
    // A process that has met nothing yet asks where the disk is.
    let bench = Bench { state: tempfile::tempdir().unwrap(), ..bench };
    let vm = bench.ask("create_vm", arguments.clone()).await.unwrap()[0].clone();
    assert_eq!(bench.vm_row(vm.as_str().unwrap())["hostid"], host);
    bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
    // One that was never attached stands nowhere, and holds nobody.
    let local = json!({"disk_offering": "bosh.localdisk"});
    arguments[4] = json!([bench.ask("create_disk", json!([1024, local, null])).await.unwrap()]);
    let free = bench.ask("create_vm", arguments).await.unwrap()[0].clone();
    assert_ne!(bench.vm_row(free.as_str().unwrap())["hostid"], host);
}

/// Two disks on two hosts, or keys that cannot choose a host: nothing is made then.
#[tokio::test]
async fn disks_that_no_vm_can_have_are_refused_before_it_is_made() {
    let bench = Bench::new().await;
    let (one, host) = local_disk(&bench, json!({}), json!({})).await;
    let crowd = create(&bench, json!({"host": host}), json!({})).await.unwrap()[0].clone();
    let (two, other) = local_disk(&bench, json!({}), json!({})).await;
    assert_ne!(host, other, "the emptier host was taken");
    bench.ask("delete_vm", json!([crowd])).await.unwrap();
    let refused = async |bench: &Bench, vm: Value, networks: Value, disks: Value| {
        let before = bench.inventory();
        let mut arguments = vm_arguments(vm, networks);
        arguments[4] = disks;
        let error = bench.ask("create_vm", arguments).await.unwrap_err();
        assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", false), "{error}");
        assert_eq!(bench.inventory(), before);
        error.message
    };
    let message = refused(&bench, json!({}), json!({}), json!([one, two])).await;
    assert!(message.contains(one.as_str().unwrap()) && message.contains(two.as_str().unwrap()));
    let user = Bench::of(simulator_cloudstack::World::builtin().instant(), "bosh").await;
    let (zone, networks) = (json!({"zone": "basic"}), basic(json!({})));
    let (disk, _) = local_disk(&user, zone.clone(), networks.clone()).await;
    let message = refused(&user, zone, networks, json!([disk])).await;
    assert!(message.contains("root admin") && message.contains("shared storage"), "{message}");
}

/// An edge zone makes VMs like any other; an image does not get into it, which is said before
/// anything is sent there.
#[tokio::test]
async fn an_edge_zone_takes_vms_and_no_images() {
    let world = include_str!("worlds/edge.yaml");
    let world = simulator_cloudstack::World::builtin_with(world).unwrap().instant();
    let bench = Bench::of(world, "bosh").await;
    let networks = json!({"n": {"type": "dynamic", "default": ["dns", "gateway"],
                                "cloud_properties": {"name": "edge-net"}}});
    let made = create(&bench, json!({"zone": "edge"}), networks).await.unwrap();
    assert_eq!(bench.vm_row(made[0].as_str().unwrap())["zonename"], "edge");

    let image = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(image.path(), [b"QFI\xfb\0\0\0\x02".as_slice(), &[0; 600]].concat()).unwrap();
    let cloud = bench.cloud_with(json!({"default_zone": "edge"}));
    let before = bench.inventory();
    let stemcell = json!([image.path(), {"name": "s", "version": "1", "hypervisor": "kvm"}]);
    let error = ask(&cloud, "create_stemcell", stemcell).await.unwrap_err();
    assert_eq!(kind(&error), "NotSupported", "{error}");
    assert!(error.message.contains("'edge' is an edge zone"), "{error}");
    assert_eq!(bench.inventory(), before);
}
