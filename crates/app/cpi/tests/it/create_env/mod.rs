//! The true `bosh create-env`: the bosh CLI installs our release and starts our CPI, the CPI
//! makes a VM in the embedded cloud, and in it a real bosh-agent reads our settings from the
//! VM's metadata service. Needs `bosh` and `bosh-agent`, on PATH or in BOSH_CLI and BOSH_AGENT.

mod parts;
mod stage;

use stage::Stage;
use trials::demo::left;

/// Each of `lines` stands in `text`, in this order.
fn in_order(text: &str, lines: &[&str]) {
    let mut rest = text;
    for line in lines {
        let at =
            rest.find(line).unwrap_or_else(|| panic!("no '{line}' (in its place) in:\n{text}"));
        rest = &rest[at + line.len()..];
    }
}

/// A first create, a recreate with a bigger disk to which the old one's content goes, the same
/// manifest once more, and delete-env: each as an operator sees it, and nothing stays.
#[test]
fn create_env_recreate_and_delete_env_go_through() {
    let Some(stage) = Stage::set() else { return };

    let said = stage.bosh("create-env", 1024);
    in_order(
        &said,
        &[
            "Started installing CPI",
            "Installing packages",
            "Rendering job templates",
            "Uploading stemcell",
            "Creating VM for instance 'probe/0'",
            "Waiting for the agent on VM",
            "Creating disk",
            "Attaching disk",
            "Compiling package 'probe/",
            "Updating instance 'probe/0'",
            "Waiting for instance 'probe/0' to be running",
            "Running the post-start scripts 'probe/0'",
            "Succeeded",
        ],
    );
    assert_eq!(stage.cloud.inventory().vms.len(), 1);
    // Root, ephemeral and persistent disk.
    assert_eq!(stage.volumes(), 3);
    let agent = stage.agent_log();
    in_order(&agent, &["mount_disk", "compile_package", "apply", "pre-start", "post-start"]);

    let said = stage.bosh("create-env", 2048);
    in_order(
        &said,
        &[
            "Waiting for the agent on VM",
            "Draining jobs on instance 'unknown/0'",
            "Stopping jobs on instance 'unknown/0'",
            "Unmounting disk",
            "Deleting VM",
            "Creating VM for instance 'probe/0'",
            "Attaching disk",
            "Creating disk",
            "Attaching disk",
            "Migrating disk content",
            "Detaching disk",
            "Deleting disk",
            "Succeeded",
        ],
    );
    assert_eq!(stage.volumes(), 3, "the small disk is gone");
    let second = &stage.agent_log()[agent.len()..];
    in_order(second, &["mount_disk", "migrate_disk", "remove_persistent_disk", "apply"]);

    let calls = stage.cloud.calls().len();
    let said = stage.bosh("create-env", 2048);
    in_order(&said, &["No deployment, stemcell or release changes. Skipping deploy."]);
    assert_eq!(stage.cloud.calls().len(), calls, "nothing to do, and nothing asked of the cloud");

    let said = stage.bosh("delete-env", 2048);
    in_order(&said, &["Deleting VM", "Deleting disk", "Deleting stemcell", "Succeeded"]);
    let left: Vec<String> =
        left(&stage.cloud.inventory()).iter().map(ToString::to_string).collect();
    assert_eq!(left, Vec::<String>::new());
    assert!(stage.cloud.agents().is_empty(), "no agent lives on");
}
