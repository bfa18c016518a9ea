//! What is none of the CPI's: another director's VM, disks and snapshot in the same account, and
//! a person's volume. None of it may be changed, deleted, or answered as the CPI's own.

use super::inventory::Inventory;
use super::scenario;
use super::stage::Stage;
use crate::cloud::{Disk, Vm};
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeSet;

/// The other director.
const OTHER_DIRECTOR: &str = "another-director";

/// The last part of its VM's address.
const ADDRESS: u8 = 77;

/// Foreign things, and how they were at the start.
pub struct Foreign {
    before: Inventory,
    vm: (String, Option<Vm>),
    disks: Vec<(String, Option<Disk>)>,
    ids: BTreeSet<String>,
}

impl Foreign {
    /// Fills the cloud with them.
    pub fn make(stage: &Stage) -> Result<Self> {
        let other = stage.of_director(OTHER_DIRECTOR)?;
        let mut arguments = scenario::new_vm(&other)?;
        arguments[3]["default"]["ip"] = Value::from(other.samples.ip(ADDRESS));
        let created = other.ask("create_vm", arguments)?;
        let vm = scenario::text(created.get(0).unwrap_or(&created)).to_owned();
        let used = scenario::make_disk(&other)?;
        other.ask("attach_disk", serde_json::json!([vm, used]))?;
        let free = scenario::make_disk(&other)?;
        other.ask("snapshot_disk", serde_json::json!([used, {}]))?;
        let disks = [used, free].map(|cid| scenario::text(&cid).to_owned());
        if let Some(cloud) = stage.cloud.cloudstack() {
            cloud.make_volume("data-1")?;
        }
        Ok(Self {
            before: stage.inventory(),
            vm: (vm.clone(), stage.cloud.vm(&vm)),
            disks: disks.map(|cid| (cid.clone(), stage.cloud.disk(&cid))).to_vec(),
            ids: stage.cloud.ids(),
        })
    }

    /// What became of them that should not have; None where they are as they were.
    pub fn damage(&self, stage: &Stage) -> Option<String> {
        let gone = self.before.beyond(&stage.inventory());
        if !gone.is_empty() {
            return Some(format!("gone or changed: {}", gone.join(", ")));
        }
        let (cid, before) = &self.vm;
        let now = stage.cloud.vm(cid);
        if now != *before {
            return Some(format!("VM {cid} was {before:?} and is {now:?}"));
        }
        self.disks.iter().find_map(|(cid, before)| {
            let now = stage.cloud.disk(cid);
            (now != *before).then(|| format!("disk {cid} was {before:?} and is {now:?}"))
        })
    }

    /// Whether what a method says it has made is one of them. A light stemcell's image is there
    /// before, and meant to be.
    pub fn is_in(&self, method: &str, result: &Value) -> bool {
        const MAKING: &[&str] = &["create_vm", "create_disk", "create_network", "snapshot_disk"];
        let cid = scenario::text(result.get(0).unwrap_or(result));
        MAKING.contains(&method) && self.ids.contains(cid)
    }
}
