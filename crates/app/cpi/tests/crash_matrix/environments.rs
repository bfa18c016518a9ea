//! The crash matrix of create-env with our CPI, on an embedded CloudStack whose VMs have agents:
//! see `test_support::environment::crashes`.

use create_env::CpiSource;
use serde_json::{Value, json};
use simulator_cloudstack::agents::Agents;
use simulator_cloudstack::{Running, Simulator, World};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use test_support::environment::crashes::Matrix;
use test_support::environment::worker::{Verb, work};
use test_support::environment::{Cloud, Parts, Site, Stage};

const CPI: &str = env!("CARGO_BIN_EXE_cpi");

/// What a test starts once more, to kill it.
#[test]
fn worker() {
    work();
}

struct CloudStack(Running);

impl Cloud for CloudStack {
    fn vms(&self) -> BTreeSet<String> {
        self.0.inventory().vms.into_iter().map(|vm| vm.id).collect()
    }

    /// Volumes that agents have formatted, or that no VM has: persistent disks.
    fn disks(&self) -> BTreeSet<String> {
        let volumes = self.0.inventory().volumes.into_iter().map(|volume| volume.id);
        volumes.filter(|volume| self.0.written_on(volume).is_some()).collect()
    }

    fn excess(&self, is_deployed: bool) -> Vec<String> {
        let found = self.0.inventory();
        // Root, ephemeral and persistent disk.
        let wanted = if is_deployed { 3 } else { 0 };
        let volumes = found.volumes.iter().map(|volume| format!("volume {}", volume.id));
        let others = [
            &found.snapshots,
            &found.templates,
            &found.networks,
            &found.addresses,
            &found.rules,
            &found.security_groups,
            &found.key_pairs,
        ];
        let others = others.into_iter().flatten().map(|entry| entry.id.clone());
        let volumes: Vec<String> = volumes.collect();
        if volumes.len() == wanted {
            others.collect()
        } else {
            volumes.into_iter().chain(others).collect()
        }
    }

    fn written_on(&self, disk: &str) -> Vec<String> {
        self.0.written_on(disk).unwrap_or_default()
    }

    /// Its jobs take long enough anyway.
    fn slow_down(&self, _: bool) {}
}

fn stage() -> Stage<CloudStack> {
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let cloud = Simulator::spawn_thread(World::builtin(), address).unwrap();
    cloud.keep_agents(Agents::Builtin).unwrap();
    let keys = cloud.credentials("admin").unwrap();
    let vm: fn(&str) -> Value = |kind| {
        let offering = if kind == "m1" { "Small Instance" } else { "Medium Instance" };
        json!({"compute_offering": offering, "disk": 4096, "ephemeral_disk_offering": "Custom"})
    };
    let disk: fn(&str) -> Value = |_| json!({"disk_offering": "Custom"});
    let site = Site {
        ip: "10.50.0.6",
        network: json!({"name": "bosh-net"}),
        vm,
        disk,
        stemcell: json!({"template": "CentOS 5.6 (64-bit) no GUI (Simulator)"}),
        properties: json!({"cloudstack": {"endpoint": cloud.endpoint(), "api_key": keys.api_key,
            "secret_access_key": keys.secret_key, "default_zone": "adv"}}),
        job: "cloudstack_cpi",
    };
    let arguments = ["--config", "{config}"].map(str::to_owned).to_vec();
    let cpi = CpiSource::Command { program: CPI.into(), arguments, plugin: None };
    Stage::set(|folder| (CloudStack(cloud), Parts::make(folder, site), cpi))
}

/// The whole life, without any death.
#[test]
fn an_environment_lives_on_cloudstack() {
    let stage = stage();
    stage.create();
    let (disk, vm) = (stage.disk(), stage.vm());
    let written = stage.cloud.written_on(&disk);
    assert_eq!((written.len(), stage.cloud.excess(true)), (1, Vec::new()));
    stage.act(Verb::Recreate).unwrap();
    assert_ne!(stage.vm(), vm);
    assert_eq!(stage.cloud.written_on(&disk)[..1], written);
    stage.act(Verb::Delete).unwrap();
    assert!(stage.is_empty());
}

fn crashes(names: &[&str]) {
    Matrix::new("environments::worker", &stage).play(names);
}

#[test]
#[ignore = "minutes: cargo test -p cpi --test crash_matrix -- --ignored"]
fn creating_on_cloudstack_survives_every_death() {
    crashes(&["create", "delete"]);
}

#[test]
#[ignore = "a quarter of an hour: cargo test -p cpi --test crash_matrix -- --ignored"]
fn changing_on_cloudstack_survives_every_death() {
    crashes(&["recreate", "move the disk", "grow the disk", "apply in place"]);
}
