//! Images of every format on every hypervisor, official stemcells for OpenStack, and an
//! agent.json of one's own.

use crate::images::{self, Builder, qemu_convert};
use crate::stemcell_stage::{Stage, at, serve, sha256};
use serde_json::json;
use simulator_cloudstack::World;
use std::path::PathBuf;

fn on(hypervisor: &'static str) -> impl FnOnce(&mut World) {
    move |world| world.zones.iter_mut().for_each(|zone| zone.hypervisor = hypervisor.into())
}

/// A disk in a format, named as `qemu-img` names it.
fn disk(stage: &Stage, format: &str, options: &[&str]) -> PathBuf {
    let noise: Vec<u8> = (0..70_000_u32).map(|n| (n * 31 % 251) as u8).collect();
    let mut bytes = [vec![0; 510], vec![0x55, 0xaa], noise].concat();
    bytes.resize(3 << 20, 0);
    let raw = stage.file("disk.raw", &bytes);
    let to = stage.folder.path().join("image");
    qemu_convert(&raw, &to, &[&["-f", "raw", "-O", format], options].concat());
    to
}

/// An OVA: a tar whose first file is the OVF.
fn ova(stage: &Stage) -> PathBuf {
    let vmdk = disk(stage, "vmdk", &["-o", "subformat=streamOptimized"]);
    std::fs::rename(vmdk, stage.folder.path().join("disk.vmdk")).unwrap();
    stage.file("stemcell.ovf", b"<?xml version='1.0'?><Envelope/>");
    stage.run("tar", &["--format=ustar", "-cf", "image", "stemcell.ovf", "disk.vmdk"]);
    stage.folder.path().join("image")
}

