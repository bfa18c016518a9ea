//! Images of every shape are patched: agent.json is as it should be, everything else is as it
//! was, and the tools of ext4 and qcow2 find nothing wrong.

use crate::common::{AGENT_JSON, Builder, missing, qemu_convert, run, scratch, text, try_run};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use stemcell::{AgentSettings, Patched, StemcellError, UnpackOptions, patch};

/// What keeps the virtual router's address known.
const SERVICE: [&str; 3] = [
    "/var/vcap/bosh/cloudstack-data-server.sh",
    "/etc/systemd/system/cloudstack-data-server.service",
    "/etc/systemd/system/multi-user.target.d/cloudstack-data-server.conf",
];
const DROP_INS: &str = "/etc/systemd/system/multi-user.target.d";

const TOOLS: &[&str] = &["mke2fs", "sfdisk", "qemu-img", "debugfs", "e2fsck"];

/// Patches an image of `builder` as qcow2 (or raw, where there are no options), and checks all
/// of it.
fn check(builder: &Builder, qemu_options: Option<&[&str]>) -> Patched {
    let scratch = scratch();
    let raw = builder.build(scratch.path());
    let before = crate::common::root_partition(&raw, builder.root, scratch.path());
    let before = crate::common::listing(&before, scratch.path());
    let image = match qemu_options {
        None => raw,
        Some(options) => {
            let image = scratch.path().join("root.qcow2");
            qemu_convert(&raw, &image, &[&["-O", "qcow2"], options].concat());
            image
        }
    };
    let patched = patch(&image, &AgentSettings::CloudStack).expect("patched");
    let after = sound(&image, builder, scratch.path());
    only_ours_differs(&before, &crate::common::listing(&after, scratch.path()));
    let dump = run("debugfs", &["-R", &format!("cat {AGENT_JSON}"), text(&after)]);
    assert_eq!(dump, patched.after);
    works_on_cloudstack(&patched.after);
    let services: &[&str] = if builder.systemd { &SERVICE } else { &[] };
    assert_eq!(patched.services, services);
    for path in services {
        let told = run("debugfs", &["-R", &format!("stat {path}"), text(&after)]);
        assert!(
            told.contains("Mode:  0644") && told.contains("User:     0   Group:     0"),
            "{told}"
        );
    }
    let again = patch(&image, &AgentSettings::CloudStack).expect("patched again");
    assert_eq!((again.written, &again.services), (0, &patched.services));
    patched
}

fn sound(image: &Path, builder: &Builder, scratch: &Path) -> PathBuf {
    if image.extension().is_some_and(|extension| extension == "qcow2") {
        run("qemu-img", &["check", "-q", text(image)]);
    }
    let partition = crate::common::root_partition(image, builder.root, scratch);
    run("e2fsck", &["-f", "-n", text(&partition)]);
    partition
}

fn only_ours_differs(before: &[(String, String)], after: &[(String, String)]) {
    let ours = |name: &str| name == AGENT_JSON || SERVICE.contains(&name) || name == DROP_INS;
    let others = |all: &[(String, String)]| -> Vec<(String, String)> {
        let others = all.iter().filter(|(name, _)| !ours(name));
        others.cloned().collect()
    };
    let (before, after) = (others(before), others(after));
    assert!(before.len() > 300, "the listing is not empty");
    let differences: Vec<_> = before.iter().filter(|entry| !after.contains(entry)).collect();
    assert_eq!(differences, [] as [&(String, String); 0]);
    assert_eq!(before.len(), after.len());
}

