//! What fails is undone before the error is answered; what dies is repaired by a later call.

use crate::bench::*;
use bosh_cpi::CpiError;
use cpi_cloudstack::Intent;
use cpi_kit::Provider;
use journal::{Absence, Undo};
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};

fn fault(command: &str, when: When, kind: FaultKind) -> Fault {
    Fault { command: command.into(), occurrence: 1, times: 1, when, kind }
}

/// A call whose answer was lost has worked or has not: the provider looks, and answers what is.
#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    let free = bench.disk().await;
    let cases: [(&str, &str, Value); 6] = [
        ("deployVirtualMachine", "create_vm", vm_arguments(json!({}), json!({}))),
        ("createVolume", "create_disk", json!([1, {}, null])),
        ("createSnapshot", "snapshot_disk", json!([disk, {}])),
        ("attachVolume", "attach_disk", json!([vm, free])),
        ("detachVolume", "detach_disk", json!([vm, free])),
        ("resizeVolume", "resize_disk", json!([free, 9000])),
    ];
    for (command, method, arguments) in cases {
        let lost = fault(command, When::After, FaultKind::Reset);
        bench.simulator.declare_faults(vec![lost]);
        bench.ask(method, arguments).await.unwrap_or_else(|error| panic!("{method}: {error}"));
        assert_eq!(bench.simulator.faults_struck(), 1, "{method}");
    }
    let before = bench.inventory().len();
    bench.simulator.declare_faults(vec![fault("deleteVolume", When::After, FaultKind::Reset)]);
    bench.ask("delete_disk", json!([free])).await.unwrap();
    bench.simulator.declare_faults(vec![fault(
        "destroyVirtualMachine",
        When::After,
        FaultKind::Reset,
    )]);
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.inventory().len(), before - 4, "a disk; a VM with its two disks");
}

/// What may be done twice is sent again when a look has told that it has not arrived: a
/// connection that is reset is no reason to fail a deploy.
#[tokio::test]
async fn a_lost_request_is_sent_again_where_that_harms_nobody() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    let snapshot = bench.ask("snapshot_disk", json!([disk, {}])).await.unwrap();
    for (command, method, arguments) in [
        ("rebootVirtualMachine", "reboot_vm", json!([vm])),
        ("deleteSnapshot", "delete_snapshot", json!([snapshot])),
        ("detachVolume", "detach_disk", json!([vm, disk])),
        ("resizeVolume", "resize_disk", json!([disk, 9000])),
        ("deleteVolume", "delete_disk", json!([disk])),
        ("destroyVirtualMachine", "delete_vm", json!([vm])),
    ] {
        bench.simulator.declare_faults(vec![fault(command, When::Before, FaultKind::Reset)]);
        bench.ask(method, arguments).await.unwrap_or_else(|error| panic!("{method}: {error}"));
        assert_eq!(bench.simulator.faults_struck(), 1, "{method}");
    }
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// A job that fails after it has done its work leaves nothing of it.
#[tokio::test]
async fn a_job_that_fails_half_way_leaves_nothing() {
    let bench = Bench::new().await;
    let (_, disk) = bench.attached().await;
    let before = bench.inventory();
    let cases: [(&str, &str, Value); 3] = [
        ("deployVirtualMachine", "create_vm", vm_arguments(json!({}), json!({}))),
        ("createVolume", "create_disk", json!([1, {}, null])),
        ("createSnapshot", "snapshot_disk", json!([disk, {}])),
    ];
    for (command, method, arguments) in cases {
        for when in [When::Before, When::After] {
            bench.simulator.declare_faults(vec![fault(command, when, FaultKind::JobFailure)]);
            bench.ask(method, arguments.clone()).await.unwrap_err();
            assert_eq!(bench.simulator.faults_struck(), 1, "{method}");
            assert_eq!(bench.inventory(), before, "{method}");
        }
    }
}

/// An attachment that failed half-way is taken back; one that was there before is in use, and
/// stays whatever becomes of a second try.
#[tokio::test]
async fn only_an_attachment_of_its_own_is_taken_back() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    let free = bench.disk().await;
    for when in [When::Before, When::After] {
        let fails = fault("attachVolume", when, FaultKind::JobFailure);
        bench.simulator.declare_faults(vec![fails]);
        bench.ask("attach_disk", json!([vm, free])).await.unwrap_err();
        assert_eq!(bench.volume_row(&free).get("virtualmachineid"), None, "{when:?}");
    }
    let lost = fault("attachVolume", When::Before, FaultKind::Reset);
    bench.simulator.declare_faults(vec![lost]);
    bench.ask("attach_disk", json!([vm, disk])).await.expect("it is attached");
    let lost = fault("attachVolume", When::After, FaultKind::Reset);
    bench.simulator.declare_faults(vec![lost]);
    bench.ask("attach_disk", json!([vm, disk])).await.expect("it is attached");
    assert_eq!(bench.volume_row(&disk)["virtualmachineid"], json!(vm));
}

/// What cannot be removed is named, and the director is not told to go on.
#[tokio::test]
async fn what_is_left_is_named() {
    let bench = Bench::new().await;
    let down = |command: &str, when, times| Fault {
        command: command.into(),
        occurrence: 1,
        times,
        when,
        kind: FaultKind::JobFailure,
    };
    bench.simulator.declare_faults(vec![
        down("deployVirtualMachine", When::After, 1),
        down("destroyVirtualMachine", When::Before, 999),
    ]);
    let impatient = bench.cloud_with(json!({"ledger": {"horizon": 0, "budget": 0}}));
    let arguments = vm_arguments(json!({}), json!({}));
    let error: CpiError = ask(&impatient, "create_vm", arguments).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", false));
    let name = bench.rows("listVirtualMachines", "virtualmachine", &[])[0]["name"].clone();
    let named = format!("VM {}", name.as_str().unwrap());
    assert!(
        error.message.contains(&named) && error.message.contains("Left in the cloud"),
        "{error}"
    );

    bench.simulator.declare_faults(Vec::new());
    let recovery = bench.cloud().recover().await.unwrap();
    assert_eq!(recovery.undone.len(), 1);
    assert_eq!(bench.inventory(), Vec::<String>::new(), "a later call has removed it");
}

