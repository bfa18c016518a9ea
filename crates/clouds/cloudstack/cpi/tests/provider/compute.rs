//! What a VM is made of: sizes, settings, firmware, keys.

use crate::bench::*;
use cpi_kit::{GcPolicy, Provider, Verdict};
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};

const KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 operator@example.com";

async fn row(bench: &Bench, vm: Value) -> Value {
    let made = bench.ask("create_vm", vm_arguments(vm, json!({}))).await.unwrap();
    bench.vm_row(made[0].as_str().unwrap())
}

async fn refused(bench: &Bench, vm: Value) -> String {
    let error = bench.ask("create_vm", vm_arguments(vm, json!({}))).await.unwrap_err();
    assert_eq!(bench.inventory(), Vec::<String>::new());
    error.message
}

fn keys(bench: &Bench) -> Vec<String> {
    let rows = bench.rows("listSSHKeyPairs", "sshkeypair", &[]);
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// A custom offering takes any size, a constrained one those within its limits, which the
/// refusal tells; nothing is asked of the cloud for it.
#[tokio::test]
async fn custom_offerings_are_sized_within_their_limits() {
    let bench = Bench::new().await;
    let error = refused(
        &bench,
        json!({"compute_offering": "bosh.constrained", "cpu": 9,
                                       "ram": 512}),
    );
    let error = error.await;
    assert!(error.contains("arguments[2].cpu: 9 is not between 1 and 4"), "{error}");
    let error = refused(
        &bench,
        json!({"compute_offering": "bosh.constrained", "cpu": 2,
                                       "ram": 4096}),
    );
    let error = error.await;
    assert!(error.contains("arguments[2].ram: 4096 is not between 256 and 2048"), "{error}");
    let wanted = json!({"compute_offering": "bosh.constrained", "cpu": 2, "ram": 512});
    let constrained = row(&bench, wanted).await;
    assert_eq!((&constrained["cpunumber"], &constrained["cpuspeed"]), (&json!(2), &json!(500)));
    let wanted = json!({"compute_offering": "bosh.custom", "cpu": 3, "ram": 768, "cpu_speed": 900});
    let custom = row(&bench, wanted).await;
    let size = [&custom["cpunumber"], &custom["memory"], &custom["cpuspeed"]];
    assert_eq!(size, [&json!(3), &json!(768), &json!(900)]);
}

/// Settings reach the VM as CloudStack knows them, firmware and disk controllers included.
#[tokio::test]
async fn settings_reach_the_vm() {
    let bench = Bench::new().await;
    let row = row(
        &bench,
        json!({"details": {"rootDiskController": "pvscsi", "nicAdapter": "Vmxnet3"},
                                 "root_disk_size": 9000, "boot_type": "UEFI"}),
    )
    .await;
    assert_eq!(row["details"]["rootDiskController"], "pvscsi");
    assert_eq!(row["details"]["rootdisksize"], "9");
    let call = bench.simulator.calls().into_iter().find(|it| it.command == "deployVirtualMachine");
    let params = call.unwrap().params;
    let sent = |name: &str| params.get(name).cloned();
    assert_eq!(sent("boottype").as_deref(), Some("UEFI"));
    assert_eq!(sent("bootmode").as_deref(), Some("LEGACY"));
}

/// A key pair by its name; its key, where the name is not registered yet: two calls, once.
#[tokio::test]
async fn a_public_key_is_registered_once() {
    let bench = Bench::new().await;
    bench.vm().await;
    bench.calls();
    let wanted = json!({"key_name": "ops", "public_key": KEY});
    let made = bench.ask("create_vm", vm_arguments(wanted.clone(), json!({}))).await.unwrap();
    assert_eq!(
        bench.calls(),
        ["deployVirtualMachine", "registerSSHKeyPair", "deployVirtualMachine"]
    );
    assert_eq!(bench.vm_row(made[0].as_str().unwrap())["keypairs"], "ops");
    bench.calls();
    bench.ask("create_vm", vm_arguments(wanted, json!({}))).await.unwrap();
    assert_eq!(bench.calls(), ["deployVirtualMachine"]);
}

/// Without a name the key has one of ours, which gc knows.
#[tokio::test]
async fn a_key_without_a_name_is_garbage_once_no_vm_has_it() {
    let bench = Bench::new().await;
    let cloud = bench.cloud_with(json!({"default_public_key": KEY}));
    let made = ask(&cloud, "create_vm", vm_arguments(json!({}), json!({}))).await.unwrap();
    let name = bench.vm_row(made[0].as_str().unwrap())["keypairs"].clone();
    let verdict = async || {
        let found = cloud.garbage(&GcPolicy::default()).await.unwrap();
        let mut keys = found.into_iter().filter(|found| found.kind == "key pair");
        let key = keys.next().unwrap();
        assert_eq!((json!(key.name), keys.next().is_none()), (name.clone(), true));
        key
    };
    assert_eq!(verdict().await.verdict, Verdict::Keep);
    ask(&cloud, "delete_vm", json!([made[0]])).await.unwrap();
    let found = verdict().await;
    assert_eq!(found.verdict, Verdict::Delete);
    cloud.delete_garbage(&found).await.unwrap();
    assert_eq!(keys(&bench), ["bosh"], "the operator's stays");
}

/// What was registered for a VM that fails is gone with it.
#[tokio::test]
async fn a_failed_vm_leaves_no_key() {
    let bench = Bench::new().await;
    bench.simulator.declare_faults(vec![Fault {
        command: "deployVirtualMachine".into(),
        occurrence: 2, // the first is refused, as the key is not registered yet
        times: 1,
        when: When::After,
        kind: FaultKind::JobFailure,
    }]);
    refused(&bench, json!({"key_name": "ops", "public_key": KEY})).await;
    assert_eq!(keys(&bench), ["bosh"]);
}

/// A name without a key is the operator's to register; a key that is none is said so.
#[tokio::test]
async fn keys_that_cannot_be_used_are_refused() {
    let bench = Bench::new().await;
    let error = refused(&bench, json!({"key_name": "ops"})).await;
    assert!(error.contains("give its public_key"), "{error}");
    let error = refused(&bench, json!({"key_name": "ops", "public_key": "none"})).await;
    assert!(error.contains("registering the public key 'ops'"), "{error}");
    assert_eq!(keys(&bench), ["bosh"]);
}
