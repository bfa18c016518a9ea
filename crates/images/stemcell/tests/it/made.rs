//! What is made from nothing: light stemcells and config drives, the same bytes each time; and
//! what is told of a stemcell.

use crate::common::{Builder, OPENSTACK, missing, qemu_convert, run, scratch, text};
use serde_json::{Map, Value, json};
use std::fs;
use stemcell::config_drive::{self, ConfigDrive};
use stemcell::{AgentSettings, Filesystem, ImageFormat, Label, Manifest, UnpackOptions, inspect};

const LIGHT: &str = "cloudstack-light";

fn properties() -> Map<String, Value> {
    let value = json!({"template_id": "8a2b\u{e9}: \"x\"", "size": 5120});
    value.as_object().cloned().expect("an object")
}

/// A light stemcell is what `tar` and a YAML reader expect, twice the same, and known as light.
#[test]
fn a_light_stemcell() {
    if missing(&["tar"]) {
        return;
    }
    let scratch = scratch();
    let manifest = Manifest::light(
        "bosh-cloudstack-kvm-ubuntu-jammy",
        "1.484",
        "ubuntu-jammy",
        LIGHT,
        properties(),
    );
    let mut bytes = Vec::new();
    stemcell::lighten(&manifest, &mut bytes).expect("written");
    let mut again = Vec::new();
    stemcell::lighten(&manifest, &mut again).expect("written");
    assert!(bytes == again, "the same bytes");
    let tgz = scratch.path().join("light.tgz");
    fs::write(&tgz, &bytes).expect("write");
    assert_eq!(run("tar", &["-tzf", text(&tgz)]), "stemcell.MF\nimage\n");
    run("tar", &["-xzf", text(&tgz), "-C", text(scratch.path())]);
    assert_eq!(fs::read(scratch.path().join("image")).expect("image"), b"");
    let yaml = fs::read_to_string(scratch.path().join("stemcell.MF")).expect("manifest");
    assert!(yaml.contains("sha1: \"da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n"), "{yaml}");
    assert!(yaml.contains("version: \"1.484\"\n"), "{yaml}");
    assert_eq!(Manifest::parse(&yaml).expect("YAML"), manifest);
    let seen =
        inspect(&tgz, scratch.path(), &UnpackOptions::default(), &mut |_| ()).expect("light");
    assert!(seen.image.is_none() && seen.manifest.is_some_and(|manifest| manifest.is_light()));
}

/// From a heavy one: what it says stays, but for the image and the formats.
#[test]
fn a_stemcell_lightened() {
    let heavy = "name: x\nversion: 621.10\nsha1: sha256:abc\napi_version: 2\noperating_system: ubuntu-jammy\nstemcell_formats: [openstack-raw]\ncloud_properties: {disk: 5120, name: x}\nmore: [1, two]\n";
    let heavy = Manifest::parse(heavy).expect("manifest");
    assert_eq!(heavy.version, "621.10", "a version is a text, also where YAML sees a number");
    let light = heavy.lightened(LIGHT, properties());
    assert_eq!(light.stemcell_formats, ["cloudstack-light"]);
    assert_eq!(light.cloud_properties["disk"], 5120);
    assert_eq!(light.cloud_properties["size"], 5120);
    assert_eq!(light.other["more"], json!([1, "two"]));
    assert!(light.is_light());
    assert!(Manifest::parse("name: [").is_err());
    assert!(Manifest::parse("name: x").is_err_and(|error| error.to_string().contains("version")));
}

fn drive() -> ConfigDrive {
    let metadata = [
        ("instance-id", "5b1f"),
        ("local-hostname", "vm-1"),
        ("public-keys", "ssh-rsa AAAA bosh"),
        ("cloud-domain", ""),
    ];
    ConfigDrive {
        user_data: br#"{"agent_id":"1"}"#.repeat(1000),
        metadata: metadata.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        network_data: None,
    }
}

/// The config drive, read by two other programs: label, names and contents.
#[test]
fn a_config_drive() {
    let scratch = scratch();
    let iso = scratch.path().join("config.iso");
    let drive = drive();
    let mut bytes = Vec::new();
    drive.write(&mut bytes).expect("written");
    let mut again = Vec::new();
    drive.write(&mut again).expect("written");
    assert!(bytes == again, "the same bytes");
    fs::write(&iso, &bytes).expect("write");
    assert_eq!(stemcell::format_of(&iso).expect("format"), ImageFormat::Iso);
    if !missing(&["isoinfo"]) {
        let about = run("isoinfo", &["-d", "-i", text(&iso)]);
        assert!(about.contains("Volume id: config-2"), "{about}");
        assert!(about.contains("Rock Ridge signatures version 1 found"), "{about}");
        let names = run("isoinfo", &["-R", "-f", "-i", text(&iso)]);
        for path in drive.files().keys() {
            assert!(names.lines().any(|line| line == format!("/{path}")), "{path}: {names}");
            let content = run("isoinfo", &["-R", "-i", text(&iso), "-x", &format!("/{path}")]);
            assert!(content.as_bytes() == drive.files()[path], "{path}");
        }
    }
    if !missing(&["bsdtar"]) {
        let out = scratch.path().join("out");
        fs::create_dir(&out).expect("directory");
        run("bsdtar", &["-xf", text(&iso), "-C", text(&out)]);
        for (path, content) in drive.files() {
            assert!(fs::read(out.join(&path)).expect("file") == content, "{path}");
        }
    }
}