/// What the agent must be told, and what of the old file must stay.
fn works_on_cloudstack(text: &str) {
    let agent: Value = serde_json::from_str(text).expect("JSON");
    let sources = &agent["Infrastructure"]["Settings"]["Sources"];
    assert_eq!(sources[0]["Type"], "ConfigDrive");
    assert_eq!(sources[0]["UserDataPath"], "openstack/latest/user_data");
    assert_eq!(sources[0]["MetaDataPath"], "openstack/latest/meta_data.json");
    assert_eq!(sources[1]["URI"], "http://data-server");
    assert_eq!(sources[1]["UserDataPath"], "/latest/user-data");
    assert_eq!(sources[1]["SSHKeysPath"], "");
    assert_eq!(sources.as_array().map(Vec::len), Some(2));
    assert_eq!(agent["Platform"]["Linux"]["DevicePathResolutionType"], "virtio");
}

/// As `qemu-img` makes what the official stemcells have: compressed, for QEMU 0.10.
const COMPRESSED_V2: Option<&[&str]> = Some(&["-c", "-o", "compat=0.10"]);
const COMPRESSED_V3: Option<&[&str]> = Some(&["-c", "-o", "compat=1.1"]);

/// The shape of the official stemcells, from the tgz with `root.img` on.
#[test]
fn an_official_stemcell() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let builder = Builder::official();
    let raw = builder.build(scratch.path());
    let before = crate::common::root_partition(&raw, builder.root, scratch.path());
    let before = crate::common::listing(&before, scratch.path());
    qemu_convert(
        &raw,
        &scratch.path().join("root.img"),
        &["-O", "qcow2", "-c", "-o", "compat=0.10"],
    );
    let tgz = scratch.path().join("image");
    run("tar", &["-czf", text(&tgz), "-C", text(scratch.path()), "root.img"]);

    let source = stemcell::open(&tgz).expect("open");
    let options = UnpackOptions::default();
    let unpacked =
        stemcell::unpack(source, scratch.path(), &options, &mut |_| ()).expect("unpacked");
    let image = scratch.path().join("patched.qcow2");
    unpacked.image.persist(&image).expect("kept");
    let patched = patch(&image, &AgentSettings::CloudStack).expect("patched");

    assert_eq!((patched.partition, patched.file.as_str()), (1, AGENT_JSON));
    assert!(patched.written < 1 << 20, "{} bytes were written", patched.written);
    let after = sound(&image, &builder, scratch.path());
    only_ours_differs(&before, &crate::common::listing(&after, scratch.path()));
    works_on_cloudstack(&patched.after);
}

/// The official stemcell for vSphere: its VMDK is converted, patched, and written into an OVA, in
/// which nothing else differs.
#[test]
fn an_official_stemcell_for_vsphere() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let at = |name: &str| scratch.path().join(name);
    let builder = Builder::default();
    let raw = builder.build(scratch.path());
    let before = crate::common::root_partition(&raw, builder.root, scratch.path());
    let before = crate::common::listing(&before, scratch.path());
    let stream = ["-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized"];
    qemu_convert(&raw, &at("image-disk1.vmdk"), &stream);
    for name in ["image.mf", "image.ovf"] {
        fs::write(at(name), "x").expect("written");
    }
    let names = ["image-disk1.vmdk", "image.mf", "image.ovf"];
    let tgz = at("image");
    run("tar", &[&["-czf", text(&tgz), "-C", text(scratch.path())], &names[..]].concat());
    let source = stemcell::open(&tgz).expect("open");
    let options = UnpackOptions::default();
    let unpacked =
        stemcell::unpack(source, scratch.path(), &options, &mut |_| ()).expect("unpacked");
    assert_eq!(unpacked.format, stemcell::ImageFormat::VmdkStream);
    let error = patch(&unpacked.image, &AgentSettings::CloudStack).expect_err("not in place");
    assert!(error.to_string().contains("convert it"), "{error}");
    let (qcow2, ova) = (at("patchable.qcow2"), at("patched.ova"));
    stemcell::convert(&unpacked.image, &qcow2, stemcell::Target::Qcow2, &mut |_| ()).expect("read");
    let patched = patch(&qcow2, &AgentSettings::CloudStack).expect("patched");
    works_on_cloudstack(&patched.after);
    stemcell::convert(&qcow2, &ova, stemcell::Target::Ova, &mut |_| ()).expect("written");
    fs::remove_file(at("image-disk1.vmdk")).expect("removed");
    run("tar", &["-xf", text(&ova), "-C", text(scratch.path())]);
    run("qemu-img", &["check", "-q", text(&at("image-disk1.vmdk"))]);
    let after = at("after.raw");
    qemu_convert(&at("image-disk1.vmdk"), &after, &["-f", "vmdk", "-O", "raw"]);
    let after = crate::common::root_partition(&after, builder.root, scratch.path());
    run("e2fsck", &["-f", "-n", text(&after)]);
    only_ours_differs(&before, &crate::common::listing(&after, scratch.path()));
}

