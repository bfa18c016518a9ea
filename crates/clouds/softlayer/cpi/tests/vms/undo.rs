//! No leak of anything billed: whatever goes wrong, and whoever dies.

use crate::bench::{Bench, arguments, private};
use cpi_kit::{GcPolicy, Provider, Verdict};
use serde_json::json;
use simulator_kit::fault::When;

/// An order whose answer is lost is found by its host name, and not placed again.
#[tokio::test]
async fn a_lost_answer_to_the_order_is_looked_up() {
    let bench = Bench::new();
    bench.lose("SoftLayer_Virtual_Guest::createObject", When::After);
    let cid = bench.vm().await;
    assert_eq!(bench.simulator.inventory().vms.len(), 1);
    assert_eq!(bench.settings(&cid)["agent_id"], "agent-1");
}

/// An order that did not arrive is told as a failure, and nothing is billed.
#[tokio::test]
async fn an_order_that_did_not_arrive_leaves_nothing() {
    let bench = Bench::new();
    bench.lose("SoftLayer_Virtual_Guest::createObject", When::Before);
    let error = bench.ask("create_vm", arguments(json!({}), private())).await.unwrap_err();
    assert!(error.message.contains("createObject"), "{error:?}");
    bench.assert_clean();
    assert!(bench.simulator.inventory().vms.is_empty());
}

/// The Go release leaked a billed VM when its settings could not be written.
#[tokio::test]
async fn a_vm_that_cannot_have_its_settings_is_removed() {
    let bench = Bench::new();
    let small = json!({"ssh_public_key": "ssh-rsa AAAAB3NzaC1yc2E a"});
    let refusal = simulator_kit::fault::FaultKind::Answer {
        status: 500,
        body: r#"{"error":"No.","code":"SoftLayer_Exception_Public"}"#.to_owned(),
    };
    bench.simulator.declare_faults(vec![simulator_kit::fault::Fault {
        command: "SoftLayer_Virtual_Guest::setUserMetadata".to_owned(),
        occurrence: 1,
        times: 9,
        when: When::Before,
        kind: refusal,
    }]);
    let call = bench.ask_with(small, "create_vm", arguments(json!({}), private()));
    let error = call.await.unwrap_err();
    assert!(error.message.contains("No."), "{error:?}");
    bench.assert_clean();
}

/// Every changing call of a VM's life may lose its answer, or never arrive; nothing stays.
#[tokio::test]
async fn no_lost_answer_leaves_anything() {
    for when in [When::Before, When::After] {
        for command in [
            "SoftLayer_Security_Ssh_Key::createObject",
            "SoftLayer_Virtual_Guest::createObject",
            "SoftLayer_Virtual_Guest::setUserMetadata",
            "SoftLayer_Virtual_Guest::powerOff",
            "SoftLayer_Virtual_Guest::deleteObject",
        ] {
            let bench = Bench::new();
            let key = json!({"ssh_public_key": "ssh-rsa AAAAB3NzaC1yc2E a"});
            bench.lose(command, when);
            let vm = arguments(json!({}), private());
            let mut created = bench.ask_with(key.clone(), "create_vm", vm.clone()).await;
            if created.is_err() {
                bench.assert_clean();
                created = bench.ask_with(key, "create_vm", vm).await;
            }
            let cid = created.unwrap()[0].clone();
            if bench.ask("delete_vm", json!([cid])).await.is_err() {
                bench.ask("delete_vm", json!([cid])).await.unwrap();
            }
            let left = bench.simulator.inventory();
            assert!(left.billed.is_empty(), "{command} {when:?}: {:?}", left.billed);
            assert!(left.vms.is_empty(), "{command} {when:?}: {:?}", left.vms);
            assert!(left.ssh_keys.len() == 1, "{command} {when:?}: {:?}", left.ssh_keys);
        }
    }
}

/// A VM of which no director knows is garbage; one that it has tagged is not.
#[tokio::test]
async fn a_vm_that_nobody_knows_is_garbage() {
    let bench = Bench::new();
    let vm = json!({"hostname_prefix": "web"});
    let (unknown, _) = bench.vm_of(vm.clone(), private()).await;
    let (known, _) = bench.vm_of(vm, private()).await;
    bench.ask("set_vm_metadata", json!([known, {"director": "d1"}])).await.unwrap();
    let cloud = bench.cloud(json!({}));
    let found = cloud.garbage(&GcPolicy::default()).await.unwrap();
    let verdict = |cid: &str| found.iter().find(|it| it.cid == cid).unwrap().verdict;
    assert_eq!((verdict(&unknown), verdict(&known)), (Verdict::Delete, Verdict::Keep));
    let garbage = found.iter().find(|it| it.cid == unknown).unwrap();
    cloud.delete_garbage(garbage).await.unwrap();
    assert_eq!(bench.ask("has_vm", json!([unknown])).await.unwrap(), false);
    assert_eq!(bench.ask("has_vm", json!([known])).await.unwrap(), true);
}

/// A process that dies in the midst leaves its journal, from which the next one cleans up: at every
/// changing call, before and after it took effect.
#[tokio::test]
async fn a_dead_process_leaves_nothing_to_the_next() {
    for command in ["createObject", "setUserMetadata"] {
        for occurrence_after in [false, true] {
            let bench = Bench::new();
            // The answer hangs for longer than the process lives.
            let when = if occurrence_after { When::After } else { When::Before };
            let fault = simulator_kit::fault::Fault {
                command: format!("SoftLayer_Virtual_Guest::{command}"),
                occurrence: 1,
                times: 1,
                when,
                kind: simulator_kit::fault::FaultKind::Hang { seconds: 600.0 },
            };
            bench.simulator.declare_faults(vec![fault]);
            let call = bench.ask("create_vm", arguments(json!({}), private()));
            let struck = async {
                while bench.simulator.faults_struck() == 0 {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            };
            // Dropped as soon as the fault has struck: the process is gone.
            tokio::select! {
                _ = call => panic!("{command} should not have been answered"),
                () = struck => {}
            }
            bench.simulator.declare_faults(Vec::new());
            let cloud = bench.cloud(json!({}));
            let recovery = cloud.recover().await.unwrap();
            assert!(recovery.left.is_empty(), "{command} {when:?}");
            bench.assert_clean();
        }
    }
}
