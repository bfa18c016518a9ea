//! What a director may believe of the cloud, from what it was answered.

use super::play::Draw;
use crate::left_behind::support::{Came, cid};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use trials::driver::AnswerError;

/// Never answered to anybody.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// What was ever answered, by CID.
#[derive(Debug, Default)]
pub struct Belief {
    /// In the order in which they were answered, which is the same whenever a sequence is played.
    made: Vec<String>,
    pub vms: BTreeMap<String, There>,
    pub disks: BTreeMap<String, Disk>,
    pub snapshots: BTreeMap<String, There>,
}

/// A call, of things that were answered once.
#[derive(Debug)]
pub struct Call {
    pub method: &'static str,
    pub vm: String,
    pub disk: String,
    pub snapshot: String,
    pub gib: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum There {
    Yes,
    /// Its deletion was asked for, and not answered well.
    Perhaps,
    No,
}

#[derive(Debug, Clone)]
pub struct Disk {
    pub there: There,
    /// The VMs that it may be attached to now.
    on: BTreeSet<Option<String>>,
    /// Those that it may be attached to once everything is repaired.
    pub at_last_on: BTreeSet<Option<String>>,
    /// The sizes that it may have, in GiB.
    pub gib: BTreeSet<u64>,
    /// Whether it was attached once, and so has storage of which a snapshot can be taken.
    used: There,
}

/// What may be answered.
enum May {
    Succeed,
    Answer(Value),
    Fail(&'static str),
}

impl There {
    pub fn may_be(self) -> bool {
        self != Self::No
    }

    fn may_not_be(self) -> bool {
        self != Self::Yes
    }
}

impl Belief {
    /// The call that was drawn.
    pub fn call(&self, draw: &Draw) -> Call {
        let pick = |there: &dyn Fn(&String) -> Option<There>, number: usize| {
            let wanted = |cid: &&String| there(cid).is_some_and(|it| it.may_be() != draw.stranger);
            let cids: Vec<_> = self.made.iter().filter(wanted).collect();
            let at = number.checked_rem(cids.len());
            at.map_or(NOBODY, |at| cids[at].as_str()).to_owned()
        };
        Call {
            method: draw.method,
            vm: pick(&|cid| self.vms.get(cid).copied(), draw.vm),
            disk: pick(&|cid| self.disks.get(cid).map(|disk| disk.there), draw.disk),
            snapshot: pick(&|cid| self.snapshots.get(cid).copied(), draw.snapshot),
            gib: draw.gib,
        }
    }

    /// Believes what came of a call, or tells why that cannot be. Where something went wrong
    /// during the call it may fail, and may have done its work all the same.
    pub fn learn(
        &mut self,
        call: &Call,
        came: Came,
        something_went_wrong: bool,
    ) -> Result<(), String> {
        let may = self.may(call);
        match came {
            Came::Killed => self.doubt(call),
            Came::Answered(Ok(result)) => {
                let expected = may.iter().any(|may| match may {
                    May::Succeed => true,
                    May::Answer(value) => *value == result,
                    May::Fail(_) => false,
                });
                if !expected {
                    return Err(format!("answered {result}"));
                }
                self.believe(call, &result)?;
            }
            Came::Answered(Err(error)) => {
                let kind = error.kind.trim_start_matches("Bosh::Clouds::");
                if may.iter().any(|may| matches!(may, May::Fail(expected) if *expected == kind)) {
                    self.believe_error(call, kind);
                } else if something_went_wrong && is_no_lie(&error) {
                    self.doubt(call);
                } else {
                    return Err(format!("answered {error}"));
                }
            }
        }
        Ok(())
    }