fn attach_job(bench: &Bench) -> String {
    let calls = bench.simulator.calls();
    let attach = calls.iter().rev().find(|call| call.command == "attachVolume");
    attach.and_then(|call| call.job.clone()).expect("a disk was attached")
}

/// A disk that was attached before this call may be in use: only the call that attached it
/// may detach it again.
#[tokio::test]
async fn an_attachment_by_another_call_is_left_alone() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    let never_arrived = uuid::Uuid::new_v4().to_string();
    let target = Intent::Attachment { volume: disk.clone(), vm: vm.clone(), job: never_arrived };
    assert_eq!(bench.cloud().ensure_absent(&target).await.unwrap(), Absence::MayAppear);

    bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
    let refused =
        Intent::Attachment { volume: disk.clone(), vm: vm.clone(), job: attach_job(&bench) };
    assert_eq!(bench.cloud().ensure_absent(&refused).await.unwrap(), Absence::Final);
    assert_eq!(bench.volume_row(&disk)["virtualmachineid"], json!(vm), "it stays attached");
}

/// Another process undoes by name alone, and twice is no fault.
#[tokio::test]
async fn targets_are_undone_by_name_from_another_process() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    let snapshot = bench.ask("snapshot_disk", json!([disk, {}])).await.unwrap();
    let name_of = |row: &Value| row["name"].as_str().unwrap().to_owned();
    let snapshot =
        name_of(&bench.rows("listSnapshots", "snapshot", &[("id", snapshot.as_str().unwrap())])[0]);
    let targets = [
        Intent::Snapshot { name: snapshot },
        Intent::Attachment { volume: disk.clone(), vm: vm.clone(), job: attach_job(&bench) },
        Intent::Volume { name: name_of(&bench.volume_row(&disk)) },
        Intent::Vm { name: name_of(&bench.vm_row(&vm)) },
    ];
    for target in targets {
        let json = serde_json::to_string(&target).unwrap();
        let target: Intent = serde_json::from_str(&json).unwrap();
        assert_eq!(bench.cloud().ensure_absent(&target).await.unwrap(), Absence::Final, "{target}");
        bench.cloud().ensure_absent(&target).await.unwrap();
    }
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// A deletion that was cut in the middle is finished; one that has not begun is left alone.
#[tokio::test]
async fn a_half_done_deletion_is_finished() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    let data =
        bench.rows("listVolumes", "volume", &[("virtualmachineid", &vm), ("type", "DATADISK")]);
    let ephemeral = vec![data[0]["id"].as_str().unwrap().to_owned()];
    let target = Intent::VmDeletion { vm: vm.clone(), ephemeral, public_resources: Vec::new() };
    assert_eq!(bench.cloud().ensure_absent(&target).await.unwrap(), Absence::MayAppear);
    assert_eq!(bench.vm_row(&vm)["state"], "Running", "it has not begun");

    // Destroyed, but its disk is only detached: nothing tells any more that it was the VM's.
    bench.raw("destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]);
    assert_eq!(bench.rows("listVolumes", "volume", &[]).len(), 1);
    assert_eq!(bench.cloud().ensure_absent(&target).await.unwrap(), Absence::Final);
    assert_eq!(bench.inventory(), Vec::<String>::new());
    bench.cloud().ensure_absent(&target).await.unwrap();
}

/// An answer that nobody read is taken back.
#[tokio::test]
async fn an_answer_that_was_lost_is_undone() {
    use bosh_cpi::{ApiVersion, Call, Request};
    let bench = Bench::new().await;
    let cloud = bench.cloud();
    let request = json!({"method": "create_vm", "arguments": vm_arguments(json!({}), json!({}))});
    let call = Call::decode(&Request::parse(request.to_string().as_bytes()).unwrap()).unwrap();
    call.run(&cloud, ApiVersion::LATEST).await.unwrap();
    cloud.answer_was_lost().await.unwrap();
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// A deploy that does not end in time is waited for and removed: destroyed while it is being
/// made, a VM would stay. The cloud's time stands still until the provider has given up.
#[tokio::test]
async fn a_deploy_that_takes_too_long_is_removed() {
    use simulator_cloudstack::state::clock::Clock;
    let mut world = simulator_cloudstack::World::builtin();
    world.latency.default.job = 60_000;
    let address = ([127, 0, 0, 1], 0).into();
    let simulator = simulator_cloudstack::Simulator::start_with(world, Clock::stopped(), address)
        .await
        .unwrap();
    let state = tempfile::tempdir().unwrap();
    let bench = Bench { simulator, state, account: "admin" };
    let cloud = bench.cloud_with(json!({
        "timeout": {"create_vm": 1}, "ledger": {"horizon": 0, "budget": 60},
    }));
    let time_goes_on = async {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let gave_up = |call: &simulator_cloudstack::engine::CallRecord| {
                call.command == "listVirtualMachines"
            };
            if bench.simulator.calls().iter().any(gave_up) {
                bench.simulator.advance(std::time::Duration::from_secs(60));
            }
        }
    };
    let error = tokio::select! {
        answer = ask(&cloud, "create_vm", vm_arguments(json!({}), json!({}))) => answer.unwrap_err(),
        () = time_goes_on => unreachable!(),
    };
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", false), "{error}");
    assert_eq!(bench.inventory(), Vec::<String>::new());
}
