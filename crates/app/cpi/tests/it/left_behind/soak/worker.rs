//! One of a director's workers: it owns VMs, disks and snapshots, does something valid with them
//! at random, and looks whether what was answered is so.

use super::NETWORK;
use crate::left_behind::support::{Came, Director, Stage, cid, new_disk, new_vm};
use fastrand::Rng;
use serde_json::{Value, json};
use simulator_cloudstack::VolumeEntry;
use std::collections::BTreeMap;
use std::time::Duration;
use trials::driver::AnswerError;

/// Most VMs, disks and snapshots of one worker.
const MOST: [usize; 3] = [2, 4, 2];

/// One call in so many is killed, within this time.
const KILLED: u32 = 25;
const KILLED_WITHIN: u64 = 200;

pub struct Worker<'a> {
    stage: &'a Stage,
    director: &'a Director,
    stemcell: &'a str,
    rng: Rng,
    vms: Vec<Vm>,
    disks: Vec<Disk>,
    snapshots: Vec<String>,
    pub report: Report,
}

/// What became of the calls.
#[derive(Debug, Default)]
pub struct Report {
    calls: u64,
    /// By method.
    answered: BTreeMap<&'static str, u64>,
    /// By kind.
    pub errors: BTreeMap<String, u64>,
    pub killed: u64,
    pub no_capacity: u64,
}

struct Vm {
    cid: String,
    /// Its deletion was asked for, and may have been done.
    doomed: bool,
}

struct Disk {
    cid: String,
    gib: u64,
    on: On,
    /// Whether it was attached once: one that never was has no storage to take a snapshot of.
    used: bool,
    doomed: bool,
}

/// What a disk is attached to.
#[derive(Debug, Clone, PartialEq)]
enum On {
    Nothing,
    Vm(String),
    /// A call that was to change it was not answered well.
    Perhaps(String),
}

impl Report {
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.killed += other.killed;
        self.no_capacity += other.no_capacity;
        other.answered.into_iter().for_each(|(m, n)| *self.answered.entry(m).or_default() += n);
        other.errors.into_iter().for_each(|(k, n)| *self.errors.entry(k).or_default() += n);
    }
}

impl<'a> Worker<'a> {
    pub fn new(stage: &'a Stage, director: &'a Director, stemcell: &'a str, rng: Rng) -> Self {
        Self {
            stage,
            director,
            stemcell,
            rng,
            vms: Vec::new(),
            disks: Vec::new(),
            snapshots: Vec::new(),
            report: Report::default(),
        }
    }

    /// One call of a director.
    pub fn act(&mut self) {
        // What is not possible now makes room for another draw.
        while !match self.rng.u8(0..17) {
            0 | 1 => self.create_vm(),
            2 | 3 => self.create_disk(),
            4 | 5 => self.attach_disk(),
            6 => self.detach_disk(),
            7 => self.snapshot_disk(),
            8 => self.delete_snapshot(),
            9 => self.delete_disk(),
            10 => self.delete_vm(),
            11 => self.set_vm_metadata(),
            12 => self.set_disk_metadata(),
            13 => self.resize_disk(),
            14 => self.reboot_vm(),
            15 => self.ask_for_vm(),
            _ => self.ask_for_disk(),
        } {}
    }

    /// Asks until everything is gone; nothing fails any more.
    pub fn delete_everything(&mut self) {
        for snapshot in std::mem::take(&mut self.snapshots) {
            self.director.ask("delete_snapshot", json!([snapshot]));
        }
        for disk in std::mem::take(&mut self.disks) {
            if let On::Vm(vm) | On::Perhaps(vm) = &disk.on {
                let detached = self.director.call("detach_disk", json!([vm, disk.cid]));
                if let Err(error) = detached {
                    let expected = error.kind.ends_with("DiskNotAttached")
                        || (disk.doomed && error.kind.ends_with("DiskNotFound"));
                    assert!(expected && disk.on != On::Vm(vm.clone()), "{error}");
                }
            }
            self.director.ask("delete_disk", json!([disk.cid]));
        }
        for vm in std::mem::take(&mut self.vms) {
            self.director.ask("delete_vm", json!([vm.cid]));
        }
    }

