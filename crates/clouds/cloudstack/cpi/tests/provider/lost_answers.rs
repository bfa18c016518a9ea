//! A lost answer costs nothing: the job is asked for by its id, the call succeeds, and nothing is
//! there twice. And two calls that do the same do not hinder each other.

use crate::bench::*;
use crate::vips::address;
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use std::rc::Rc;
use tokio::task::LocalSet;

fn fault(command: &str, when: When, kind: FaultKind) -> Fault {
    Fault { command: command.into(), occurrence: 1, times: 1, when, kind }
}

/// The ways in which one answer is lost.
fn ways() -> Vec<(When, FaultKind)> {
    let kinds = [
        FaultKind::Reset,
        FaultKind::Unavailable,
        FaultKind::ProxyPage,
        FaultKind::Truncated,
        FaultKind::Empty,
    ];
    kinds.into_iter().flat_map(|kind| [(When::Before, kind.clone()), (When::After, kind)]).collect()
}

/// Before: what was asked for is made once, and the call succeeds. After: the same.
#[tokio::test]
async fn a_create_succeeds_and_makes_one() {
    let bench = Bench::new().await;
    let (_, disk) = bench.attached().await;
    for (when, kind) in ways() {
        for (command, method, arguments, rows) in [
            (
                "deployVirtualMachine",
                "create_vm",
                vm_arguments(json!({}), json!({})),
                // A VM with its two disks.
                3,
            ),
            ("createVolume", "create_disk", json!([1, {}, null]), 1),
            ("createSnapshot", "snapshot_disk", json!([disk, {}]), 1),
        ] {
            let before = bench.inventory().len();
            bench.simulator.declare_faults(vec![fault(command, when, kind.clone())]);
            let answer = bench.ask(method, arguments).await;
            assert!(answer.is_ok(), "{method}, {when:?} {kind:?}: {answer:?}");
            assert_eq!(bench.inventory().len(), before + rows, "{method}, {when:?} {kind:?}");
        }
    }
}

/// What changes or deletes succeeds too, and quickly.
#[tokio::test]
async fn a_change_succeeds() {
    let bench = Bench::new().await;
    let ways = [When::Before, When::After]
        .into_iter()
        .flat_map(|when| [(when, FaultKind::Reset), (when, FaultKind::Unavailable)]);
    for (when, kind) in ways {
        let (vm, disk) = (bench.vm().await, bench.disk().await);
        let steps: Vec<(&str, &str, Value)> = vec![
            ("createTags", "set_vm_metadata", json!([vm, {"name": "a/0"}])),
            ("attachVolume", "attach_disk", json!([vm, disk])),
            ("rebootVirtualMachine", "reboot_vm", json!([vm])),
            ("detachVolume", "detach_disk", json!([vm, disk])),
            ("resizeVolume", "resize_disk", json!([disk, 9000])),
            ("deleteVolume", "delete_disk", json!([disk])),
            ("destroyVirtualMachine", "delete_vm", json!([vm])),
        ];
        for (command, method, arguments) in steps {
            bench.simulator.declare_faults(vec![fault(command, when, kind.clone())]);
            let answer = bench.ask(method, arguments).await;
            assert!(answer.is_ok(), "{method}, {when:?} {kind:?}: {answer:?}");
            assert_eq!(bench.simulator.faults_struck(), 1, "{method}, {when:?} {kind:?}");
        }
        assert_eq!(bench.inventory(), Vec::<String>::new(), "{when:?} {kind:?}");
    }
}

/// A proxy delivers a request twice: the second finds its job id used, and that is what is
/// answered.
#[tokio::test]
async fn a_request_that_was_delivered_twice_is_answered_once() {
    let bench = Bench::new().await;
    let body = json!({"createvolumeresponse": {"uuidList": [], "errorcode": 530,
                      "cserrorcode": 9999, "errortext": "Entity already exists "}});
    let twice = FaultKind::Answer { status: 530, body: body.to_string() };
    bench.simulator.declare_faults(vec![fault("createVolume", When::After, twice)]);
    let disk = bench.disk().await;
    assert_eq!(bench.inventory().len(), 1);
    assert_eq!(bench.volume_row(&disk)["state"], "Allocated");
}

/// An acquired address goes with its VM although the first destroy's answer was lost.
#[tokio::test]
async fn an_acquired_address_goes_when_the_destroy_is_repeated() {
    for (when, kind) in ways() {
        let bench = Bench::new().await;
        let front = json!({"type": "vip", "cloud_properties": {"acquire": true}});
        let networks = json!({"default": manual("bosh-net", "10.50.0.20"), "front": front});
        let made = bench.ask("create_vm", vm_arguments(json!({}), networks)).await.unwrap();
        bench.simulator.declare_faults(vec![fault("destroyVirtualMachine", when, kind.clone())]);
        bench.ask("delete_vm", json!([made[0]])).await.unwrap();
        assert_eq!(crate::vips::outside(&bench).0, Vec::<String>::new(), "{when:?} {kind:?}");
    }
}

