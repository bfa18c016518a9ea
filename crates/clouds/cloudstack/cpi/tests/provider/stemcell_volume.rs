//! The route `volume`: the CPI runs on a VM of the cloud, and writes the image onto a volume.

use crate::bench::*;
use crate::images::{self, Builder};
use crate::stemcell_stage::{BASIC, Stage};
use serde_json::{Value, json};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// An agent.json of one's own.
fn own() -> Value {
    json!({"Infrastructure": {"Settings": {"Sources": [
        {"Type": "HTTP", "URI": "http://10.0.0.2:8080", "UserDataPath": "/user-data"},
    ]}}})
}

/// The volumes of imports, as they were left.
fn volumes(devices: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(devices).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// A cloud with the VM that the CPI runs on; its id, and the folder that is its `/dev/disk/by-id`.
async fn inside() -> (Stage, String, PathBuf) {
    let stage = Stage::new().await;
    let vm = stage.bench.vm().await;
    let devices = stage.folder.path().join("by-id");
    std::fs::create_dir(&devices).unwrap();
    stage.bench.simulator.cloud().show_disks(&vm, &devices);
    stage.bench.calls();
    (stage, vm, devices)
}

fn route(vm: &str, devices: &Path) -> Value {
    json!({"stemcell": {"route": "volume", "volume": {
        "vm": vm, "device_directory": devices, "device_timeout": 1,
    }}})
}

/// The template is of what was written, in the VM's zone and the others; nothing else stays.
#[tokio::test]
async fn an_image_is_written_onto_a_volume() {
    if images::missing(&["qemu-img"]) {
        return;
    }
    let (stage, vm, devices) = inside().await;
    let raw = stage.file("disk.raw", &[&[0; 510], &[0x55, 0xaa][..], &[9; 5 << 20]].concat());
    let image = stage.folder.path().join("root.img");
    images::qemu_convert(&raw, &image, &["-f", "raw", "-O", "qcow2", "-c"]);
    stage.run("tar", &["-czf", "image", "root.img"]);
    let mut plugin = route(&vm, &devices);
    plugin["stemcell"]["zones"] = json!([BASIC, "adv"]);
    let image = stage.folder.path().join("image");
    let cid = stage.create(&image, plugin, json!({})).await.unwrap();
    let rows = stage.templates();
    assert_eq!(rows.len(), 2, "a row per zone");
    assert!(rows.iter().all(|row| row["isready"] == true && row["id"] == json!(cid)), "{rows:?}");
    assert_eq!(rows[0]["displaytext"], "bosh-openstack-kvm-ubuntu-jammy-go_agent 1.2");
    assert_eq!(rows[0]["ostypename"], "Ubuntu 22.04 LTS");
    assert_eq!(
        stage.bench.calls(),
        // The disk offering and the zone of the VM are known since that was made.
        [
            "listZones",
            "listHypervisors",
            "listVirtualMachines",
            "listOsTypes",
            "createVolume",
            "attachVolume",
            "detachVolume",
            "createSnapshot",
            "createTemplate",
            "listTemplates",
            "listSnapshots",
            "deleteSnapshot",
            "listVolumes",
            "deleteVolume",
            "copyTemplate",
            "listTemplates",
            "createTags",
            "listTemplates",
        ]
    );

    let volumes = volumes(&devices);
    let [volume] = volumes.as_slice() else { panic!("{volumes:?}") };
    let written = std::fs::File::open(volume).unwrap();
    assert_eq!(written.metadata().unwrap().len(), 1 << 30, "whole GiB");
    let mut there = vec![0; 5 << 20];
    written.read_exact_at(&mut there, 512).unwrap();
    assert!(there.iter().all(|byte| *byte == 9));
    stage.bench.ask("delete_stemcell", json!([cid])).await.unwrap();
    stage.assert_empty("deleted");
}

/// What is on the disk in the end: an agent of a stemcell for OpenStack looks where CloudStack
/// has its settings; one of a stemcell for CloudStack is left alone; an operator's own
/// agent.json is written into any.
#[tokio::test]
async fn agents_are_told_where_their_settings_are() {
    if images::missing(&["mke2fs", "sfdisk", "qemu-img", "debugfs"]) {
        return;
    }
    let (stage, vm, devices) = inside().await;
    let raw = Builder::default().build(stage.folder.path());
    let root = stage.folder.path().join("root.img");
    images::qemu_convert(&raw, &root, &["-f", "raw", "-O", "qcow2", "-c", "-o", "compat=0.10"]);
    stage.run("tar", &["-czf", "stemcell-image", "root.img"]);
    let image = stage.folder.path().join("stemcell-image");
    let before: Value = serde_json::from_str(images::OPENSTACK).unwrap();
    let (config_drive, data_server) = ("openstack/latest/user_data", "http://data-server");
    let openstack = json!({"infrastructure": "openstack"});
    let cases = [
        (Value::Null, &openstack, None),
        (Value::Null, &json!({"infrastructure": "cloudstack"}), Some(before)),
        (own(), &openstack, Some(own())),
        (json!(own().to_string()), &json!({}), Some(own())),
    ];
    for (agent_json, about, wanted) in cases {
        let mut plugin = route(&vm, &devices);
        plugin["stemcell"]["agent_json"] = agent_json;
        stage.create(&image, plugin, about.clone()).await.unwrap();
        let volume = volumes(&devices).remove(0);
        let partition = format!("{}?offset={}", images::text(&volume), 2048 * 512);
        let text =
            images::run("debugfs", &["-R", &format!("cat {}", images::AGENT_JSON), &partition]);
        let there: Value = serde_json::from_str(&text).unwrap();
        match wanted {
            Some(wanted) => assert_eq!(there, wanted),
            None => {
                let sources = &there["Infrastructure"]["Settings"]["Sources"];
                assert_eq!(sources[0]["UserDataPath"], config_drive);
                assert_eq!(
                    (&sources[1]["URI"], &sources[1]["SSHKeysPath"]),
                    (&json!(data_server), &json!(""))
                );
                assert_eq!(there["Platform"]["Linux"]["DevicePathResolutionType"], "virtio");
            }
        }
        std::fs::remove_file(volume).unwrap();
    }
}

/// Whatever is missing for it is told, with what to do; and nothing stays.
#[tokio::test]
async fn what_the_volume_route_needs_is_told() {
    let (stage, vm, devices) = inside().await;
    let image = stage.file("disk.raw", &[&[0; 510], &[0x55, 0xaa][..], &[9; 4096]].concat());
    let elsewhere = stage.folder.path().join("elsewhere");
    let in_zone = |zone: &str| {
        let mut plugin = route(&vm, &devices);
        plugin["stemcell"]["zones"] = json!([zone]);
        plugin
    };
    for (plugin, said) in [
        (route(NOWHERE, &devices), "stemcell.volume.vm: VM '00000000-"),
        (route("inception", &devices), "VM 'inception' not found"),
        (in_zone("basic"), "a volume does not leave its zone"),
        (route(&vm, &elsewhere), "does the CPI run on that VM"),
        (
            json!({"stemcell": {"route": "volume", "volume": {"vm": vm, "disk_offering": "none"}}}),
            "stemcell.volume.disk_offering",
        ),
    ] {
        let error = stage.create(&image, plugin, json!({})).await.unwrap_err();
        assert!(error.message.contains(said), "{said}: {error}");
        stage.assert_empty(said);
    }
    let iso = stage.file("disk.iso", &[&[0; 32769], &b"CD001"[..], &[1; 4096]].concat());
    let error = stage.create(&iso, route(&vm, &devices), json!({})).await.unwrap_err();
    for said in ["disk.iso: ISO 9660 image", "qemu-img convert"] {
        assert!(error.message.contains(said), "{error}");
    }
    stage.assert_empty("an ISO");
}

/// Only KVM's guests see which disk is which volume.
#[tokio::test]
async fn the_volume_route_is_for_kvm() {
    let stage =
        Stage::of(|world| world.zones.iter_mut().for_each(|z| z.hypervisor = "XenServer".into()));
    let stage = stage.await;
    let plugin = json!({"stemcell": {"route": "volume"}});
    let about = json!({"hypervisor": "xen"});
    let error = stage.create(&stage.image(), plugin, about).await.unwrap_err();
    assert!(error.message.contains("needs KVM") && error.message.contains("XenServer"), "{error}");
    stage.assert_empty("refused");
}