    /// Calls, or kills the call. None unless it was answered with success.
    fn call(&mut self, method: &'static str, arguments: Value) -> Option<Value> {
        self.report.calls += 1;
        let came = if self.rng.u32(0..KILLED) == 0 {
            let after = Duration::from_millis(self.rng.u64(0..KILLED_WITHIN));
            self.director.call_and_kill(method, arguments, after)
        } else {
            Came::Answered(self.director.call(method, arguments))
        };
        match came {
            Came::Killed => {
                self.report.killed += 1;
                None
            }
            Came::Answered(Err(error)) => {
                self.judge(method, &error);
                None
            }
            Came::Answered(Ok(result)) => {
                *self.report.answered.entry(method).or_default() += 1;
                Some(result)
            }
        }
    }

    /// What is asked about is there, so that nothing else may be answered.
    fn judge(&mut self, method: &str, error: &AnswerError) {
        let kind = error.kind.trim_start_matches("Bosh::Clouds::");
        let possible = ["CloudError", "VMCreationFailed", "NoDiskSpace"];
        assert!(possible.contains(&kind), "{method}: {error}");
        self.report.no_capacity += u64::from(error.message.contains("with 533"));
        *self.report.errors.entry(kind.to_owned()).or_default() += 1;
    }

    fn create_vm(&mut self) -> bool {
        if self.vms.len() >= MOST[0] {
            return false;
        }
        if let Some(made) = self.call("create_vm", new_vm(self.stemcell, NETWORK)) {
            let cid = cid(&made);
            let there = self.stage.inventory().vms;
            assert!(there.iter().any(|vm| vm.id == cid && vm.state == "Running"), "{cid}");
            self.vms.push(Vm { cid, doomed: false });
        }
        true
    }

    fn delete_vm(&mut self) -> bool {
        let Some(at) = self.pick(self.vms.len()) else { return false };
        let vm = self.vms[at].cid.clone();
        if self.call("delete_vm", json!([vm])).is_none() {
            self.vms[at].doomed = true;
            for disk in self.disks.iter_mut().filter(|disk| disk.on == On::Vm(vm.clone())) {
                disk.on = On::Perhaps(vm.clone());
            }
            return true;
        }
        assert!(self.stage.inventory().vms.iter().all(|there| there.id != vm), "{vm}");
        self.vms.remove(at);
        for disk in self.disks.iter_mut().filter(|disk| disk.on != On::Nothing) {
            if let On::Vm(on) | On::Perhaps(on) = &disk.on
                && *on == vm
            {
                disk.on = On::Nothing;
            }
        }
        true
    }

    fn create_disk(&mut self) -> bool {
        if self.disks.len() >= MOST[1] {
            return false;
        }
        let gib = self.rng.u64(1..4);
        let near = self.a_vm();
        if let Some(made) = self.call("create_disk", new_disk(gib, near.as_deref())) {
            let disk = Disk { cid: cid(&made), gib, on: On::Nothing, used: false, doomed: false };
            assert_eq!(self.volume(&disk.cid).size, gib << 30);
            self.disks.push(disk);
        }
        true
    }

    fn attach_disk(&mut self) -> bool {
        let Some(vm) = self.a_vm() else { return false };
        let may = |disk: &Disk| disk.on == On::Nothing || disk.on == On::Perhaps(vm.clone());
        let Some(at) = self.a_disk(may) else { return false };
        let disk = self.disks[at].cid.clone();
        self.disks[at].on = On::Perhaps(vm.clone());
        if self.call("attach_disk", json!([vm, disk])).is_some() {
            assert_eq!(self.volume(&disk).vm.as_ref(), Some(&vm), "{disk} was just attached");
            self.disks[at].on = On::Vm(vm);
            self.disks[at].used = true;
        }
        true
    }

    fn detach_disk(&mut self) -> bool {
        let Some(at) = self.a_disk(|disk| matches!(disk.on, On::Vm(_))) else { return false };
        let (disk, on) = (self.disks[at].cid.clone(), self.disks[at].on.clone());
        let On::Vm(vm) = on else { return false };
        self.disks[at].on = On::Perhaps(vm.clone());
        if self.call("detach_disk", json!([vm, disk])).is_some() {
            assert_eq!(self.volume(&disk).vm, None, "{disk} was just detached");
            self.disks[at].on = On::Nothing;
        }
        true
    }

    fn delete_disk(&mut self) -> bool {
        let may = |disk: &Disk| disk.on == On::Nothing || disk.doomed;
        let Some(at) = self.disks.iter().position(may) else { return false };
        let disk = self.disks[at].cid.clone();
        if self.call("delete_disk", json!([disk])).is_none() {
            self.disks[at].doomed = true;
            return true;
        }
        assert!(self.stage.inventory().volumes.iter().all(|there| there.id != disk), "{disk}");
        self.disks.remove(at);
        true
    }