    fn may(&self, call: &Call) -> Vec<May> {
        let vm = self.vm(call);
        let disk = self.disks.get(&call.disk);
        let on_vm = |disk: &Disk| disk.on.contains(&Some(call.vm.clone()));
        let off_vm = |disk: &Disk| disk.on.iter().any(|on| on.as_ref() != Some(&call.vm));
        let mut may = Vec::new();
        let mut add = |is_so: bool, what: May| {
            if is_so {
                may.push(what);
            }
        };
        let here = disk.filter(|disk| disk.there.may_be());
        let no_disk = disk.is_none_or(|disk| disk.there.may_not_be());
        match call.method {
            "has_vm" => {
                add(vm.may_be(), May::Answer(json!(true)));
                add(vm.may_not_be(), May::Answer(json!(false)));
            }
            "has_disk" => {
                add(here.is_some(), May::Answer(json!(true)));
                add(no_disk, May::Answer(json!(false)));
            }
            "get_disks" | "reboot_vm" | "set_vm_metadata" => {
                add(vm.may_be(), May::Succeed);
                add(vm.may_not_be(), May::Fail("VMNotFound"));
            }
            "set_disk_metadata" => {
                add(here.is_some(), May::Succeed);
                add(no_disk, May::Fail("DiskNotFound"));
            }
            "attach_disk" => {
                let free = |disk: &Disk| disk.on.contains(&None) || on_vm(disk);
                let elsewhere = |disk: &Disk| off_vm(disk) && disk.on.iter().any(Option::is_some);
                add(vm.may_be() && here.is_some_and(free), May::Succeed);
                add(here.is_some_and(elsewhere), May::Fail("CloudError"));
                add(vm.may_not_be(), May::Fail("VMNotFound"));
                add(no_disk, May::Fail("DiskNotFound"));
            }
            "detach_disk" => {
                add(here.is_some_and(on_vm), May::Succeed);
                add(here.is_some_and(off_vm), May::Fail("DiskNotAttached"));
                add(no_disk, May::Fail("DiskNotFound"));
            }
            "delete_disk" => {
                let held = |disk: &Disk| disk.on.iter().any(Option::is_some);
                add(no_disk || here.is_some_and(|disk| disk.on.contains(&None)), May::Succeed);
                add(here.is_some_and(held), May::Fail("CloudError"));
            }
            "resize_disk" => {
                let smaller = |disk: &Disk| disk.gib.iter().any(|has| *has > call.gib);
                let larger = |disk: &Disk| disk.gib.iter().any(|has| *has <= call.gib);
                add(here.is_some_and(larger), May::Succeed);
                add(here.is_some_and(smaller), May::Fail("NotSupported"));
                add(no_disk, May::Fail("DiskNotFound"));
            }
            "snapshot_disk" => {
                add(here.is_some_and(|disk| disk.used.may_be()), May::Succeed);
                add(here.is_some_and(|disk| disk.used.may_not_be()), May::Fail("CloudError"));
                add(no_disk, May::Fail("DiskNotFound"));
            }
            _ => add(true, May::Succeed),
        }
        may
    }

    fn vm(&self, call: &Call) -> There {
        self.vms.get(&call.vm).copied().unwrap_or(There::No)
    }

    /// What a success tells.
    fn believe(&mut self, call: &Call, result: &Value) -> Result<(), String> {
        let on = Some(call.vm.clone());
        match call.method {
            "create_vm" => {
                let cid = self.new_cid(result)?;
                self.vms.insert(cid, There::Yes);
            }
            "snapshot_disk" => {
                let cid = self.new_cid(result)?;
                self.snapshots.insert(cid, There::Yes);
            }
            "create_disk" => {
                let (on, gib) = (BTreeSet::from([None]), BTreeSet::from([call.gib]));
                let at_last_on = on.clone();
                let disk = Disk { there: There::Yes, on, at_last_on, gib, used: There::No };
                let cid = self.new_cid(result)?;
                self.disks.insert(cid, disk);
            }
            "delete_vm" => self.lose_vm(&call.vm),
            "has_vm" if *result == json!(false) => self.lose_vm(&call.vm),
            "delete_snapshot" => {
                self.snapshots.entry(call.snapshot.clone()).and_modify(|there| *there = There::No);
            }
            "get_disks" => return self.check_disks_of(&call.vm, result),
            _ => {}
        }
        let Some(disk) = self.disks.get_mut(&call.disk) else { return Ok(()) };
        match call.method {
            "delete_disk" => disk.there = There::No,
            "has_disk" if *result == json!(false) => disk.there = There::No,
            "attach_disk" => {
                disk.used = There::Yes;
                disk.is_on(on);
            }
            "detach_disk" => disk.is_on(None),
            "resize_disk" => disk.gib = BTreeSet::from([call.gib]),
            _ => {}
        }
        Ok(())
    }

