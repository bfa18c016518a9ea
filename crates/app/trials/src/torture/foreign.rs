//! What is none of the CPI's: another director's VM, disks and snapshot in the same account, and
//! a person's volume. None of it may be changed, deleted, or answered as the CPI's own.

use super::inventory::Inventory;
use super::scenario;
use super::stage::Stage;
use crate::cloud::{Disk, Vm};
use anyhow::Result;
use cpi_driver::AnswerError;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The other director.
const OTHER_DIRECTOR: &str = "another-director";

/// The last part of its VM's address.
const ADDRESS: u8 = 77;

/// Foreign things, and how they were at the start.
pub struct Foreign {
    before: Inventory,
    vms: Vec<(String, Option<Vm>)>,
    disks: Vec<(String, Option<Disk>)>,
    ids: BTreeSet<String>,
}

impl Foreign {
    /// Fills the cloud with them. What the CPI under trial does not implement is left out.
    pub fn make(stage: &Stage) -> Result<Self> {
        let other = stage.of_director(OTHER_DIRECTOR)?;
        let vm = implemented(make_vm(&other))?;
        let disks = [implemented(make_disk(&other))?, implemented(make_disk(&other))?];
        if let (Some(vm), Some(disk)) = (&vm, &disks[0]) {
            implemented(other.ask("attach_disk", json!([vm, disk])))?;
            implemented(other.ask("snapshot_disk", json!([disk, {}])))?;
        }
        if let Some(cloud) = stage.cloud.cloudstack() {
            cloud.make_volume("data-1")?;
        }
        Ok(Self {
            before: stage.inventory(),
            vms: vm.into_iter().map(|cid| (cid.clone(), stage.cloud.vm(&cid))).collect(),
            disks: disks
                .into_iter()
                .flatten()
                .map(|cid| (cid.clone(), stage.cloud.disk(&cid)))
                .collect(),
            ids: stage.cloud.ids(),
        })
    }

    /// What became of them that should not have; None where they are as they were.
    pub fn damage(&self, stage: &Stage) -> Option<String> {
        let gone = self.before.beyond(&stage.inventory());
        if !gone.is_empty() {
            return Some(format!("gone or changed: {}", gone.join(", ")));
        }
        let changed = self.vms.iter().find_map(|(cid, before)| {
            let now = stage.cloud.vm(cid);
            (now != *before).then(|| format!("VM {cid} was {before:?} and is {now:?}"))
        });
        if changed.is_some() {
            return changed;
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

fn make_vm(other: &Stage) -> Result<String> {
    let mut arguments = scenario::new_vm(other)?;
    arguments[3]["default"]["ip"] = Value::from(other.samples.ip(ADDRESS));
    let created = other.ask("create_vm", arguments)?;
    Ok(scenario::text(created.get(0).unwrap_or(&created)).to_owned())
}

fn make_disk(other: &Stage) -> Result<String> {
    Ok(scenario::text(&scenario::make_disk(other)?).to_owned())
}

/// What came of a call; None where the CPI does not implement it.
fn implemented<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(result) => Ok(Some(result)),
        Err(error) => match error.downcast_ref::<AnswerError>() {
            Some(answer) if answer.kind == "Bosh::Clouds::NotImplemented" => Ok(None),
            _ => Err(error),
        },
    }
}
