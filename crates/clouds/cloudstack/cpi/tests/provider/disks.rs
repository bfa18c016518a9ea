//! Disks: sizes, where they are, where they must not be.

use crate::bench::*;
use serde_json::{Value, json};

/// MiB round up to GiB; what nobody names comes from the config.
#[tokio::test]
async fn sizes_round_up() {
    let bench = Bench::new().await;
    for (mib, gib) in [(1u64, 1u64), (1024, 1), (1500, 2), (3072, 3)] {
        let cid = bench.ask("create_disk", json!([mib, {}, null])).await.unwrap();
        let row = bench.volume_row(cid.as_str().unwrap());
        assert_eq!(row["size"], json!(gib << 30), "{mib}");
        assert!(row["name"].as_str().unwrap().starts_with("disk-"), "{row}");
    }
    assert_eq!(bench.ask("has_disk", json!([NOWHERE])).await.unwrap(), false);
}

/// A fixed offering gives its own size, and must be large enough.
#[tokio::test]
async fn a_fixed_offering_that_is_too_small_is_refused() {
    let bench = Bench::new().await;
    let small = json!({"disk_offering": "Small"});
    let cid = bench.ask("create_disk", json!([100, small, ""])).await.unwrap();
    assert_eq!(bench.volume_row(cid.as_str().unwrap())["size"], json!(5u64 << 30));
    let error = bench.ask("create_disk", json!([6000, small, null])).await.unwrap_err();
    for part in ["arguments[1].disk_offering", "5 GiB", "6000 MiB"] {
        assert!(error.message.contains(part), "{error}");
    }
    let error = bench.ask("create_disk", json!([2_000_000, {}, null])).await.unwrap_err();
    assert_eq!(kind(&error), "CloudError", "{error}");
    let none = json!({"disk_offering": "none"});
    let error = bench.ask("create_disk", json!([1, none, null])).await.unwrap_err();
    assert!(
        error.message.contains("arguments[1].disk_offering: disk offering 'none' not found"),
        "{error}"
    );
    assert_eq!(bench.rows("listVolumes", "volume", &[]).len(), 1);
}

/// A disk cannot cross zones, so it is made where its VM is; a VM that is gone is a hint only.
#[tokio::test]
async fn a_disk_is_made_in_the_zone_of_its_vm() {
    let bench = Bench::new().await;
    let networks = json!({"n": {"type": "dynamic", "cloud_properties": {"name": "sgnet"}}});
    let vm = vm_arguments(json!({"zone": "advsg2"}), networks);
    let vm = bench.ask("create_vm", vm).await.unwrap()[0].clone();
    let near = bench.ask("create_disk", json!([1, {}, vm])).await.unwrap();
    assert_eq!(bench.volume_row(near.as_str().unwrap())["zonename"], "advsg2");
    let lost = bench.ask("create_disk", json!([1, {}, NOWHERE])).await.unwrap();
    assert_eq!(bench.volume_row(lost.as_str().unwrap())["zonename"], "adv");
    let named = bench.ask("create_disk", json!([1, {"zone": "advsg2"}, null])).await.unwrap();
    assert_eq!(bench.volume_row(named.as_str().unwrap())["zonename"], "advsg2");
}

/// The agent finds the disk by its serial number, and the answer is the same the second time.
#[tokio::test]
async fn attaching_twice_is_attaching_once() {
    let bench = Bench::new().await;
    let (vm, disk) = (bench.vm().await, bench.disk().await);
    let serial: String = disk.chars().filter(|c| *c != '-').take(20).collect();
    let expected = json!({"path": format!("/dev/disk/by-id/virtio-{serial}"), "volume_id": "2"});
    for _ in 0..2 {
        assert_eq!(bench.ask("attach_disk", json!([vm, disk])).await.unwrap(), expected);
    }
    assert_eq!(bench.ask("get_disks", json!([vm])).await.unwrap(), json!([disk]));
}

/// What cannot be attached is told apart, since the director acts on it.
#[tokio::test]
async fn attaching_tells_what_is_missing() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    let other = bench.vm().await;
    let error = bench.ask("attach_disk", json!([other, disk])).await.unwrap_err();
    assert_eq!(kind(&error), "CloudError");
    assert!(error.message.contains(&vm), "{error}");
    assert_eq!(bench.volume_row(&disk)["virtualmachineid"], json!(vm), "it stays where it is");
    let error = bench.ask("attach_disk", json!([vm, NOWHERE])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotFound", "{error}");
    let free = bench.disk().await;
    let error = bench.ask("attach_disk", json!([NOWHERE, free])).await.unwrap_err();
    assert_eq!(kind(&error), "VMNotFound", "{error}");
    bench.ask("delete_vm", json!([other])).await.unwrap();
    let error = bench.ask("attach_disk", json!([other, free])).await.unwrap_err();
    assert_eq!(kind(&error), "VMNotFound", "{error}");
}