/// What becomes of an image.
enum Becomes {
    /// It goes as it is, as a template of this format.
    Same(&'static str),
    /// It is converted to one of this format.
    Converted(&'static str),
}

/// What a hypervisor takes goes as it is, and everything else is converted.
#[tokio::test]
async fn every_format_on_every_hypervisor() {
    use Becomes::{Converted, Same};
    if images::missing(&["qemu-img"]) {
        return;
    }
    let dynamic = ["-o", "subformat=dynamic,force_size=on"];
    let fixed = ["-o", "subformat=fixed,force_size=on"];
    let stream = ["-o", "subformat=streamOptimized"];
    let cases: [(&str, &str, &[&str], Becomes); 22] = [
        ("KVM", "qcow2", &["-c"], Same("QCOW2")),
        ("KVM", "raw", &[], Same("RAW")),
        ("KVM", "vpc", &dynamic, Converted("QCOW2")),
        ("KVM", "vpc", &fixed, Converted("QCOW2")),
        ("KVM", "vhdx", &[], Converted("QCOW2")),
        ("KVM", "vmdk", &[], Converted("QCOW2")),
        ("KVM", "vmdk", &stream, Converted("QCOW2")),
        ("KVM", "ova", &[], Converted("QCOW2")),
        ("XenServer", "vpc", &dynamic, Same("VHD")),
        ("XenServer", "vpc", &fixed, Same("VHD")),
        ("XenServer", "qcow2", &[], Converted("VHD")),
        ("XenServer", "raw", &[], Converted("VHD")),
        ("XenServer", "vhdx", &[], Converted("VHD")),
        ("Hyperv", "vhdx", &[], Same("VHDX")),
        ("Hyperv", "vpc", &dynamic, Same("VHD")),
        ("Hyperv", "qcow2", &[], Converted("VHD")),
        ("Hyperv", "vmdk", &[], Converted("VHD")),
        ("VMware", "ova", &[], Same("OVA")),
        ("VMware", "vmdk", &stream, Converted("OVA")),
        ("VMware", "qcow2", &[], Converted("OVA")),
        ("VMware", "vpc", &dynamic, Converted("OVA")),
        ("VMware", "raw", &[], Converted("OVA")),
    ];
    for (hypervisor, format, options, becomes) in cases {
        let stage = Stage::of(on(hypervisor)).await;
        let image = if format == "ova" { ova(&stage) } else { disk(&stage, format, options) };
        let about = json!({"hypervisor": hypervisor});
        let made = stage.create(&image, json!({}), about).await;
        let what = format!("{format} {options:?} on {hypervisor}");
        match (made, becomes) {
            (Ok(cid), Same(format)) => {
                let row = stage.templates().remove(0);
                assert_eq!(
                    (&row["format"], &row["hypervisor"]),
                    (&json!(format), &json!(hypervisor))
                );
                assert_eq!(stage.arrived(&cid), sha256(&image), "{what}");
            }
            (Ok(cid), Converted(format)) => {
                assert_eq!(stage.templates()[0]["format"], format, "{what}");
                assert_ne!(stage.arrived(&cid), sha256(&image), "{what}");
            }
            (made, _) => panic!("{what}: {made:?}"),
        }
        assert!(stage.left().is_empty(), "{what}: scratch files");
    }
}

/// What the operator has put somewhere in the hypervisor's own format is fetched from there.
#[tokio::test]
async fn formats_of_other_hypervisors_are_fetched() {
    if images::missing(&["qemu-img"]) {
        return;
    }
    for (hypervisor, format, extension) in
        [("XenServer", "vpc", "vhd"), ("Hyperv", "vhdx", "vhdx"), ("VMware", "ova", "ova")]
    {
        let draft = Stage::new().await;
        let image = if format == "ova" { ova(&draft) } else { disk(&draft, format, &[]) };
        let port = serve(std::fs::read(&image).unwrap()).await;
        let stage = Stage::of(|world| {
            at(port)(world);
            on(hypervisor)(world);
        });
        let stage = stage.await;
        let url = "http://images.example/images/x.{extension}";
        let plugin = json!({"stemcell": {"url_template": url}});
        let cid = stage.create(&image, plugin, json!({"hypervisor": hypervisor})).await.unwrap();
        assert_eq!(stage.arrived(&cid), sha256(&image), "{extension}");
        let row = stage.templates().remove(0);
        assert!(row["url"].as_str().unwrap().ends_with(extension), "{row}");
    }
}

/// The entry `image` of a stemcell in the official shape: a tgz with root.img.
fn official(stage: &Stage, format: &str) -> PathBuf {
    let raw = Builder::default().build(stage.folder.path());
    let root = stage.folder.path().join("root.img");
    let options: &[&str] = if format == "qcow2" { &["-c", "-o", "compat=0.10"] } else { &[] };
    qemu_convert(&raw, &root, &[&["-f", "raw", "-O", format], options].concat());
    stage.run("tar", &["-czf", "image", "root.img"]);
    stage.folder.path().join("image")
}

/// The stemcells that are published, as they are: those for OpenStack are changed on their way,
/// those for CloudStack arrive as they are.
#[tokio::test]
async fn official_stemcells_are_taken() {
    if images::missing(&["mke2fs", "sfdisk", "qemu-img"]) {
        return;
    }
    for format in ["qcow2", "raw"] {
        let stage = Stage::of(on("KVM")).await;
        let image = official(&stage, format);
        let whole = sha256(&stage.folder.path().join("root.img"));
        for infrastructure in ["openstack", "cloudstack"] {
            let about = json!({"infrastructure": infrastructure, "disk_format": format});
            let cid = stage.create(&image, json!({}), about).await.unwrap();
            let same = stage.arrived(&cid) == whole;
            assert_eq!(same, infrastructure == "cloudstack", "{format} {infrastructure}");
            assert_eq!(stage.templates()[0]["format"], format.to_uppercase());
            stage.bench.ask("delete_stemcell", json!([cid])).await.unwrap();
        }
        stage.assert_empty(format);
    }
}

/// The official stemcells on other hypervisors than KVM: the one for OpenStack where Xen or Hyper-V
/// is all that a zone has, the one for vSphere on VMware. Each is changed and converted; a zone
/// with KVM refuses what is for vSphere.
#[tokio::test]
async fn official_stemcells_beyond_kvm() {
    if images::missing(&["mke2fs", "sfdisk", "qemu-img"]) {
        return;
    }
    for (hypervisor, format) in [("XenServer", "VHD"), ("Hyperv", "VHD")] {
        let stage = Stage::of(on(hypervisor)).await;
        let image = official(&stage, "qcow2");
        let about = json!({"infrastructure": "openstack", "hypervisor": "kvm"});
        stage.create(&image, json!({}), about).await.unwrap();
        let template = stage.templates().remove(0);
        assert_eq!(
            (&template["format"], &template["hypervisor"]),
            (&json!(format), &json!(hypervisor))
        );
        assert!(stage.left().is_empty(), "scratch files");
    }
    let about = json!({"infrastructure": "vsphere", "hypervisor": "esxi"});
    let stage = Stage::of(on("VMware")).await;
    let image = vsphere(&stage);
    stage.create(&image, json!({}), about.clone()).await.unwrap();
    let template = stage.templates().remove(0);
    assert_eq!((&template["format"], &template["hypervisor"]), (&json!("OVA"), &json!("VMware")));
    assert!(stage.left().is_empty(), "scratch files");

    let stage = Stage::of(on("KVM")).await;
    let image = vsphere(&stage);
    let error = stage.create(&image, json!({}), about).await.unwrap_err();
    assert!(error.message.contains("the stemcell is for VMware"), "{error}");
    stage.assert_empty("refused");
}

/// An image as the stemcell builder makes it for vSphere: disk, manifest and descriptor in a tar,
/// in the order of their names.
fn vsphere(stage: &Stage) -> PathBuf {
    official(stage, "raw");
    let root = stage.folder.path().join("root.img");
    let vmdk = stage.folder.path().join("image-disk1.vmdk");
    qemu_convert(&root, &vmdk, &["-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized"]);
    stage.file("image.mf", b"SHA1(image.ovf)= 00\n");
    stage.file("image.ovf", b"<?xml version='1.0'?><Envelope/>");
    stage.run("tar", &["-czf", "image", "image-disk1.vmdk", "image.mf", "image.ovf"]);
    stage.folder.path().join("image")
}

/// What the stemcell builder calls `cloudstack-vhdx` is a bzip2 of a dynamic VHD: CloudStack
/// unpacks it for XenServer, and for KVM it is converted.
#[tokio::test]
async fn the_builder_s_own_stemcells_are_taken() {
    if images::missing(&["qemu-img"]) {
        return;
    }
    for (hypervisor, format) in [("XenServer", "VHD"), ("KVM", "QCOW2")] {
        let stage = Stage::of(on(hypervisor)).await;
        disk(&stage, "vpc", &["-o", "subformat=dynamic,force_size=on"]);
        stage.run("bzip2", &["image"]);
        let image = stage.folder.path().join("image.bz2");
        let about = json!({"hypervisor": hypervisor, "infrastructure": "cloudstack"});
        let cid = stage.create(&image, json!({}), about).await.unwrap();
        assert_eq!(stage.templates()[0]["format"], format);
        let same = stage.arrived(&cid) == sha256(&image);
        assert_eq!(same, hypervisor == "XenServer", "{hypervisor}");
        assert!(stage.left().is_empty(), "scratch files");
    }
}

/// A wrong agent.json would make VMs that nobody can reach.
#[tokio::test]
async fn an_agent_json_without_sources_is_refused() {
    let stage = Stage::new().await;
    let image = stage.image();
    for wrong in [json!("no JSON"), json!({"Platform": {}}), json!(7)] {
        let plugin = json!({"stemcell": {"agent_json": wrong}});
        let error = stage.create(&image, plugin, json!({})).await.unwrap_err();
        assert!(error.message.contains("stemcell.agent_json"), "{wrong}: {error}");
        stage.assert_empty("refused");
    }
}