    fn new_cid(&mut self, result: &Value) -> Result<String, String> {
        let cid = cid(result);
        if self.made.contains(&cid) {
            return Err(format!("answered {cid}, which is not new"));
        }
        self.made.push(cid.clone());
        Ok(cid)
    }

    fn believe_error(&mut self, call: &Call, kind: &str) {
        let Some(disk) = self.disks.get_mut(&call.disk) else { return };
        match kind {
            "DiskNotAttached" => disk.is_not_on(&call.vm),
            "DiskNotFound" => disk.there = There::No,
            _ => {}
        }
    }

    /// What a call may have done that was not answered well.
    fn doubt(&mut self, call: &Call) {
        let vm = self.vm(call);
        let on = Some(call.vm.clone());
        match call.method {
            "delete_vm" if vm.may_be() => {
                self.vms.insert(call.vm.clone(), There::Perhaps);
                self.disks.values_mut().for_each(|disk| disk.may_be_off(&on));
            }
            "delete_snapshot" => {
                let there = self.snapshots.get_mut(&call.snapshot).filter(|it| it.may_be());
                there.into_iter().for_each(|there| *there = There::Perhaps);
            }
            _ => {}
        }
        let Some(disk) = self.disks.get_mut(&call.disk).filter(|disk| disk.there.may_be()) else {
            return;
        };
        match call.method {
            "delete_disk" if disk.on.contains(&None) => disk.there = There::Perhaps,
            "detach_disk" => disk.may_be_off(&on),
            "resize_disk" if disk.gib.iter().any(|has| *has < call.gib) => {
                disk.gib.insert(call.gib);
            }
            // It is undone at last, if it took effect.
            "attach_disk" if vm.may_be() && disk.on.contains(&None) => {
                disk.on.insert(on);
                if disk.used == There::No {
                    disk.used = There::Perhaps;
                }
            }
            _ => {}
        }
    }

    fn lose_vm(&mut self, vm: &str) {
        if let Some(there) = self.vms.get_mut(vm) {
            *there = There::No;
        }
        self.disks.values_mut().for_each(|disk| disk.is_not_on(vm));
    }

    fn check_disks_of(&self, vm: &str, told: &Value) -> Result<(), String> {
        let told: BTreeSet<String> =
            serde_json::from_value(told.clone()).map_err(|e| e.to_string())?;
        let on = Some(vm.to_owned());
        for (cid, disk) in &self.disks {
            let may_be = disk.there.may_be() && disk.on.contains(&on);
            let may_not_be = disk.there.may_not_be() || disk.on.iter().any(|it| *it != on);
            if !(if told.contains(cid) { may_be } else { may_not_be }) {
                return Err(format!("told {told:?}, but {cid} is believed to be {disk:?}"));
            }
        }
        match told.iter().find(|cid| !self.disks.contains_key(*cid)) {
            Some(cid) => Err(format!("told {cid}, which was never answered")),
            None => Ok(()),
        }
    }
}

impl Disk {
    fn is_on(&mut self, vm: Option<String>) {
        self.on = BTreeSet::from([vm]);
        self.at_last_on = self.on.clone();
    }

    fn is_not_on(&mut self, vm: &str) {
        for on in [&mut self.on, &mut self.at_last_on] {
            if on.remove(&Some(vm.to_owned())) {
                on.insert(None);
            }
        }
    }

    fn may_be_off(&mut self, vm: &Option<String>) {
        for on in [&mut self.on, &mut self.at_last_on] {
            if on.contains(vm) {
                on.insert(None);
            }
        }
    }
}

/// That something is not there is not to be said because somebody could not be reached.
fn is_no_lie(error: &AnswerError) -> bool {
    let kinds = ["CloudError", "VMCreationFailed", "NoDiskSpace"];
    kinds.contains(&error.kind.trim_start_matches("Bosh::Clouds::"))
}