/// A disk is never taken from a VM that was not named.
#[tokio::test]
async fn detaching_tells_where_the_disk_is_not() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    let other = bench.vm().await;
    let error = bench.ask("detach_disk", json!([other, disk])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotAttached", "{error}");
    assert_eq!(bench.volume_row(&disk)["virtualmachineid"], json!(vm));
    bench.ask("detach_disk", json!([vm, disk])).await.unwrap();
    let error = bench.ask("detach_disk", json!([vm, disk])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotAttached", "{error}");
    let error = bench.ask("detach_disk", json!([vm, NOWHERE])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotFound", "{error}");
}

/// An attached disk is left alone; one that is gone is deleted.
#[tokio::test]
async fn deleting_leaves_what_is_attached() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    let error = bench.ask("delete_disk", json!([disk])).await.unwrap_err();
    assert_eq!(kind(&error), "CloudError");
    assert!(error.message.contains(&vm) && error.message.contains("detach it first"), "{error}");
    assert_eq!(bench.volume_row(&disk)["virtualmachineid"], json!(vm));
    bench.ask("detach_disk", json!([vm, disk])).await.unwrap();
    for _ in 0..2 {
        bench.ask("delete_disk", json!([disk])).await.unwrap();
    }
    bench.ask("delete_disk", json!([NOWHERE])).await.unwrap();
    bench.ask("delete_disk", json!(["cpi-disk-none"])).await.unwrap();
    assert_eq!(bench.ask("has_disk", json!([disk])).await.unwrap(), false);
}

/// Growing in place; anything else the director does by copying.
#[tokio::test]
async fn resizing_only_grows() {
    let bench = Bench::new().await;
    let disk = bench.disk().await;
    bench.ask("resize_disk", json!([disk, 4097])).await.unwrap();
    assert_eq!(bench.volume_row(&disk)["size"], json!(5u64 << 30));
    bench.ask("resize_disk", json!([disk, 5120])).await.unwrap();
    let error = bench.ask("resize_disk", json!([disk, 4096])).await.unwrap_err();
    assert_eq!(kind(&error), "NotSupported", "{error}");
    let fixed =
        bench.ask("create_disk", json!([1, {"disk_offering": "Small"}, null])).await.unwrap();
    let error = bench.ask("resize_disk", json!([fixed, 9000])).await.unwrap_err();
    assert_eq!(kind(&error), "NotSupported", "{error}");
    assert!(error.message.contains("fixed size"), "{error}");
    let error = bench.ask("resize_disk", json!([NOWHERE, 9000])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotFound", "{error}");
}

/// A VM that is gone has no disks, and is told so.
#[tokio::test]
async fn the_disks_of_a_missing_vm_are_an_error() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    assert_eq!(bench.ask("get_disks", json!([vm])).await.unwrap(), json!([]));
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    for vm in [&vm, NOWHERE, "cpivm-none"] {
        let error = bench.ask("get_disks", json!([vm])).await.unwrap_err();
        assert_eq!(kind(&error), "VMNotFound", "{error}");
    }
}

/// To take the wrong disk is worse than to take none.
#[tokio::test]
async fn a_name_that_two_disks_have_is_refused() {
    let bench = Bench::new().await;
    let (one, two) = (bench.disk().await, bench.disk().await);
    for disk in [&one, &two] {
        bench.raw("updateVolume", &[("id", disk), ("name", "cpi-disk-twin")]);
    }
    let error = bench.ask("delete_disk", json!(["cpi-disk-twin"])).await.unwrap_err();
    assert!(error.message.contains(&one) && error.message.contains(&two), "{error}");
    assert_eq!(bench.rows("listVolumes", "volume", &[]).len(), 2);
}

/// The built-in world with pools and custom offerings that have tags.
fn tagged() -> simulator_cloudstack::World {
    let mut world = simulator_cloudstack::World::builtin().instant();
    for cluster in &mut world.zones[0].clusters {
        cluster.tags = Some("ssd,fast,replicated".into());
    }
    let custom = world.disk_offerings.iter().find(|row| row.name == "Custom").unwrap().clone();
    for (name, size, tags) in [
        ("quick", None, "ssd,fast"),
        ("safe", None, "ssd,replicated"),
        ("fixed", Some(5), "ssd,fast,local"),
    ] {
        let (name, tags) = (name.to_owned(), Some(tags.to_owned()));
        let row = simulator_cloudstack::world::DiskOfferingSpec {
            name,
            tags,
            size,
            id: None,
            ..custom.clone()
        };
        world.disk_offerings.push(row);
    }
    world
}

/// Tags choose the only custom offering that has them all; several, none, and a name beside
/// them are refused, and nothing is made.
#[tokio::test]
async fn storage_tags_choose_the_offering() {
    let bench = Bench::of(tagged(), "admin").await;
    for (tags, offering) in [(json!(["fast", "ssd"]), "quick"), (json!("replicated"), "safe")] {
        let disk = bench.ask("create_disk", json!([1024, {"storage_tags": tags}, null])).await;
        let row = bench.volume_row(disk.unwrap().as_str().unwrap());
        assert_eq!(row["diskofferingname"], offering);
    }
    let refused = [
        (json!({"storage_tags": ["ssd"]}), vec!["arguments[1].storage_tags", "quick, safe"]),
        (json!({"storage_tags": ["ssd", "local"]}), vec!["storage_tags", "'ssd,local'", "custom"]),
        (
            json!({"storage_tags": "fast", "disk_offering": "quick"}),
            vec!["disk_offering", "exclude each other"],
        ),
    ];
    for (properties, parts) in refused {
        let error = bench.ask("create_disk", json!([1024, properties, null])).await.unwrap_err();
        assert!(parts.iter().all(|part| error.message.contains(part)), "{error}");
    }
    assert_eq!(bench.rows("listVolumes", "volume", &[]).len(), 2);
}

/// The ephemeral disk's likewise; and a disk gets the offering that its new tags choose, where that
/// has those of its present one: others CloudStack refuses, and the director copies the disk.
#[tokio::test]
async fn storage_tags_of_ephemeral_disks_and_updates() {
    let bench = Bench::of(tagged(), "admin").await;
    let vm = json!({"disk": 2048, "ephemeral_storage_tags": ["fast"]});
    let made = bench.ask("create_vm", vm_arguments(vm, json!({}))).await.unwrap();
    let of = [("virtualmachineid", made[0].as_str().unwrap()), ("type", "DATADISK")];
    let disks = bench.rows("listVolumes", "volume", &of);
    assert_eq!((disks.len(), &disks[0]["diskofferingname"]), (1, &json!("quick")));
    assert_eq!(disks[0]["size"], json!(2u64 << 30));
    let both = json!({"ephemeral_storage_tags": "ssd", "ephemeral_disk_offering": "quick"});
    let error = bench.ask("create_vm", vm_arguments(both, json!({}))).await.unwrap_err();
    assert!(error.message.contains("arguments[2].ephemeral_storage_tags"), "{error}");

    let fast = json!({"storage_tags": "fast"});
    let disk = bench.ask("create_disk", json!([1024, fast, null])).await.unwrap();
    let safe = json!({"storage_tags": "replicated"});
    let error = bench.ask("update_disk", json!([disk, 1024, safe])).await.unwrap_err();
    assert_eq!(kind(&error), "NotSupported", "{error}");
    let plain =
        bench.ask("create_disk", json!([1024, {"disk_offering": "Custom"}, null])).await.unwrap();
    assert_eq!(bench.ask("update_disk", json!([plain, 1024, safe])).await.unwrap(), plain);
    assert_eq!(bench.volume_row(plain.as_str().unwrap())["diskofferingname"], "safe");
}

/// IOPS of an ephemeral disk reach it; an offering that does not let the caller choose, one of
/// the two alone, and a VM without such a disk are refused before anything is made.
#[tokio::test]
async fn ephemeral_disks_have_the_iops_that_are_asked_for() {
    let bench = Bench::new().await;
    let vm = |more: Value| {
        let mut vm = json!({"ephemeral_disk_offering": "bosh.iops", "disk": 2048,
                            "ephemeral_min_iops": 500, "ephemeral_max_iops": 2000});
        for (key, value) in more.as_object().unwrap() {
            vm[key] = value.clone();
        }
        vm_arguments(vm, json!({}))
    };
    for (more, part) in [
        (json!({"ephemeral_disk_offering": "Custom"}), "ephemeral_min_iops, arguments[2]"),
        (json!({"ephemeral_max_iops": null}), "go together"),
        (json!({"ephemeral_disk_offering": "", "disk": 0}), "no ephemeral disk"),
    ] {
        let error = bench.ask("create_vm", vm(more)).await.unwrap_err();
        assert!(error.message.contains(part), "{error}");
    }
    assert_eq!(bench.inventory(), Vec::<String>::new());
    let made = bench.ask("create_vm", vm(json!({}))).await.unwrap();
    let of = [("virtualmachineid", made[0].as_str().unwrap()), ("type", "DATADISK")];
    let disk = bench.rows("listVolumes", "volume", &of).remove(0);
    assert_eq!((&disk["miniops"], &disk["maxiops"]), (&json!(500), &json!(2000)));
}
