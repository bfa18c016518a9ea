//! Every file under `manifests/` has only properties that the schema of the CPI knows, of the
//! types that it says.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::LazyLock;
use xtask::cloud_job::JOBS;
use xtask::conform::by_definition;
use xtask::{release, root};

const OPS: [&str; 5] =
    ["release.yml", "cpi.yml", "ca-cert.yml", "jumpbox.yml", "softlayer-cpi.yml"];
const CLOUD_CONFIGS: [&str; 4] =
    ["basic.yml", "advanced.yml", "advanced-security-groups.yml", "softlayer.yml"];

/// The names of the schema's definitions for one cloud.
struct Definitions {
    config: &'static str,
    vm: &'static str,
    disk: &'static str,
    network: &'static str,
}

/// Those of the cloud that a file is for.
fn definitions(file: &str) -> Definitions {
    match file.starts_with("softlayer") {
        true => Definitions {
            config: "SoftLayerProperties",
            vm: "SoftLayerVm",
            disk: "SoftLayerDisk",
            network: "SoftLayerNetwork",
        },
        false => Definitions {
            config: "CloudStackProperties",
            vm: "VmProperties",
            disk: "DiskProperties",
            network: "NetworkProperties",
        },
    }
}

fn read<T: DeserializeOwned>(path: &str) -> T {
    let file = root().join("manifests").join(path);
    let text = std::fs::read_to_string(&file).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// One step of an ops file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Op {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    value: Value,
}

fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let text = std::fs::read_to_string(root().join("docs/schema.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    });
    &SCHEMA
}

/// A hash is what the schema says, at every depth: names, types and choices.
fn known(hash: &Value, definition: &str, at: &str) {
    assert!(hash.is_object(), "{at} is no hash: {hash}");
    assert_eq!(by_definition(schema(), definition, hash, at), Vec::<String>::new());
}

/// The elements of a list in a file; none if there is no such list.
fn each<'a>(file: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    file[list].as_array().into_iter().flatten()
}

#[test]
fn cloud_configs_are_what_the_cpi_takes() {
    for name in CLOUD_CONFIGS {
        let file: Value = read(&format!("cloud-config/{name}"));
        let of = definitions(name);
        for list in ["azs", "vm_types", "vm_extensions", "disk_types"] {
            for thing in each(&file, list) {
                let at = format!("{name}: {list}.{}", thing["name"]);
                let properties = &thing["cloud_properties"];
                match list {
                    "disk_types" => known(properties, of.disk, &at),
                    _ => known(properties, of.vm, &at),
                }
            }
        }
        let mut networks = 0;
        for network in each(&file, "networks") {
            let own = (network["type"] == "vip").then_some(network).into_iter();
            for subnet in each(network, "subnets").chain(own) {
                let at = format!("{name}: networks.{}", network["name"]);
                known(&subnet["cloud_properties"], of.network, &at);
                networks += 1;
            }
        }
        assert!(networks > 0, "{name} has no network");
    }
}

/// What one part of a cloud-config names, another part has.
#[test]
fn cloud_configs_name_what_is_there() {
    for name in CLOUD_CONFIGS {
        let file: Value = read(&format!("cloud-config/{name}"));
        for (list, key) in [("azs", "az"), ("vm_types", "vm_type"), ("networks", "network")] {
            let wanted = &file["compilation"][key];
            assert!(each(&file, list).any(|thing| &thing["name"] == wanted), "{name}: {wanted}");
        }
    }
}

#[test]
fn the_cpi_config_is_what_the_cpi_takes() {
    let file: Value = read("cpi-config.yml");
    let cpis: Vec<_> = each(&file, "cpis").collect();
    assert_eq!(cpis.len(), 2);
    for cpi in cpis {
        assert_eq!(cpi["type"], "cloudstack", "the director looks for the job <type>_cpi");
        known(&cpi["properties"], definitions("").config, &cpi["name"].to_string());
    }
}

#[test]
fn ops_files_set_what_the_cpi_takes() {
    for name in OPS {
        let ops: Vec<Op> = read(name);
        assert!(!ops.is_empty(), "{name}");
        let of = definitions(name);
        for Op { kind, path, value } in ops {
            let at = format!("{name}: {path}");
            assert!(kind == "replace" && path.starts_with('/'), "{at}: {kind}");
            let last = path.rsplit('/').next().unwrap().trim_end_matches('?');
            match last {
                "cloudstack" | "softlayer" => known(&value, of.config, &at),
                "cloud_properties" if path.starts_with("/resource_pools/") => {
                    known(&value, of.vm, &at);
                }
                "cloud_properties" if path.starts_with("/disk_pools/") => {
                    known(&value, of.disk, &at);
                }
                "cloud_properties" => known(&value, of.network, &at),
                _ => {}
            }
            if let Some((_, property)) = path.trim_end_matches('?').split_once("/cloudstack/") {
                known(&json!({property: value}), of.config, &at);
            }
        }
    }
}

/// The ops files and the release agree on the names of release and job.
#[test]
fn ops_files_name_our_release() {
    for name in OPS.into_iter().filter(|name| *name != "ca-cert.yml") {
        let ops: Vec<Op> = read(name);
        let at = |path: &str| ops.iter().find(|op| op.path.starts_with(path));
        let release = at("/releases/").expect("a release");
        assert_eq!(release.value["name"], release::NAME, "{name}");
        let template = at("/cloud_provider/template").expect("a template");
        match &template.value {
            Value::String(text) => assert_eq!(text, release::NAME, "{name}"),
            job => {
                assert_eq!(job["release"], release::NAME, "{name}");
                assert!(JOBS.iter().any(|ours| job["name"] == ours.name), "{name}");
            }
        }
    }
}

/// A file that is added is checked here, or where it belongs to.
#[test]
fn every_manifest_is_checked() {
    let names = |dir: &str| -> Vec<PathBuf> {
        let dir = std::fs::read_dir(root().join("manifests").join(dir)).unwrap();
        dir.map(|entry| PathBuf::from(entry.unwrap().file_name())).collect()
    };
    // The rehearsal's manifest is read by the rehearsal's own tests.
    let elsewhere = ["cloud-config", "cpi-config.yml", "rehearsal.yml"];
    for (dir, known) in
        [("", [&OPS[..], &elsewhere].concat()), ("cloud-config", CLOUD_CONFIGS.into())]
    {
        for name in names(dir) {
            assert!(known.iter().any(|known| name == PathBuf::from(known)), "{}", name.display());
        }
    }
}
