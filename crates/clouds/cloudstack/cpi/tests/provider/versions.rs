//! Every CloudStack from 4.11 on: what a version does not know is not sent, and nothing is left
//! for that.

use crate::bench::*;
use serde_json::{Value, json};
use simulator_cloudstack::World;

async fn bench(version: &str) -> Bench {
    let world = World { version: version.into(), ..World::builtin().instant() };
    Bench::of(world, "admin").await
}

/// Those that behave differently, the oldest and the newest among them.
const VERSIONS: [&str; 5] = ["4.11.3.0", "4.15.2.0", "4.18.1.0", "4.20.1.0", "4.22.0.0"];

/// Nothing is sent that this version does not know.
fn check_sent(bench: &Bench, version: &str) {
    for sent in bench.simulator.calls() {
        let command = sent.command;
        assert_eq!(sent.ignored, Vec::<String>::new(), "{version} knows no such {command}");
    }
}

/// The life of a VM with an ephemeral and a persistent disk, by every method that touches one.
#[tokio::test]
async fn a_lifecycle_works_on_every_version() {
    for version in VERSIONS {
        let bench = bench(version).await;
        let call = async |method: &str, arguments: Value| {
            let answer = bench.ask(method, arguments).await;
            answer.unwrap_or_else(|error| panic!("{version}: {method}: {error}"))
        };
        call("create_stemcell", json!(["/dev/null", {"template_id": TEMPLATE}])).await;
        let vm = bench.vm().await;
        call("set_vm_metadata", json!([vm, {"name": "router/1", "director": "d"}])).await;
        let disk = call("create_disk", json!([3072, {}, vm])).await;
        call("attach_disk", json!([vm, disk])).await;
        call("set_disk_metadata", json!([disk, {"director": "d"}])).await;
        assert_eq!(call("get_disks", json!([vm])).await, json!([disk]));
        let snapshot = call("snapshot_disk", json!([disk, {"index": 0}])).await;
        call("delete_snapshot", json!([snapshot])).await;
        call("reboot_vm", json!([vm])).await;
        call("delete_vm", json!([vm])).await;
        let left: Vec<_> = bench.rows("listVolumes", "volume", &[("listall", "true")]);
        assert_eq!(left.len(), 1, "{version}: the persistent one stays, no other: {left:?}");
        call("resize_disk", json!([disk, 5000])).await;
        call("delete_disk", json!([disk])).await;
        assert_eq!(bench.inventory(), Vec::<String>::new(), "{version}");
        check_sent(&bench, version);
    }
}

