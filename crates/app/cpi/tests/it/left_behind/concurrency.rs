//! Many processes at once on one journal and one file of lookups.

use super::support::{Director, Stage, new_disk, new_vm, postgres};
use journal::{OperationState, StepState};
use serde_json::{Value, json};
use simulator_cloudstack::World;
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use simulator_cloudstack::world::Latency;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use test_support::postgres::PrivatePostgres;

const PROCESSES: usize = 64;

/// Nothing here takes effect late.
const HORIZON: Duration = Duration::from_secs(1);

/// A network of the built-in world.
const NETWORK: &str = "bosh-net";

#[test]
fn sixty_four_processes_lose_nothing_on_sqlite() {
    lose_nothing(None);
}

#[test]
fn sixty_four_processes_lose_nothing_on_postgresql() {
    if let Some(server) = postgres("64 processes at once") {
        lose_nothing(Some(&server));
    }
}

/// All of them meet at the making of the journal and of the file of lookups first, then each
/// goes its way, so that every method meets every other.
fn lose_nothing(server: Option<&PrivatePostgres>) {
    let stage = Stage::set(World::builtin().instant(), "admin", HORIZON);
    let director = stage.director("state", server);
    let stemcell = stage.stemcell();
    let vms = at_once(|| director.make("create_vm", new_vm(&stemcell, NETWORK)));
    let disks = at_once_for(&vms, |vm| use_and_delete(&stage, &director, vm));

    stage.assert_empty();
    let (vms, disks) = (distinct(vms), distinct(disks));
    let mut answered = BTreeMap::<String, Vec<Option<String>>>::new();
    for (operation, steps) in director.operations() {
        let ended = [OperationState::Known, OperationState::Answered, OperationState::Done];
        assert!(ended.contains(&operation.state), "{operation:?}");
        assert!(steps.iter().all(|step| step.state == StepState::Applied), "{steps:?}");
        assert_eq!(steps.len(), 1, "{operation:?} {steps:?}");
        answered.entry(operation.method).or_default().push(operation.cid);
    }
    let methods: Vec<&str> = answered.keys().map(String::as_str).collect();
    let all =
        ["attach_disk", "create_disk", "create_vm", "delete_disk", "delete_vm", "detach_disk"];
    assert_eq!(methods, all);
    assert!(answered.values().all(|rows| rows.len() == PROCESSES), "{answered:?}");
    let cids = |method: &str| answered[method].iter().flatten().cloned().collect::<BTreeSet<_>>();
    assert_eq!(cids("create_vm"), vms);
    for method in ["create_disk", "attach_disk", "detach_disk"] {
        assert_eq!(cids(method), disks, "{method}");
    }
}

fn use_and_delete(stage: &Stage, director: &Director, vm: &str) -> String {
    let disk = director.make("create_disk", new_disk(1, Some(vm)));
    director.ask("attach_disk", json!([vm, disk]));
    let volumes = stage.inventory().volumes;
    let volume = volumes.iter().find(|volume| volume.id == disk).expect("it was answered");
    assert_eq!(volume.vm.as_deref(), Some(vm));
    director.ask("detach_disk", json!([vm, disk]));
    director.ask("delete_disk", json!([disk]));
    director.ask("delete_vm", json!([vm]));
    disk
}

