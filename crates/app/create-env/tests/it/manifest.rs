//! Manifests: what is read, and that all that is wrong is found at once, with its path.

use bosh_manifest::{Value, yaml};
use create_env::Manifest;
use create_env::manifest::{Folders, InvalidManifest, Location, Reading, Stemcell};
use serde_json::json;
use std::path::{Path, PathBuf};

const TOY: &str = include_str!("../files/toy.yml");

fn read(text: &str) -> Result<Manifest, InvalidManifest> {
    let folders = Folders { manifest: Path::new("/envs"), home: Some(Path::new("/home/me")) };
    Manifest::read(&document(text), Reading { folders, cpi_from_release: true })
}

fn document(text: &str) -> Value {
    yaml::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn problems(text: &str) -> Vec<String> {
    let error = read(text).err().unwrap_or_else(|| panic!("valid:\n{text}"));
    error.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_small_manifest_is_read() {
    let manifest = read(TOY).unwrap();
    assert_eq!(manifest.ignored, Vec::<String>::new());
    assert_eq!(
        manifest.releases[0].tarball.location,
        Location::File(PathBuf::from("/envs/toy-cpi.tgz"))
    );
    assert_eq!(
        json!(manifest.instance_group.networks_argument()),
        json!({"default": {
            "type": "manual", "ip": "10.0.0.6", "netmask": "255.255.255.0", "gateway": "10.0.0.1",
            "dns": ["10.0.0.2"], "default": ["dns", "gateway"], "cloud_properties": {"name": "net1"},
        }})
    );
    let disk = manifest.instance_group.disk.clone().unwrap();
    assert_eq!((disk.size.0, json!(disk.cloud_properties)), (2048, json!({"type": "fast"})));
    let provider = &manifest.cloud_provider;
    assert_eq!((provider.mbus.host(), provider.mbus.port()), ("10.0.0.6", 6868));
    assert_eq!(manifest.watch_time.most.as_secs(), 300);
    assert!(!format!("{provider:?}").contains("https://mbus:secret@10"), "{provider:?}");
}

#[test]
fn the_names_of_old_manifests_are_understood() {
    let old = TOY
        .replace(
            "  jobs: [{name: noop, release: toy-cpi}]",
            "  templates: [{name: noop, release: toy-cpi}]",
        )
        .replace("instance_groups:", "jobs:")
        .replace(
            "  template: {name: toy_cpi, release: toy-cpi}",
            "  templates: [{name: toy_cpi, release: toy-cpi}]",
        )
        .replace("  persistent_disk_pool: disks", "  persistent_disk: 512");
    let (old, new) = (read(&old).unwrap(), read(TOY).unwrap());
    assert_eq!(old.instance_group.jobs[0].reference, new.instance_group.jobs[0].reference);
    assert_eq!(old.cloud_provider, new.cloud_provider);
    assert_eq!(old.instance_group.disk.unwrap().size.0, 512);
}

#[test]
fn settings_without_a_meaning_are_named() {
    let text = TOY.replace("name: toy\n", "name: toy\nazs: [{name: z1}]\nfeatures: {}\n")
        + "  ssh_tunnel: {host: 10.0.0.6}\n  registry: {}\n";
    let ignored = read(&text).unwrap().ignored;
    assert_eq!(
        ignored,
        ["cloud_provider.ssh_tunnel", "cloud_provider.registry", "azs", "features"]
    );
}

#[test]
fn job_properties_that_are_empty_are_not_absent() {
    let text = TOY.replace(
        "{name: noop, release: toy-cpi}",
        "{name: noop, release: toy-cpi, properties: {}}",
    );
    assert_eq!(
        read(&text).unwrap().instance_group.jobs[0].properties,
        Some(serde_json::Map::new())
    );
    assert_eq!(read(TOY).unwrap().instance_group.jobs[0].properties, None);
}

#[test]
fn a_cpi_from_elsewhere_needs_no_release() {
    let text = TOY
        .replace("- {name: toy-cpi, url: \"file://toy-cpi.tgz\"}", "")
        .replace("  jobs: [{name: noop, release: toy-cpi}]", "  jobs: []")
        .replace(
            "stemcell: {url: \"file://stemcell.tgz\"}",
            "stemcell: {cloud_properties: {template: t}}",
        );
    let folders = Folders { manifest: Path::new("/envs"), home: None };
    let manifest =
        Manifest::read(&document(&text), Reading { folders, cpi_from_release: false }).unwrap();
    assert!(manifest.releases.is_empty());
    assert!(matches!(manifest.resource_pool.stemcell, Stemcell::Light { api_version: 3, .. }));
    assert!(problems(&text).iter().any(|problem| problem.starts_with("releases must have")));
}

/// One change to a good manifest, and all problems that follow from it.
#[test]
fn each_mistake_is_named_with_its_path() {
    let mbus = "mbus: https://mbus:secret@10.0.0.6:6868";
    let subnet = "range: 10.0.0.0/24, gateway: 10.0.0.1";
    let network = "networks: [{name: default, static_ips: [10.0.0.6]}]";
    let jobs = "jobs: [{name: noop, release: toy-cpi}]";
    let release = "- {name: toy-cpi, url: \"file://toy-cpi.tgz\"}";
    for (from, to, expected) in [
        ("name: toy\n", "name: ' '\n", vec!["name is required"]),
        (
            release,
            "- {name: toy-cpi, url: toy.tgz}",
            vec![
                "releases[0].url must be a URL: file:///absolute/path, file://path/beside/the/manifest, or http(s)://…",
            ],
        ),
        (
            release,
            "- {name: toy-cpi, url: 'https://h/toy.tgz'}",
            vec!["releases[0].sha1 is required for a download"],
        ),
        (release, "- {name: toy-cpi}", vec!["releases[0].url is required"]),
        (
            release,
            "- {name: toy-cpi, url: 'file:///a'}\n- {name: toy-cpi, url: 'file:///a'}",
            vec!["releases[1].name must be unique: 'toy-cpi' is there twice"],
        ),
        (
            "releases:\n",
            "releases: {}\nothers:\n",
            vec![
                "releases must be a list, found a map",
                "releases must have at least one item: the release of the CPI",
                "instance_groups[0].jobs[0].release 'toy-cpi' must be the name of a release in releases",
                "cloud_provider.template.release 'toy-cpi' must be the name of a release in releases",
            ],
        ),
        (
            subnet,
            "range: 10.0.0.0, gateway: 10.0.0.1",
            vec![
                "networks[0].subnets[0].range must be a range of IP addresses such as 10.0.0.0/24",
            ],
        ),
        (
            subnet,
            "range: 10.0.0.0/24, gateway: 10.0.1.1",
            vec!["networks[0].subnets[0].gateway '10.0.1.1' must be within the range 10.0.0.0/24"],
        ),
        (
            subnet,
            "range: 10.0.0.0/24, gateway: 10.0.0.255",
            vec!["networks[0].subnets[0].gateway must not be the range's last address 10.0.0.255"],
        ),
        (
            subnet,
            "range: 10.0.0.0/24, gateway: 10.0.0.0",
            vec!["networks[0].subnets[0].gateway must not be the network's address 10.0.0.0"],
        ),
        (
            subnet,
            "range: 10.0.0.0/24, gateway: gw",
            vec!["networks[0].subnets[0].gateway must be an IP address"],
        ),
        (
            subnet,
            "dns: []",
            vec![
                "networks[0].subnets[0].range is required",
                "networks[0].subnets[0].gateway is required",
            ],
        ),
        ("type: manual", "type: static", vec!["networks[0].type must be manual, dynamic or vip"]),
        (network, "networks: []", vec!["instance_groups[0].networks must have at least one item"]),
        (
            network,
            "networks: [{name: other}]",
            vec!["instance_groups[0].networks[0].name 'other' must be the name of a network"],
        ),
        (
            network,
            "networks: [{name: default, static_ips: [10.0.1.6]}]",
            vec![
                "instance_groups[0].networks[0].static_ips[0] '10.0.1.6' must be within the range of network 'default'",
            ],
        ),
        (
            network,
            "networks: [{name: default, static_ips: [x], default: [x]}]",
            vec![
                "instance_groups[0].networks[0].default[0] must be dns or gateway",
                "instance_groups[0].networks[0].static_ips[0] 'x' must be an IP address",
            ],
        ),
        (
            network,
            "networks: [{name: default}]",
            vec![
                "instance_groups[0].networks[0].static_ips must have an address, since the network is manual",
            ],
        ),
        (
            "resource_pool: vms",
            "resource_pool: other",
            vec!["instance_groups[0].resource_pool 'other' must be the name of a resource pool"],
        ),
        (
            "network: default\n",
            "network: other\n",
            vec!["resource_pools[0].network 'other' must be the name of a network"],
        ),
        (
            "stemcell: {url: \"file://stemcell.tgz\"}",
            "stemcell: {url: 'http://h/s.tgz'}",
            vec!["resource_pools[0].stemcell.sha1 is required for a download"],
        ),
        (
            "stemcell: {url: \"file://stemcell.tgz\"}",
            "other: {}",
            vec!["resource_pools[0].stemcell.url is required"],
        ),
        (
            "persistent_disk_pool: disks",
            "persistent_disk_pool: other",
            vec!["instance_groups[0].persistent_disk_pool 'other' must be the name of a disk pool"],
        ),
        (
            "persistent_disk_pool: disks",
            "persistent_disk: -1",
            vec!["instance_groups[0].persistent_disk must not be negative"],
        ),
        (
            "disk_size: 2048",
            "disk_size: 0",
            vec!["disk_pools[0].disk_size must be greater than 0 (MiB)"],
        ),
        (
            "disk_size: 2048",
            "disk_size: '2048'",
            vec![
                "disk_pools[0].disk_size must be a whole number, found a string: remove the quotes",
                "disk_pools[0].disk_size must be greater than 0 (MiB)",
            ],
        ),
        ("instances: 1", "instances: 2", vec!["instance_groups[0].instances must be 1"]),
        ("  instances: 1\n", "", vec!["instance_groups[0].instances is required, and must be 1"]),
        (
            "instances: 1",
            "instances: 1\n  lifecycle: errand",
            vec!["instance_groups[0].lifecycle must be 'service', 'errand' is not supported"],
        ),
        (jobs, "jobs: [{name: noop}]", vec!["instance_groups[0].jobs[0].release is required"]),
        (
            jobs,
            "jobs: [{name: a, release: toy-cpi}, {name: a, release: toy-cpi}]",
            vec!["instance_groups[0].jobs[1].name must be unique: 'a' is there twice"],
        ),
        (
            jobs,
            "jobs: [{name: noop, release: toy-cpi}]\n  templates: [{name: noop, release: toy-cpi}]",
            vec!["instance_groups[0].templates and jobs are both given, only one is allowed"],
        ),
        (
            jobs,
            "jobs: [{name: noop, release: toy-cpi, properties: {a: {n: 1}}}]",
            vec![
                "instance_groups[0].jobs[0].properties.a the key false is not a string; YAML reads words \
             such as yes, no, on, off, y and n as booleans: put it in quotes",
            ],
        ),
        (
            "instance_groups:",
            "update: {update_watch_time: 30000}\ninstance_groups:",
            vec!["update.update_watch_time must be two numbers of milliseconds: \"1000-30000\""],
        ),
        (
            "instance_groups:",
            "update: {update_watch_time: 3-1}\ninstance_groups:",
            vec!["update.update_watch_time must not end before it begins"],
        ),
        (
            "template: {name: toy_cpi, release: toy-cpi}",
            "template: {name: toy_cpi, release: x}",
            vec!["cloud_provider.template.release 'x' must be the name of a release in releases"],
        ),
        (
            "  template: {name: toy_cpi, release: toy-cpi}\n",
            "",
            vec!["cloud_provider.templates must name the CPI's job and its release"],
        ),
        (
            mbus,
            "mbus: http://mbus:secret@10.0.0.6:6868",
            vec!["cloud_provider.mbus must begin with https://"],
        ),
        (
            mbus,
            "mbus: https://10.0.0.6:6868",
            vec![
                "cloud_provider.mbus must have a user and a password: https://user:password@host:port",
            ],
        ),
        (
            "ca: \"-----BEGIN CERTIFICATE-----\\n-----END CERTIFICATE-----\\n\"",
            "ca: x",
            vec!["cloud_provider.cert.ca must be a certificate in PEM format"],
        ),
        (
            "instance_groups:\n",
            "tags: [a]\ninstance_groups:\n",
            vec!["tags must be a map, found a list"],
        ),
    ] {
        assert!(TOY.contains(from), "{from}");
        assert_eq!(problems(&TOY.replacen(from, to, 1)), expected, "{from} → {to}");
    }
}

#[test]
fn several_networks_need_one_default_for_each_purpose() {
    let two = |first: &str, second: &str| {
        TOY.replace(
            "networks: [{name: default, static_ips: [10.0.0.6]}]",
            &format!(
                "networks: [{{name: default, static_ips: [10.0.0.6]{first}}}, {{name: dyn{second}}}]"
            ),
        )
        .replace("instance_groups:", "- {name: dyn, type: dynamic, dns: [1.1.1.1]}\ninstance_groups:")
    };
    assert_eq!(
        problems(&two("", "")),
        [
            "instance_groups[0].networks must have one with default: [dns], since there are several",
            "instance_groups[0].networks must have one with default: [gateway], since there are several",
        ]
    );
    let manifest = read(&two(", default: [dns]", ", default: [gateway]")).unwrap();
    let main = manifest.instance_group.main_network().unwrap();
    assert_eq!(main.name, "dyn");
    let argument = json!(manifest.instance_group.networks_argument());
    assert_eq!(
        argument["dyn"],
        json!({
            "type": "dynamic", "dns": ["1.1.1.1"], "default": ["gateway"], "cloud_properties": {},
        })
    );
}

/// A document of the wrong shape must be an error, never a panic.
#[test]
fn what_is_no_manifest_at_all_is_an_error() {
    for text in ["", "a", "[]", "1", "{}", "name: []", "instance_groups: [[]]", "networks: [~]"] {
        assert!(!problems(text).is_empty() || text.is_empty(), "{text}");
    }
    assert_eq!(problems(""), ["the manifest must be a map, found null"]);
    assert_eq!(
        problems("{}"),
        [
            "name is required",
            "releases must have at least one item: the release of the CPI",
            "instance_groups must have one item: the group of the VM that is wanted",
            "cloud_provider is required",
        ]
    );
}
