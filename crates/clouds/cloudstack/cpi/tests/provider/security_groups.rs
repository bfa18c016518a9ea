//! Security groups: which a VM gets, which are made for it, and where there are none.

use crate::bench::*;
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};

/// A network with security groups.
fn guarded(groups: Value) -> Value {
    json!({"default": {"type": "dynamic", "default": ["dns", "gateway"],
                       "cloud_properties": {"name": "sgnet", "security_groups": groups}}})
}

async fn made(bench: &Bench, config: Value, vm: Value, networks: Value) -> Value {
    let mut vm = vm;
    vm["zone"] = json!("advsg2");
    let cloud = bench.cloud_with(config);
    let made = ask(&cloud, "create_vm", vm_arguments(vm, networks)).await.unwrap();
    bench.vm_row(made[0].as_str().unwrap())
}

fn groups(row: &Value) -> Vec<&str> {
    let mut names: Vec<_> = row["securitygroup"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["name"].as_str().unwrap())
        .collect();
    names.sort();
    names
}

fn count(bench: &Bench) -> usize {
    bench.rows("listSecurityGroups", "securitygroup", &[]).len()
}

/// Those of the VM and of its networks together; the default ones where nobody names any. By
/// name they cost nothing.
#[tokio::test]
async fn a_vm_gets_the_groups_of_all_that_names_them() {
    let bench = Bench::new().await;
    let ids: Vec<Value> = ["web", "db", "usual"]
        .map(|name| {
            bench.raw("createSecurityGroup", &[("name", name)])["securitygroup"]["id"].clone()
        })
        .into();
    let config = json!({"default_security_groups": ["usual"]});
    let both = json!({"security_groups": ["web"]});
    let row = made(&bench, config.clone(), both.clone(), guarded(json!(["db", "web"]))).await;
    assert_eq!(groups(&row), ["db", "web"]);
    bench.calls();
    let row = made(&bench, config, json!({}), guarded(json!([]))).await;
    assert_eq!(groups(&row), ["usual"]);
    assert_eq!(bench.calls(), ["deployVirtualMachine", "listVirtualMachines"]);
    // CloudStack takes names or ids, not both.
    let row = made(&bench, json!({}), both, guarded(json!(ids[1]))).await;
    assert_eq!(groups(&row), ["db", "web"]);
    let row = made(&bench, json!({}), json!({}), guarded(json!([]))).await;
    assert_eq!(groups(&row), ["default"]);
}

/// One call, and one a rule; nothing once they are there.
#[tokio::test]
async fn groups_are_made_with_their_rules() {
    let bench = Bench::new().await;
    let config = json!({
        "security_groups_create": true,
        "security_group_rules": {"web": [
            {"ports": 443},
            {"protocol": "icmp", "cidr": ["10.0.0.0/8"]},
            {"direction": "egress", "protocol": "all"},
            {"ports": "1-65535", "group": "web"},
        ]},
    });
    let row =
        made(&bench, config.clone(), json!({"security_groups": "web"}), guarded(json!([]))).await;
    assert_eq!(groups(&row), ["web"]);
    let calls = bench.calls();
    let of_groups = calls.iter().filter(|call| call.contains("SecurityGroup")).count();
    assert_eq!(of_groups, 5, "{calls:?}");
    let group = bench.rows("listSecurityGroups", "securitygroup", &[("securitygroupname", "web")]);
    let ingress = group[0]["ingressrule"].as_array().unwrap();
    assert_eq!((ingress.len(), group[0]["egressrule"].as_array().unwrap().len()), (3, 1));
    assert_eq!((&ingress[0]["startport"], &ingress[0]["cidr"]), (&json!(443), &json!("0.0.0.0/0")));
    assert_eq!(ingress[2]["securitygroupname"], "web");
    bench.calls();
    made(&bench, config, json!({"security_groups": "web"}), guarded(json!([]))).await;
    assert_eq!(bench.calls(), ["deployVirtualMachine", "listVirtualMachines"]);
}

