//! `cpi rehearse`, as CI runs it: CPI, embedded cloud and built-in agent together.

use serde_json::Value;
use std::process::{Command, Output, Stdio};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../manifests/rehearsal.yml");

fn rehearse(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cpi"))
        .arg("rehearse")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The manifest that is shipped goes through from create to delete, in the CLI's order, and
/// leaves nothing; the generated password is not shown.
#[test]
fn the_shipped_manifest_goes_through_and_leaves_nothing() {
    let output = rehearse(&["--embedded", "--json", MANIFEST]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report}\n{}", text(&output.stderr));
    assert_eq!(report["good"], true);
    assert_eq!(report["report"]["left"], serde_json::json!([]));
    let steps = report["report"]["steps"].as_array().unwrap();
    let calls = |phase: &str| -> Vec<&str> {
        let of = steps.iter().filter(|step| step["phase"] == phase && step["to"] == "cpi");
        of.map(|step| step["name"].as_str().unwrap()).collect()
    };
    let first = "info create_stemcell create_vm set_vm_metadata create_disk attach_disk \
        set_disk_metadata";
    assert_eq!(calls("create").join(" "), first);
    let again = "info has_vm delete_vm create_vm set_vm_metadata attach_disk set_disk_metadata \
        create_disk attach_disk set_disk_metadata detach_disk delete_disk";
    assert_eq!(calls("recreate").join(" "), again);
    assert!(steps.iter().any(|step| step["name"] == "migrate_disk"));
    let checks = steps.iter().filter(|step| step["to"] == "check").count();
    assert_eq!(checks, 2, "what agents wrote is looked at before and after the migration");
}

/// Whoever forgets variables is told which.
#[test]
fn variables_without_a_value_are_named() {
    let output = rehearse(&["-v", "cloudstack_endpoint=http://127.0.0.1:1", MANIFEST]);
    let words = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(words.contains("cloudstack_api_key, cloudstack_secret_access_key"), "{words}");
}

/// A CPI that fails makes the rehearsal fail: there are no VMs in this cloud.
#[test]
fn a_failure_is_told_and_nothing_is_left() {
    let world = Command::new(env!("CARGO_BIN_EXE_cpi")).args(["sim", "--print-world"]).output();
    let world = text(&world.unwrap().stdout)
        .replace("role: admin", "role: admin\n  limits: { user_vm: 0 }");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.yaml");
    std::fs::write(&path, world).unwrap();
    let world = path.to_str().unwrap();
    let output = rehearse(&["--embedded", "--json", "--world", world, MANIFEST]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let failure = report["report"]["failure"].as_str().unwrap();
    assert!(failure.contains("VMCreationFailed"), "{failure}");
    assert_eq!(report["report"]["left"], serde_json::json!([]));
}