/// A second destroy fails while the first one runs: the first is waited for.
#[tokio::test]
async fn a_destroy_that_runs_is_waited_for() {
    let mut world = simulator_cloudstack::World::builtin();
    world.latency.default.job = 700;
    let bench = Bench::of(world, "admin").await;
    let vm = bench.vm().await;
    bench.raw("destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]);
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// "Please try again later" is waited out, whatever the method.
#[tokio::test]
async fn words_that_mean_later_are_waited_out() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    for (command, key, method, arguments) in [
        ("rebootVirtualMachine", "rebootvirtualmachineresponse", "reboot_vm", json!([vm])),
        ("detachVolume", "detachvolumeresponse", "detach_disk", json!([vm, disk])),
        ("resizeVolume", "resizevolumeresponse", "resize_disk", json!([disk, 9000])),
        ("destroyVirtualMachine", "destroyvirtualmachineresponse", "delete_vm", json!([vm])),
    ] {
        let text = "There are concurrent operations on it, please try again later.";
        let body = json!({key: {"uuidList": [], "errorcode": 530, "errortext": text}});
        let busy = FaultKind::Answer { status: 530, body: body.to_string() };
        bench.simulator.declare_faults(vec![fault(command, When::Before, busy)]);
        bench.ask(method, arguments).await.unwrap_or_else(|error| panic!("{method}: {error}"));
        assert_eq!(bench.simulator.faults_struck(), 1, "{method}");
    }
}

async fn at_once(bench: Rc<Bench>, config: Value, arguments: Vec<Value>) {
    let create = |arguments: Value| {
        let (bench, config) = (Rc::clone(&bench), config.clone());
        tokio::task::spawn_local(async move {
            ask(&bench.cloud_with(config), "create_vm", arguments).await
        })
    };
    LocalSet::new()
        .run_until(async {
            let tasks: Vec<_> = arguments.into_iter().map(create).collect();
            for task in tasks {
                task.await.unwrap().unwrap();
            }
        })
        .await;
}

/// Eight VMs of a deployment make one security group, and register one key.
#[tokio::test]
async fn many_make_the_same_group_and_key_at_once() {
    let mut world = simulator_cloudstack::World::builtin();
    world.latency.default.job = 60;
    let bench = Rc::new(Bench::of(world, "admin").await);
    let config = json!({
        "security_groups_create": true,
        "security_group_rules": {"web": [{"ports": 22}, {"ports": 443}, {"group": "web"}]},
    });
    let network = json!({"default": {"type": "dynamic", "default": ["dns", "gateway"],
                                     "cloud_properties": {"name": "sgnet"}}});
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKXv1nq0m4kGZJb2Rr9Qv1uZ1h5q0YkV9b0mS3Ck7d2U";
    let vm = json!({"zone": "advsg2", "security_groups": ["web"], "public_key": key});
    let arguments = vec![vm_arguments(vm, network); 8];
    at_once(Rc::clone(&bench), config, arguments).await;
    let groups = bench.rows("listSecurityGroups", "securitygroup", &[("securitygroupname", "web")]);
    assert_eq!((groups.len(), groups[0]["ingressrule"].as_array().unwrap().len()), (1, 3));
    let keys = bench.rows("listSSHKeyPairs", "sshkeypair", &[]);
    let ours = keys.iter().filter(|key| key["name"].as_str().unwrap().starts_with("key-"));
    assert_eq!(ours.count(), 1);
}

/// Three VMs that take over one address all succeed; the last one has it.
#[tokio::test]
async fn many_take_over_one_address_at_once() {
    let mut world = simulator_cloudstack::World::builtin();
    world.latency.default.job = 60;
    let bench = Rc::new(Bench::of(world, "admin").await);
    let (_, ip) = address(&bench);
    let front = json!({"type": "vip", "ip": ip, "cloud_properties": {}});
    let arguments = (20..23).map(|host| {
        let own = manual("bosh-net", &format!("10.50.0.{host}"));
        vm_arguments(json!({}), json!({"default": own, "front": front}))
    });
    at_once(Rc::clone(&bench), json!({}), arguments.collect()).await;
    assert_eq!(bench.rows("listVirtualMachines", "virtualmachine", &[]).len(), 3);
}