/// An id that was remembered and is refused is asked for afresh: each process meets it once,
/// and the next one not at all.
#[test]
fn a_stale_lookup_is_used_once_by_each_process_and_by_no_later_one() {
    let stage = Stage::set(World::builtin().instant(), "admin", HORIZON);
    let director = stage.director("state", None);
    director.make("create_disk", new_disk(1, None));
    let stale = replace_offering(&stage);
    stage.cloud.clear_calls();
    at_once(|| director.make("create_disk", new_disk(1, None)));

    let mut tries = BTreeMap::<String, Vec<String>>::new();
    for (name, offering) in created_volumes(&stage) {
        tries.entry(name).or_default().push(offering);
    }
    assert_eq!(tries.len(), PROCESSES);
    for (name, offerings) in &tries {
        let (last, earlier) = offerings.split_last().expect("there is one");
        assert_ne!(*last, stale, "{name}");
        assert!(earlier.iter().all(|it| *it == stale) && earlier.len() <= 1, "{offerings:?}");
    }
    assert!(tries.values().any(|offerings| offerings.len() == 2), "nobody met the stale one");

    stage.cloud.clear_calls();
    director.make("create_disk", new_disk(1, None));
    let offerings: Vec<_> = created_volumes(&stage).into_iter().map(|(_, id)| id).collect();
    assert!(offerings.len() == 1 && offerings[0] != stale, "{offerings:?}");
}

/// Removes the disk offering `Custom` and makes another of that name. Answers the old id.
fn replace_offering(stage: &Stage) -> String {
    let call = |command: &str, params: &[(&str, &str)]| -> Value {
        let (status, body) = stage.cloud.call("admin", command, params);
        assert_eq!(status, 200, "{body}");
        body.as_object().and_then(|body| body.values().next()).cloned().unwrap_or_default()
    };
    let listed = call("listDiskOfferings", &[("name", "Custom")]);
    let old = listed["diskoffering"][0]["id"].as_str().expect("it is in the world").to_owned();
    call("deleteDiskOffering", &[("id", &old)]);
    call("createDiskOffering", &[("name", "Custom"), ("displaytext", "x"), ("customized", "true")]);
    old
}

/// Name and offering of each createVolume, in the order in which they came.
fn created_volumes(stage: &Stage) -> Vec<(String, String)> {
    let calls = stage.cloud.calls().into_iter().filter(|call| call.command == "createVolume");
    calls.map(|call| (call.params["name"].clone(), call.params["diskofferingid"].clone())).collect()
}

#[test]
fn what_a_dead_process_left_is_repaired_from_the_same_state_dir() {
    let stage = Stage::set(World::builtin().instant(), "admin", HORIZON);
    let director = stage.director("state", None);
    a_dead_process_is_repaired(&stage, &director, &director);
}

#[test]
fn what_a_dead_process_left_is_repaired_from_another_state_dir_on_the_same_database() {
    let Some(server) = postgres("two state_dirs on one database") else { return };
    let stage = Stage::set(World::builtin().instant(), "admin", HORIZON);
    let [one, other] = ["one", "other"].map(|name| stage.director(name, Some(&server)));
    a_dead_process_is_repaired(&stage, &one, &other);
}

#[test]
fn what_a_living_process_does_is_left_alone_from_the_same_state_dir() {
    let stage = Stage::set(slow_world(), "admin", HORIZON);
    let director = stage.director("state", None);
    a_living_process_is_left_alone(&stage, &director, &director);
}

#[test]
fn what_a_living_process_does_is_left_alone_from_another_state_dir_on_the_same_database() {
    let Some(server) = postgres("two state_dirs on one database") else { return };
    let stage = Stage::set(slow_world(), "admin", HORIZON);
    let [one, other] = ["one", "other"].map(|name| stage.director(name, Some(&server)));
    a_living_process_is_left_alone(&stage, &one, &other);
}

/// A call of `one` dies when its VM is made; calls of `other` remove the VM.
fn a_dead_process_is_repaired(stage: &Stage, one: &Director, other: &Director) {
    let arguments = new_vm(&stage.stemcell(), NETWORK);
    die_at(stage, one, "deployVirtualMachine", ("create_vm", arguments));
    assert_eq!(stage.inventory().vms.len(), 1, "its VM was made");
    // A database server needs a moment to notice that a session's process is gone.
    until("the VM is removed", || {
        other.ordinary_call();
        stage.inventory().vms.is_empty()
    });
    stage.assert_empty();
    let states: Vec<_> = other.operations().into_iter().map(|(row, _)| row.state).collect();
    assert_eq!(states, [OperationState::Undone]);
}