/// What stands around a VM, on every version: addresses, rules, balancers, groups of both kinds,
/// keys, networks of BOSH's, disks that change their offering.
#[tokio::test]
async fn everything_around_a_vm_works_on_every_version() {
    for version in VERSIONS {
        let bench = bench(version).await;
        let cloud = || bench.cloud_with(json!({"enable_auto_anti_affinity": true}));
        let call = async |method: &str, arguments: Value| {
            let answer = ask(&cloud(), method, arguments).await;
            answer.unwrap_or_else(|error| panic!("{version}: {method}: {error}"))
        };
        let (_, ip) = crate::vips::address(&bench);
        let mut second = manual("bosh-net", "10.50.0.21");
        second["default"] = json!([]);
        let mut networks = json!({
            "a": manual("bosh-net", "10.50.0.20"), "b": second,
            "front": {"type": "vip", "cloud_properties": {
                "acquire": true, "firewall": [{"ports": 22}, {"protocol": "icmp"}]}},
        });
        for name in ["a", "b"] {
            networks[name]["nic_group"] = json!("1");
        }
        let vm = json!({
            "lbs": [{"name": "web", "public_ip": ip, "public_port": 80, "private_port": 80}],
            "public_key": "ssh-ed25519 AAAAC3Nz", "root_disk_size": 4096,
            "compute_offering": "bosh.custom", "cpu": 1, "ram": 512,
        });
        let first = call("create_vm", vm_arguments(vm, networks)).await[0].clone();
        let guarded = json!({
            "zone": "advsg2", "security_groups": ["web"], "security_groups_create": true,
            "security_group_rules": {"web": [{"ports": 22}, {"direction": "egress"}]},
        });
        let network = json!({"n": {"type": "dynamic", "cloud_properties": {"name": "sgnet"}}});
        let second = call("create_vm", vm_arguments(guarded, network)).await[0].clone();
        let disk = call("create_disk", json!([3072, {}, first])).await;
        let iops = json!({"disk_offering": "bosh.iops", "min_iops": 100, "max_iops": 200});
        assert_eq!(call("update_disk", json!([disk, 4096, iops])).await, disk, "{version}");
        assert_eq!(bench.volume_row(disk.as_str().unwrap())["diskofferingname"], "bosh.iops");
        let definition = json!({"range": "10.77.0.0/24", "gateway": "10.77.0.1",
                                "cloud_properties": {"zone": "adv"}});
        let network = call("create_network", json!([definition])).await[0].clone();
        let needs = json!([{"cpu": 1, "ram": 512, "ephemeral_disk_size": 1024}]);
        call("calculate_vm_cloud_properties", needs).await;
        for (method, cid) in [
            ("delete_network", network),
            ("delete_vm", first),
            ("delete_vm", second),
            ("delete_disk", disk),
        ] {
            call(method, json!([cid])).await;
        }
        assert_eq!(bench.inventory(), Vec::<String>::new(), "{version}");
        check_sent(&bench, version);
    }
}

/// The kind of affinity that keeps VMs apart as far as that goes came with 4.18; before it the
/// strict one does, which the next VM finds and uses.
#[tokio::test]
async fn an_old_cloud_keeps_vms_apart_strictly() {
    for (version, kind) in
        [("4.15.2.0", "host anti-affinity"), ("4.18.1.0", "non-strict host anti-affinity")]
    {
        let bench = bench(version).await;
        let cloud = bench.cloud_with(json!({"enable_auto_anti_affinity": true}));
        for _ in 0..2 {
            ask(&cloud, "create_vm", vm_arguments(json!({}), json!({}))).await.unwrap();
        }
        let groups = bench.rows("listAffinityGroups", "affinitygroup", &[]);
        let kinds: Vec<_> = groups.iter().map(|group| group["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, [kind], "{version}");
        assert_eq!(groups[0]["virtualmachineIds"].as_array().unwrap().len(), 2, "{version}");
    }
}

/// The version costs one call in an hour, and only where it matters.
#[tokio::test]
async fn the_version_is_asked_for_once() {
    let bench = bench("4.18.1.0").await;
    let (first, second) = (bench.vm().await, bench.vm().await);
    assert!(!bench.calls().contains(&"listCapabilities".to_owned()));
    bench.ask("delete_vm", json!([first])).await.unwrap();
    assert_eq!(bench.calls(), ["listVolumes", "listCapabilities", "destroyVirtualMachine"]);
    bench.ask("delete_vm", json!([second])).await.unwrap();
    assert_eq!(bench.calls(), ["listVolumes", "destroyVirtualMachine"]);
}

/// What would be ignored is refused, where less than was asked for would come of it.
#[tokio::test]
async fn what_an_old_cloud_would_ignore_is_refused() {
    let arguments = || vm_arguments(json!({"boot_type": "UEFI"}), json!({}));
    let old = bench("4.13.1.0").await;
    let error = old.ask("create_vm", arguments()).await.unwrap_err();
    assert!(error.message.contains("arguments[2].boot_type"), "{error}");
    assert_eq!(old.inventory(), Vec::<String>::new());
    bench("4.14.0.0").await.ask("create_vm", arguments()).await.unwrap();
}

/// A version that nobody can read is taken for a new one.
#[tokio::test]
async fn an_odd_version_is_a_new_one() {
    let bench = bench("the latest").await;
    let vm = bench.vm().await;
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.inventory(), Vec::<String>::new());
}