/// A group that somebody has deleted meanwhile is made again.
#[tokio::test]
async fn a_group_that_is_gone_is_made_again() {
    let bench = Bench::new().await;
    let config = json!({"security_groups_create": true});
    let vm = json!({"security_groups": ["web"]});
    let row = made(&bench, config.clone(), vm.clone(), guarded(json!([]))).await;
    bench.ask("delete_vm", json!([row["id"]])).await.unwrap();
    bench.raw("deleteSecurityGroup", &[("name", "web")]);
    assert_eq!(groups(&made(&bench, config, vm, guarded(json!([]))).await), ["web"]);
}

/// A group that the operator has made is used as it is.
#[tokio::test]
async fn a_group_that_is_there_keeps_its_rules() {
    let bench = Bench::new().await;
    bench.raw("createSecurityGroup", &[("name", "web")]);
    let config = json!({"security_groups_create": true,
                        "security_group_rules": {"web": [{"ports": 22}]}});
    made(&bench, config, json!({"security_groups": ["web"]}), guarded(json!([]))).await;
    let group = bench.rows("listSecurityGroups", "securitygroup", &[("securitygroupname", "web")]);
    assert_eq!(group[0]["ingressrule"], json!([]));
}

/// A group that was made for a VM which then fails is not left, although it lets itself in;
/// one that was there stays.
#[tokio::test]
async fn a_failed_vm_leaves_no_group() {
    let bench = Bench::new().await;
    bench.raw("createSecurityGroup", &[("name", "mine")]);
    let before = count(&bench);
    let cloud = bench.cloud_with(json!({
        "security_groups_create": true,
        "security_group_rules": {"web": [{"group": "web"}, {"group": "web", "direction": "egress"}]},
    }));
    let vm = json!({"zone": "advsg2", "security_groups": ["web", "mine"]});
    bench.simulator.declare_faults(vec![Fault {
        command: "deployVirtualMachine".into(),
        occurrence: 1,
        times: 1,
        when: When::After,
        kind: FaultKind::JobFailure,
    }]);
    ask(&cloud, "create_vm", vm_arguments(vm, guarded(json!([])))).await.unwrap_err();
    assert_eq!(bench.inventory(), Vec::<String>::new());
    assert_eq!(count(&bench), before);
}

/// Said with what to do, before anything is made.
#[tokio::test]
async fn a_zone_without_security_groups_refuses_them() {
    let bench = Bench::new().await;
    bench.raw("createSecurityGroup", &[("name", "web")]);
    let before = count(&bench);
    for create in [false, true] {
        let cloud = bench.cloud_with(json!({"security_groups_create": create}));
        let vm = vm_arguments(json!({"security_groups": ["web"]}), json!({}));
        let error = ask(&cloud, "create_vm", vm).await.unwrap_err();
        assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", false));
        assert!(error.message.contains("leave out security_groups"), "{error}");
    }
    assert_eq!((bench.inventory(), count(&bench)), (Vec::new(), before));
}

/// A name that is mistyped is said, and how the group could come to be.
#[tokio::test]
async fn an_unknown_group_is_refused_by_name() {
    let bench = Bench::new().await;
    let vm =
        vm_arguments(json!({"zone": "advsg2", "security_groups": ["wbe"]}), guarded(json!([])));
    let error = bench.ask("create_vm", vm).await.unwrap_err();
    assert!(error.message.contains("wbe") && error.message.contains("security_groups_create"));
}

/// What is wrong with a rule is found before the cloud is asked to make it.
#[tokio::test]
async fn a_rule_for_both_a_range_and_a_group_is_refused() {
    let bench = Bench::new().await;
    let rules = json!({"web": [{"group": "db", "cidr": "10.0.0.0/8"}]});
    let vm = json!({"zone": "advsg2", "security_groups": ["web"], "security_groups_create": true,
                    "security_group_rules": rules});
    let before = count(&bench);
    let error = bench.ask("create_vm", vm_arguments(vm, guarded(json!([])))).await.unwrap_err();
    assert!(error.message.contains("security_group_rules.web"), "{error}");
    assert_eq!((bench.inventory(), count(&bench)), (Vec::new(), before));
}