/// What CloudStack writes, and what it leaves out.
#[test]
fn the_files_of_a_config_drive() {
    let files = drive().files();
    assert!(files.contains_key("cloudstack/metadata/instance-id.txt"));
    assert!(!files.contains_key("cloudstack/metadata/cloud-domain.txt"), "empty ones are left out");
    assert_eq!(files[config_drive::USER_DATA], files["cloudstack/userdata/user_data.txt"]);
    let meta: Value = serde_json::from_slice(&files[config_drive::META_DATA]).expect("JSON");
    assert_eq!(meta["uuid"], "5b1f");
    assert_eq!(meta["public_keys"], json!({"bosh": "ssh-rsa AAAA bosh"}));
    let nothing = ConfigDrive::default().files();
    assert!(nothing.contains_key(config_drive::META_DATA), "the agent needs it to exist");
    assert!(!nothing.contains_key(config_drive::USER_DATA));
    let mut wrong = drive();
    wrong.metadata.insert("../../etc".to_owned(), "x".to_owned());
    assert!(wrong.write(Vec::new()).is_err());
}

/// Enough files that a directory takes more than one sector.
#[test]
fn a_large_directory_is_still_one() {
    if missing(&["bsdtar"]) {
        return;
    }
    let scratch = scratch();
    let mut drive = drive();
    for index in 0..60 {
        let name = format!("a-rather-long-name-of-a-value-{index}");
        drive.metadata.insert(name, index.to_string());
    }
    let iso = scratch.path().join("config.iso");
    drive.write(fs::File::create(&iso).expect("create")).expect("written");
    run("bsdtar", &["-xf", text(&iso), "-C", text(scratch.path())]);
    for (path, content) in drive.files() {
        assert!(fs::read(scratch.path().join(&path)).expect("file") == content, "{path}");
    }
}

/// What is told of an official stemcell before and after it is patched: its agent finds nothing
/// on CloudStack at first, and its settings on both kinds of networks afterwards.
#[test]
fn an_inspection() {
    if missing(&["mke2fs", "sfdisk", "qemu-img"]) {
        return;
    }
    let scratch = scratch();
    let builder = Builder {
        table: "label: gpt\nstart=2048, size=8192, type=U\nstart=10240, size=53248, type=L\n",
        root: (10240, 53248),
        ..Builder::default()
    };
    let raw = builder.build(scratch.path());
    let image = scratch.path().join("image");
    qemu_convert(&raw, &image, &["-O", "qcow2", "-c", "-o", "compat=0.10"]);
    let look = || {
        let options = UnpackOptions::default();
        let seen = inspect(&image, scratch.path(), &options, &mut |_| ()).expect("inspected");
        let report = seen.image.expect("an image");
        assert_eq!(report.format, ImageFormat::Qcow2);
        report.disk.expect("a disk")
    };
    let disk = look();
    assert_eq!((disk.size, disk.table.label), (32 << 20, Label::Gpt));
    assert_eq!(disk.table.partitions[1].filesystem, Some(Filesystem::Ext));
    let agent = disk.agent.expect("an agent");
    assert!(agent.program && agent.partition == 2);
    let told: Vec<String> = agent.sources.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "file /var/vcap/bosh/agent-bootstrap-env.json: nothing is there on CloudStack",
            "config drive, file ec2/latest/user-data: nothing is there on CloudStack",
            "HTTP http://169.254.169.254/latest/user-data: works if something of the operator's answers there",
        ]
    );
    let patched = stemcell::patch(&image, &AgentSettings::CloudStack).expect("patched");
    assert_eq!(patched.before.as_deref(), Some(OPENSTACK));
    let agent = look().agent.expect("an agent");
    let told: Vec<String> = agent.sources.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "config drive, file openstack/latest/user_data: works with a config drive",
            "HTTP http://data-server/latest/user-data: works with a virtual router",
        ]
    );
    let left = fs::read_dir(scratch.path()).expect("directory");
    let left = left.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    assert_eq!(left.filter(|name| name.starts_with("stemcell-image")).count(), 0);
}