/// An image without systemd gets no service that nobody would start.
#[test]
fn without_systemd_there_is_no_service() {
    if !missing(TOOLS) {
        check(&Builder { systemd: false, ..Builder::default() }, None);
    }
}

#[test]
fn raw() {
    if !missing(TOOLS) {
        check(&Builder::default(), None);
    }
}

#[test]
fn qcow2_of_both_versions_compressed_or_not() {
    if missing(TOOLS) {
        return;
    }
    check(&Builder::default(), COMPRESSED_V2);
    check(&Builder::default(), COMPRESSED_V3);
    check(&Builder::default(), Some(&["-o", "compat=0.10"]));
    check(&Builder::default(), Some(&["-o", "compat=1.1,cluster_size=4096"]));
}

#[test]
fn gpt_with_an_efi_partition() {
    if missing(TOOLS) {
        return;
    }
    let builder = Builder {
        table: "label: gpt\nstart=2048, size=8192, type=U\nstart=10240, size=53248, type=L\n",
        root: (10240, 53248),
        ..Builder::default()
    };
    assert_eq!(check(&builder, COMPRESSED_V2).partition, 2);
}

#[test]
fn a_second_and_a_logical_partition() {
    if missing(TOOLS) {
        return;
    }
    let second = Builder {
        table: "label: dos\nstart=2048, size=2048, type=82\nstart=4096, size=61440, type=83\n",
        root: (4096, 61440),
        ..Builder::default()
    };
    assert_eq!(check(&second, COMPRESSED_V2).partition, 2);
    let logical = Builder {
        table: "label: dos\nstart=2048, size=63488, type=5\nstart=4096, size=2048, type=82\nstart=8192, size=57344, type=83\n",
        root: (8192, 57344),
        ..Builder::default()
    };
    assert_eq!(check(&logical, COMPRESSED_V2).partition, 6);
}

#[test]
fn no_partition_table() {
    if missing(TOOLS) {
        return;
    }
    let builder = Builder { table: "", root: (0, 65536), ..Builder::default() };
    assert_eq!(check(&builder, None).partition, 0);
}

#[test]
fn blocks_of_1_and_4_kib() {
    if missing(TOOLS) {
        return;
    }
    for block in [&["-b", "1024"], &["-b", "4096"]] {
        let builder = Builder { mke2fs: block, ..Builder::default() };
        check(&builder, COMPRESSED_V2);
    }
}

#[test]
fn with_and_without_journal_checksums_and_64bit() {
    if missing(TOOLS) {
        return;
    }
    let features: [&[&str]; 6] = [
        &["-O", "^has_journal"],
        &["-O", "^metadata_csum,^64bit"],
        &["-O", "^metadata_csum,uninit_bg,^64bit"],
        &["-O", "metadata_csum,64bit,metadata_csum_seed"],
        &["-O", "^extent,^64bit", "-b", "4096"],
        &["-O", "^metadata_csum,^flex_bg,^resize_inode,^dir_index", "-I", "128"],
    ];
    for mke2fs in features {
        let builder = Builder { mke2fs, ..Builder::default() };
        check(&builder, COMPRESSED_V2);
    }
}

