//! Where a VM runs: affinity groups, those of instance groups among them, hosts and clusters.

use crate::bench::*;
use cpi_kit::{GcPolicy, Provider, Verdict};
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};

const AUTO: &str = "enable_auto_anti_affinity";

fn vm_of(group: &str) -> Value {
    let mut arguments = vm_arguments(json!({}), json!({}));
    arguments[5] = json!({"bosh": {"group": group}});
    arguments
}

fn groups(bench: &Bench) -> Vec<String> {
    let rows = bench.rows("listAffinityGroups", "affinitygroup", &[]);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter().map(|row| format!("{}: {}", text(row, "name"), text(row, "type"))).collect()
}

fn fails(command: &str) -> Fault {
    let (command, kind) = (command.into(), FaultKind::JobFailure);
    // The first is refused, as the group is not there yet.
    Fault { command, occurrence: 2, times: 1, when: When::After, kind }
}

/// By its name in the deploy call, at no call more.
#[tokio::test]
async fn a_group_that_is_there_costs_nothing() {
    let bench = Bench::new().await;
    bench.raw("createAffinityGroup", &[("name", "apart"), ("type", "host anti-affinity")]);
    bench.vm().await;
    bench.calls();
    let vm = vm_arguments(json!({"affinity_group": "apart"}), json!({}));
    let vm = bench.ask("create_vm", vm).await.unwrap()[0].clone();
    assert_eq!(bench.calls(), ["deployVirtualMachine"]);
    assert_eq!(bench.vm_row(vm.as_str().unwrap())["affinitygroup"][0]["name"], "apart");
}

/// Two calls more, once.
#[tokio::test]
async fn a_group_that_is_not_there_is_made() {
    let bench = Bench::new().await;
    bench.vm().await;
    bench.calls();
    let wanted = json!({"affinity_group": "near", "affinity_groups": ["apart"],
                        "affinity_group_type": "host affinity"});
    let made = bench.ask("create_vm", vm_arguments(wanted.clone(), json!({}))).await.unwrap();
    let calls = bench.calls();
    assert_eq!(calls.len(), 5, "{calls:?}");
    assert_eq!(groups(&bench), ["near: host affinity", "apart: host affinity"]);
    let of_vm = bench.vm_row(made[0].as_str().unwrap())["affinitygroup"].clone();
    assert_eq!(of_vm.as_array().unwrap().len(), 2);
    bench.calls();
    bench.ask("create_vm", vm_arguments(wanted, json!({}))).await.unwrap();
    assert_eq!(bench.calls(), ["deployVirtualMachine"]);
}

/// The VMs of an instance group are kept apart, if that can be; compilation VMs leave nothing.
#[tokio::test]
async fn instance_groups_are_kept_apart() {
    let bench = Bench::new().await;
    let cloud = bench.cloud_with(json!({AUTO: true}));
    let hosts: Vec<Value> = {
        let mut hosts = Vec::new();
        for _ in 0..5 {
            let made = ask(&cloud, "create_vm", vm_of("d-cf-router")).await.unwrap();
            hosts.push(bench.vm_row(made[0].as_str().unwrap())["hostname"].clone());
        }
        hosts
    };
    assert_eq!(hosts.len(), 5, "a fifth VM starts, although there are four hosts");
    assert_eq!(groups(&bench), ["d-cf-router: non-strict host anti-affinity"]);
    let compilation = vm_of("d-cf-compilation-6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    ask(&cloud, "create_vm", compilation).await.unwrap();
    assert_eq!(groups(&bench).len(), 1);
}

/// The type of the config; without the switch there is no group at all.
#[tokio::test]
async fn the_type_of_instance_groups_can_be_chosen() {
    let bench = Bench::new().await;
    bench.ask("create_vm", vm_of("d-cf-router")).await.unwrap();
    assert_eq!(groups(&bench), Vec::<String>::new());
    let cloud =
        bench.cloud_with(json!({AUTO: true, "auto_anti_affinity_type": "host anti-affinity"}));
    ask(&cloud, "create_vm", vm_of("d-cf-router")).await.unwrap();
    assert_eq!(groups(&bench), ["d-cf-router: host anti-affinity"]);
    let cloud = bench.cloud_with(json!({AUTO: true, "auto_anti_affinity_type": "nonsense"}));
    let error = ask(&cloud, "create_vm", vm_of("d-cf-db")).await.unwrap_err();
    assert!(error.message.contains("making affinity group 'd-cf-db'"), "{error}");
    assert!(error.message.contains("nonsense"), "{error}");
}

/// What was made for a VM that fails is gone with it; what another has made is not.
#[tokio::test]
async fn a_failed_vm_leaves_no_group() {
    let bench = Bench::new().await;
    bench.raw("createAffinityGroup", &[("name", "mine"), ("type", "host anti-affinity")]);
    bench.simulator.declare_faults(vec![fails("deployVirtualMachine")]);
    let wanted = json!({"affinity_groups": ["mine", "made"]});
    bench.ask("create_vm", vm_arguments(wanted, json!({}))).await.unwrap_err();
    assert_eq!(groups(&bench), ["mine: host anti-affinity"]);
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// gc finds a group of ours in which no VM is left, and never one of an operator's.
#[tokio::test]
async fn a_group_without_vms_is_garbage() {
    let bench = Bench::new().await;
    bench.raw("createAffinityGroup", &[("name", "mine"), ("type", "host anti-affinity")]);
    bench.raw("createSecurityGroup", &[("name", "mine")]);
    let cloud = bench.cloud_with(json!({AUTO: true}));
    let vm = ask(&cloud, "create_vm", vm_of("d-cf-router")).await.unwrap()[0].clone();
    let verdicts = async || {
        let found = cloud.garbage(&GcPolicy::default()).await.unwrap();
        let groups = found.into_iter().filter(|found| found.kind == "affinity group");
        groups.collect::<Vec<_>>()
    };
    let found = verdicts().await;
    assert_eq!((found.len(), found[0].verdict), (1, Verdict::Keep));
    ask(&cloud, "delete_vm", json!([vm])).await.unwrap();
    let found = verdicts().await;
    assert_eq!((found.len(), found[0].verdict), (1, Verdict::Delete));
    cloud.delete_garbage(&found[0]).await.unwrap();
    assert_eq!(groups(&bench), ["mine: host anti-affinity"]);
}

/// An admin may say where; a plain user hears that it may not.
#[tokio::test]
async fn an_admin_chooses_the_host() {
    let bench = Bench::new().await;
    let first = bench.vm_row(&bench.vm().await);
    let host = first["hostid"].clone();
    for _ in 0..3 {
        let vm = vm_arguments(json!({"hostid": host}), json!({}));
        let made = bench.ask("create_vm", vm).await.unwrap();
        assert_eq!(bench.vm_row(made[0].as_str().unwrap())["hostid"], host);
    }
    let user = Bench::of(simulator_cloudstack::World::builtin().instant(), "bosh").await;
    let networks = json!({"default": {"type": "dynamic", "cloud_properties": {}}});
    let vm = vm_arguments(json!({"zone": "basic", "host": NOWHERE}), networks);
    let error = user.ask("create_vm", vm).await.unwrap_err();
    assert_eq!(kind(&error), "VMCreationFailed");
    assert!(error.message.contains("hostid"), "{error}");
}
