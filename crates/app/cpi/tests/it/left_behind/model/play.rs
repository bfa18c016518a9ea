//! Playing a call, with what goes wrong during it.

use super::belief::Call;
use crate::left_behind::support::{Came, Director, Stage, new_disk, new_vm};
use proptest::prelude::*;
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use std::thread;
use std::time::Duration;

/// How long a call that takes effect late takes.
const LATE: Duration = Duration::from_millis(100);

/// What is drawn for a call. The numbers choose among what the director believes to be there.
#[derive(Debug, Clone, Default)]
pub struct Draw {
    pub method: &'static str,
    pub vm: usize,
    pub disk: usize,
    pub snapshot: usize,
    pub gib: u64,
    /// Something is named instead that is gone, or never was.
    pub stranger: bool,
}

/// What every sequence begins with, so that there is something to go wrong with.
pub const FURNITURE: &[&str] =
    &["create_vm", "create_disk", "attach_disk", "create_vm", "create_disk"];

/// What changes attachments stands here more often than the rest.
const METHODS: &[&str] = &[
    "attach_disk",
    "detach_disk",
    "delete_vm",
    "create_vm",
    "attach_disk",
    "detach_disk",
    "create_disk",
    "delete_disk",
    "attach_disk",
    "snapshot_disk",
    "snapshot_disk",
    "delete_snapshot",
    "resize_disk",
    "get_disks",
    "has_vm",
    "has_disk",
    "reboot_vm",
    "set_vm_metadata",
    "set_disk_metadata",
];

impl Draw {
    /// Any call.
    pub fn any() -> impl Strategy<Value = Self> {
        let method = prop::sample::select(METHODS);
        let stranger = prop::bool::weighted(0.07);
        (method, 0..3_usize, 0..3_usize, 0..2_usize, 1..5_u64, stranger).prop_map(
            |(method, vm, disk, snapshot, gib, stranger)| Self {
                method,
                vm,
                disk,
                snapshot,
                gib,
                stranger,
            },
        )
    }

    /// The first of everything.
    pub fn first(method: &'static str) -> Self {
        Self { method, gib: 2, ..Self::default() }
    }
}

/// What goes wrong, at which API call of the process.
#[derive(Debug, Clone)]
pub struct Trouble {
    way: Way,
    when: When,
    nth: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Reset,
    Unavailable,
    ProxyPage,
    Empty,
    Truncated,
    JobFailure,
    JobPurged,
    Late,
    Kill,
    /// Nobody reads the answer.
    Unread,
}

impl Trouble {
    /// Anything.
    pub fn any() -> impl Strategy<Value = Self> {
        use Way::*;
        let ways = [
            Reset,
            Unavailable,
            ProxyPage,
            Empty,
            Truncated,
            JobFailure,
            JobPurged,
            Late,
            Kill,
            Unread,
        ];
        let when = prop::sample::select(&[When::Before, When::After][..]);
        (prop::sample::select(ways.to_vec()), when, 1..6_u32).prop_map(|(way, when, nth)| Self {
            way,
            when,
            nth,
        })
    }

    fn fault(&self, pid: u32) -> Fault {
        let kind = match self.way {
            Way::Reset | Way::Unread => FaultKind::Reset,
            Way::Unavailable => FaultKind::Unavailable,
            Way::ProxyPage => FaultKind::ProxyPage,
            Way::Empty => FaultKind::Empty,
            Way::Truncated => FaultKind::Truncated,
            Way::JobFailure => FaultKind::JobFailure,
            Way::JobPurged => FaultKind::JobPurged,
            Way::Late => FaultKind::Late { seconds: LATE.as_secs_f64() },
            Way::Kill => FaultKind::Kill { pid: pid.cast_signed() },
        };
        Fault { command: "*".into(), occurrence: self.nth, times: 1, when: self.when, kind }
    }
}

/// What came of a call, and whether anything went wrong during it.
pub fn play(
    stage: &Stage,
    director: &Director,
    stemcell: &str,
    call: &Call,
    trouble: Option<&Trouble>,
) -> Result<(Came, bool), String> {
    let request = director.driver.request(call.method, arguments(call, stemcell)).to_string();
    if trouble.is_some_and(|trouble| trouble.way == Way::Unread) {
        director.driver.send_unread(request.as_bytes()).map_err(|e| e.to_string())?;
        return Ok((Came::Killed, true));
    }
    let reply = director.driver.send_to(request.as_bytes(), |pid| {
        stage.cloud.declare_faults(trouble.map(|trouble| trouble.fault(pid)).into_iter().collect());
    });
    let reply = reply.map_err(|e| e.to_string())?;
    let struck = stage.cloud.faults_struck() > 0;
    stage.cloud.declare_faults(Vec::new());
    if struck && trouble.is_some_and(|trouble| trouble.way == Way::Late) {
        // A director that asks again within the horizon is promised nothing.
        thread::sleep(LATE * 2);
    }
    if struck && reply.status.code().is_none() {
        return Ok((Came::Killed, true));
    }
    let answer = reply.answer().map_err(|e| format!("{e}; stderr: {}", reply.stderr))?;
    Ok((Came::Answered(answer.outcome), struck))
}

fn arguments(call: &Call, stemcell: &str) -> Value {
    let Call { vm, disk, snapshot, gib, .. } = call;
    match call.method {
        "create_vm" => new_vm(stemcell, "bosh-net"),
        "create_disk" => new_disk(*gib, Some(vm)),
        "attach_disk" | "detach_disk" => json!([vm, disk]),
        "resize_disk" => json!([disk, gib * 1024]),
        "snapshot_disk" => json!([disk, {"job": "db"}]),
        "set_vm_metadata" => json!([vm, {"job": "db", "index": gib, "name": "db/0"}]),
        "set_disk_metadata" => json!([disk, {"deployment": "cf", "index": gib}]),
        "delete_snapshot" => json!([snapshot]),
        "has_disk" | "delete_disk" => json!([disk]),
        _ => json!([vm]),
    }
}