/// Making a VM takes longer than any test.
fn slow_world() -> World {
    let mut world = World::builtin().instant();
    let latency = Latency { call: 0, job: SLOW.as_millis() as u64 };
    world.latency.commands.insert("deployVirtualMachine".into(), latency);
    world
}

const SLOW: Duration = Duration::from_secs(90);

/// While a call of `one` waits for its VM, calls of `other` do not touch it.
fn a_living_process_is_left_alone(stage: &Stage, one: &Director, other: &Director) {
    let stemcell = stage.stemcell();
    thread::scope(|scope| {
        let made = scope.spawn(|| one.make("create_vm", new_vm(&stemcell, NETWORK)));
        until("the VM is being made", || stage.inventory().vms.len() == 1);
        other.ordinary_call();
        other.recover();
        let states: Vec<_> = other.operations().into_iter().map(|(row, _)| row.state).collect();
        assert_eq!(states, [OperationState::Open]);
        stage.cloud.advance(SLOW);
        let vms = stage.inventory().vms;
        let vm = made.join().expect("it is answered");
        assert_eq!(vms.iter().map(|vm| &vm.id).collect::<Vec<_>>(), [&vm]);
        assert_eq!(vms[0].state, "Running");
    });
}

/// A director that comes again asks for the same disk to be attached while another call, which
/// knows nothing of it, still undoes the attachment by the call that died.
#[test]
fn a_disk_is_attached_again_while_another_process_undoes_its_attachment() {
    let mut world = World::builtin().instant();
    let latency = Latency { call: 0, job: 300 };
    world.latency.commands.insert("detachVolume".into(), latency);
    let stage = Stage::set(world, "admin", HORIZON);
    let director = stage.director("state", None);
    let vm = director.make("create_vm", new_vm(&stage.stemcell(), NETWORK));
    let disk = director.make("create_disk", new_disk(1, Some(&vm)));
    let pair = json!([vm, disk]);
    for _ in 0..6 {
        die_at(&stage, &director, "attachVolume", ("attach_disk", pair.clone()));
        thread::scope(|scope| {
            scope.spawn(|| director.ordinary_call());
            scope.spawn(|| director.ask("attach_disk", pair.clone()));
        });
        let volumes = stage.inventory().volumes;
        let volume = volumes.iter().find(|volume| volume.id == disk).expect("it was answered");
        assert_eq!(volume.vm.as_ref(), Some(&vm), "that it is attached was answered");
        director.ask("detach_disk", pair.clone());
    }
}

/// A call that dies when the cloud has done this command.
fn die_at(stage: &Stage, director: &Director, command: &str, call: (&str, Value)) {
    let request = director.driver.request(call.0, call.1).to_string();
    let reply = director.driver.send_to(request.as_bytes(), |pid| {
        let kind = FaultKind::Kill { pid: pid.cast_signed() };
        let command = command.to_owned();
        let fault = Fault { command, occurrence: 1, times: 1, when: When::After, kind };
        stage.cloud.declare_faults(vec![fault]);
    });
    assert_eq!(reply.unwrap().status.code(), None, "it was to be killed");
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "{what}: not within 30 s");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Runs `act` in so many threads at once, each of which starts a process.
fn at_once<T: Send>(act: impl Fn() -> T + Sync) -> Vec<T> {
    at_once_for(&[(); PROCESSES], |()| act())
}

fn at_once_for<I: Sync, T: Send>(items: &[I], act: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(items.len());
    let (start, act) = (&start, &act);
    let run = |item| {
        start.wait();
        act(item)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = items.iter().map(|item| scope.spawn(move || run(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("its calls succeed")).collect()
    })
}

fn distinct(cids: Vec<String>) -> BTreeSet<String> {
    let count = cids.len();
    let distinct: BTreeSet<_> = cids.into_iter().collect();
    assert_eq!(distinct.len(), count, "two calls answered the same CID");
    distinct
}