/// An image without agent.json gets one; it is root's, and readable.
#[test]
fn a_missing_agent_json_is_made() {
    if missing(TOOLS) {
        return;
    }
    let builder = Builder { agent_json: false, ..Builder::default() };
    let patched = check(&builder, COMPRESSED_V2);
    assert_eq!(patched.before, None);
}

/// What is already as it should be is not written again.
#[test]
fn a_second_patch_writes_nothing() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let image = Builder::default().build(scratch.path());
    let first = patch(&image, &AgentSettings::CloudStack).expect("patched");
    let bytes = fs::read(&image).expect("image");
    let second = patch(&image, &AgentSettings::CloudStack).expect("patched again");
    assert!(first.written > 0);
    assert_eq!(second.written, 0);
    assert!(bytes == fs::read(&image).expect("image"), "nothing changed");
}

/// A caller's own agent.json is written as it is, however large; without sources it is refused.
#[test]
fn an_agent_json_of_ones_own() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let image = Builder::default().build(scratch.path());
    let own = json!({
        "Infrastructure": {"Settings": {"Sources": [{"Type": "HTTP", "URI": "http://x"}]}},
        "Padding": "x".repeat(100_000),
    });
    let settings = AgentSettings::own(&own.to_string()).expect("settings");
    let patched = patch(&image, &settings).expect("patched");
    assert_eq!(serde_json::from_str::<Value>(&patched.after).expect("JSON"), own);
    sound(&image, &Builder::default(), scratch.path());
    let error = AgentSettings::own("{}").expect_err("no sources");
    assert!(error.to_string().contains("Sources"), "{error}");
}

/// Refused with the reason, and the image is as it was.
fn refused(image: &Path, reason: &str) {
    let before = fs::read(image).expect("image");
    let error = patch(image, &AgentSettings::CloudStack).expect_err("refused");
    assert!(error.to_string().contains(reason), "{error}");
    assert!(before == fs::read(image).expect("image"), "the image is as it was");
}

/// A journal with a transaction in it that was not replayed, as after a crash: `debugfs` writes
/// the block of /etc/hostname into it.
fn dirty_journal(scratch: &Path, builder: &Builder, open: &str) -> PathBuf {
    let raw = builder.build(scratch);
    let partition = crate::common::root_partition(&raw, builder.root, scratch);
    let block = run("debugfs", &["-R", "blocks /etc/hostname", text(&partition)]);
    let block = block.trim().to_owned();
    let content = scratch.join("block");
    let mut bytes = b"from-the-journal\n".to_vec();
    bytes.resize(4096, 0);
    fs::write(&content, bytes).expect("block");
    let commands = scratch.join("commands");
    fs::write(&commands, format!("{open}\njw -b {block} {}\njc\n", text(&content)))
        .expect("commands");
    run("debugfs", &["-w", "-f", text(&commands), text(&partition)]);
    let stats = run("debugfs", &["-R", "stats -h", text(&partition)]);
    assert!(stats.contains("needs_recovery"), "{stats}");
    raw
}

/// A dirty journal is replayed, not lost: what was in it is in its file afterwards.
#[test]
fn a_dirty_journal_is_replayed() {
    if missing(TOOLS) {
        return;
    }
    replayed(&["-b", "4096"], "jo");
    replayed(&["-b", "4096"], "jo -c -v 3");
    replayed(&["-b", "4096", "-O", "^metadata_csum,^64bit"], "jo");
}

fn replayed(mke2fs: &'static [&'static str], open: &str) {
    let scratch = scratch();
    let builder = Builder { mke2fs, ..Builder::default() };
    let raw = dirty_journal(scratch.path(), &builder, open);
    let image = scratch.path().join("root.qcow2");
    qemu_convert(&raw, &image, &["-O", "qcow2", "-c", "-o", "compat=0.10"]);
    patch(&image, &AgentSettings::CloudStack).expect("patched");
    let after = sound(&image, &builder, scratch.path());
    let hostname = run("debugfs", &["-R", "cat /etc/hostname", text(&after)]);
    assert!(hostname.starts_with("from-the-"), "{hostname}");
    works_on_cloudstack(&run("debugfs", &["-R", &format!("cat {AGENT_JSON}"), text(&after)]));
}