    fn resize_disk(&mut self) -> bool {
        let Some(at) = self.a_disk(|disk| disk.on == On::Nothing) else { return false };
        let (disk, gib) = (self.disks[at].cid.clone(), self.disks[at].gib + 1);
        if self.call("resize_disk", json!([disk, gib * 1024])).is_some() {
            assert_eq!(self.volume(&disk).size, gib << 30);
        }
        // One that failed may have grown; nobody may make it smaller again.
        self.disks[at].gib = gib;
        true
    }

    fn snapshot_disk(&mut self) -> bool {
        let Some(at) = self.a_disk(|disk| disk.used) else { return false };
        if self.snapshots.len() >= MOST[2] {
            return false;
        }
        let disk = self.disks[at].cid.clone();
        if let Some(made) = self.call("snapshot_disk", json!([disk, {"job": "db"}])) {
            let cid = cid(&made);
            assert!(self.stage.inventory().snapshots.iter().any(|it| it.id == cid), "{cid}");
            self.snapshots.push(cid);
        }
        true
    }

    fn delete_snapshot(&mut self) -> bool {
        let Some(at) = self.pick(self.snapshots.len()) else { return false };
        let snapshot = self.snapshots[at].clone();
        if self.call("delete_snapshot", json!([snapshot])).is_some() {
            assert!(self.stage.inventory().snapshots.iter().all(|it| it.id != snapshot));
            self.snapshots.remove(at);
        }
        true
    }

    fn set_vm_metadata(&mut self) -> bool {
        let Some(vm) = self.a_vm() else { return false };
        let index = self.rng.u8(0..4).to_string();
        self.call("set_vm_metadata", json!([vm, {"job": "db", "index": index, "name": "db/0"}]));
        true
    }

    fn set_disk_metadata(&mut self) -> bool {
        let Some(at) = self.a_disk(|_| true) else { return false };
        let (disk, index) = (self.disks[at].cid.clone(), self.rng.u8(0..4).to_string());
        self.call("set_disk_metadata", json!([disk, {"deployment": "cf", "index": index}]));
        true
    }

    fn reboot_vm(&mut self) -> bool {
        let Some(vm) = self.a_vm() else { return false };
        self.call("reboot_vm", json!([vm]));
        true
    }

    fn ask_for_vm(&mut self) -> bool {
        let Some(vm) = self.a_vm() else { return false };
        if self.rng.bool() {
            let there = self.call("has_vm", json!([vm]));
            assert!(there.is_none_or(|there| there == json!(true)), "{vm} is there");
            return true;
        }
        let Some(told) = self.call("get_disks", json!([vm])) else { return true };
        let told: Vec<String> = serde_json::from_value(told).unwrap();
        for disk in self.disks.iter().filter(|disk| !matches!(disk.on, On::Perhaps(_))) {
            assert_eq!(told.contains(&disk.cid), disk.on == On::Vm(vm.clone()), "{}", disk.cid);
        }
        true
    }

    fn ask_for_disk(&mut self) -> bool {
        let Some(at) = self.a_disk(|_| true) else { return false };
        let disk = self.disks[at].cid.clone();
        let there = self.call("has_disk", json!([disk]));
        assert!(there.is_none_or(|there| there == json!(true)), "{disk} is there");
        true
    }

    /// Any VM that nobody asked to delete.
    fn a_vm(&mut self) -> Option<String> {
        let vms: Vec<&Vm> = self.vms.iter().filter(|vm| !vm.doomed).collect();
        self.rng.choice(vms).map(|vm| vm.cid.clone())
    }

    /// Any disk like that, which nobody asked to delete.
    fn a_disk(&mut self, like: impl Fn(&Disk) -> bool) -> Option<usize> {
        let disks = self.disks.iter().enumerate();
        let disks: Vec<usize> =
            disks.filter(|(_, disk)| !disk.doomed && like(disk)).map(|(at, _)| at).collect();
        self.rng.choice(disks)
    }

    fn pick(&mut self, count: usize) -> Option<usize> {
        (count > 0).then(|| self.rng.usize(0..count))
    }

    fn volume(&self, cid: &str) -> VolumeEntry {
        let volumes = self.stage.inventory().volumes;
        volumes.into_iter().find(|volume| volume.id == cid).expect("it was answered")
    }
}
