//! A stemcell of a VM: stopped, captured, started again; and undone where that fails.

use crate::bench::*;
use bosh_cpi::{CpiError, VmCid};
use cpi_kit::{Capture, Captured, Provider, Sharing};
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};

async fn capture(bench: &Bench, vm: &str, sharing: Sharing) -> Result<Captured, CpiError> {
    capture_and(bench, vm, sharing, &mut |_| Ok(())).await
}

async fn capture_and(
    bench: &Bench,
    vm: &str,
    sharing: Sharing,
    keep: &mut dyn FnMut(&Captured) -> Result<(), CpiError>,
) -> Result<Captured, CpiError> {
    let cloud = bench.cloud();
    let wanted = Capture { vm: VmCid::new(vm).unwrap(), note: "noble 1".into(), sharing };
    let captured = Provider::capture(&cloud, &wanted, keep).await;
    cloud.answer_was_written().await;
    captured
}

fn templates(bench: &Bench) -> Vec<Value> {
    bench.rows("listTemplates", "template", &[("templatefilter", "self")])
}

/// The image is of the VM's OS type, so that a VM of it has the same disks.
#[tokio::test]
async fn a_vm_is_captured_and_runs_again() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    let os_type = bench.vm_row(&vm)["ostypeid"].clone();
    bench.calls();
    let captured = capture(&bench, &vm, Sharing::Public).await.unwrap();
    let calls = bench.calls();
    let changes: Vec<_> = calls.iter().filter(|call| !call.starts_with("list")).collect();
    assert_eq!(changes, ["stopVirtualMachine", "createTemplate", "startVirtualMachine"]);
    let row = templates(&bench).remove(0);
    assert_eq!((&row["id"], &row["isready"]), (&json!(captured.image), &json!(true)));
    assert_eq!((&row["ostypeid"], &row["ispublic"]), (&os_type, &json!(true)));
    assert_eq!(captured.cloud_properties["template_id"], json!(captured.image));
    assert_eq!(bench.vm_row(&vm)["state"], "Running");
    let again = capture(&bench, &vm, Sharing::Own).await.unwrap();
    assert_ne!(again.image, captured.image);
}

/// An image that nobody could note is nobody's.
#[tokio::test]
async fn what_cannot_be_kept_is_undone() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    let keep = &mut |_: &Captured| Err(CpiError::cpi("the disk is full"));
    let error = capture_and(&bench, &vm, Sharing::Own, keep).await.unwrap_err();
    assert_eq!(error.message, "the disk is full");
    assert_eq!((templates(&bench).len(), &bench.vm_row(&vm)["state"]), (0, &json!("Running")));
}

/// A lost answer is looked up; nothing is done twice.
#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    for command in ["stopVirtualMachine", "createTemplate", "startVirtualMachine"] {
        let (kind, when) = (FaultKind::Reset, When::After);
        let fault = Fault { command: command.into(), occurrence: 1, times: 1, when, kind };
        bench.simulator.declare_faults(vec![fault]);
        let captured = capture(&bench, &vm, Sharing::Own).await;
        assert_eq!(bench.simulator.faults_struck(), 1, "{command}");
        // The VM runs again either way; a template is there if that was answered.
        assert_eq!(bench.vm_row(&vm)["state"], "Running", "{command}");
        let there = templates(&bench);
        assert_eq!(there.len(), usize::from(captured.is_ok()), "{command}: {captured:?}");
        for row in there {
            bench.raw("deleteTemplate", &[("id", row["id"].as_str().unwrap())]);
        }
    }
}