/// A filesystem that knows of its errors is not made worse.
#[test]
fn a_filesystem_with_errors_is_refused() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let builder = Builder { mke2fs: &["-O", "^metadata_csum"], ..Builder::default() };
    let image = builder.build(scratch.path());
    let file = fs::File::options().write(true).open(&image).expect("open");
    let state = builder.root.0 * 512 + 1024 + 0x3a;
    file.write_all_at(&[3, 0], state).expect("write");
    refused(&image, "e2fsck -f");
}

/// Other filesystems and shapes are refused, each with its reason.
#[test]
fn other_shapes_are_refused_with_the_reason() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let magics: [(u64, &[u8], &str); 5] = [
        (0, b"XFSB", "XFS"),
        (0x10040, b"_BHRfS_M", "Btrfs"),
        (512, b"LABELONE", "logical volume"),
        (0, b"LUKS\xba\xbe", "encrypted"),
        (9000, b"nothing", "unknown filesystem"),
    ];
    for (offset, magic, reason) in magics {
        let image = Builder::default().build(scratch.path());
        let file = fs::File::options().write(true).open(&image).expect("open");
        let start = 2048 * 512;
        file.write_all_at(&vec![0; 128 << 10], start).expect("clear");
        file.write_all_at(magic, start + offset).expect("magic");
        refused(&image, reason);
        fs::remove_dir_all(scratch.path().join("tree")).expect("tree");
    }
    let image = Builder::default().build(scratch.path());
    let vhd = scratch.path().join("disk.vhd");
    qemu_convert(&image, &vhd, &["-O", "vpc"]);
    refused(&vhd, "convert it to qcow2 or raw first");
}

/// An image must not make us open files that it names.
#[test]
fn a_backing_file_is_not_followed() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let raw = Builder::default().build(scratch.path());
    let image = scratch.path().join("over.qcow2");
    run("qemu-img", &["create", "-q", "-f", "qcow2", "-F", "raw", "-b", text(&raw), text(&image)]);
    refused(&image, "backing file");
}

/// Features of qcow2 that we do not know are refused, not guessed.
#[test]
fn newer_qcow2_is_refused() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let raw = Builder::default().build(scratch.path());
    let image = scratch.path().join("new.qcow2");
    let extended = "compat=1.1,extended_l2=on,cluster_size=131072";
    qemu_convert(&raw, &image, &["-O", "qcow2", "-o", extended]);
    refused(&image, "features that we do not know");
}

/// A qcow2 that lost its end is told as truncated or damaged, and never panics.
#[test]
fn a_truncated_qcow2_is_an_error() {
    if missing(TOOLS) {
        return;
    }
    let scratch = scratch();
    let raw = Builder::default().build(scratch.path());
    let whole = scratch.path().join("whole.qcow2");
    qemu_convert(&raw, &whole, &["-O", "qcow2", "-c", "-o", "compat=0.10"]);
    let bytes = fs::read(&whole).expect("image");
    for length in [80, 4096, 70_000, 200_000, bytes.len() * 2 / 3] {
        let image = scratch.path().join("cut.qcow2");
        fs::write(&image, &bytes[..length]).expect("write");
        match patch(&image, &AgentSettings::CloudStack) {
            Err(
                StemcellError::Truncated { .. }
                | StemcellError::Damaged { .. }
                | StemcellError::Filesystem { .. },
            ) => {}
            other => panic!("{length}: {other:?}"),
        }
    }
    let check = try_run("qemu-img", &["check", "-q", text(&whole)]);
    assert!(check.status.success());
}
