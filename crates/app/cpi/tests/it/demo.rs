//! The demo, as a newcomer runs it.

use serde_json::Value;
use std::process::{Command, Output, Stdio};

fn demo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cpi"))
        .arg("demo")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What a director calls for a VM with a persistent disk.
const METHODS: [&str; 16] = [
    "create_stemcell",
    "create_vm",
    "set_vm_metadata",
    "create_disk",
    "attach_disk",
    "set_disk_metadata",
    "get_disks",
    "has_disk",
    "snapshot_disk",
    "detach_disk",
    "resize_disk",
    "reboot_vm",
    "delete_snapshot",
    "delete_vm",
    "delete_disk",
    "delete_stemcell",
];

#[test]
fn the_story_is_told_to_its_end_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let html = folder.path().join("demo.html");
    let output = demo(&["--html", html.to_str().unwrap()]);
    let story = text(&output.stdout);
    assert!(output.status.success(), "{story}\n{}", text(&output.stderr));
    let page = std::fs::read_to_string(html).unwrap();
    for method in METHODS {
        assert!(story.contains(method), "{method} is missing from the story");
        assert!(page.contains(method), "{method} is missing from the page");
    }
    assert!(story.contains("the agent in the VM reads its settings: agent_id agent-2"), "{story}");
    assert!(story.contains("Left in the cloud: nothing."), "{story}");
    assert!(page.contains("deployVirtualMachine") && page.contains("</html>"));
}

/// The same story on the second cloud, where nothing that is paid for may be left either.
#[test]
fn the_story_is_told_on_softlayer_too() {
    let output = demo(&["--cloud", "softlayer"]);
    let story = text(&output.stdout);
    assert!(output.status.success(), "{story}\n{}", text(&output.stderr));
    for method in METHODS {
        assert!(story.contains(method), "{method} is missing from the story");
    }
    assert!(story.contains("An embedded SoftLayer serves"), "{story}");
    assert!(story.contains("SoftLayer_Product_Order::placeOrder"), "{story}");
    assert!(story.contains("Left in the cloud: nothing."), "{story}");
}

#[test]
fn a_cloud_without_room_breaks_the_story_off_and_still_nothing_is_left() {
    let world = simulator_world().replace("role: admin", "role: admin\n  limits: { user_vm: 0 }");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.yaml");
    std::fs::write(&path, world).unwrap();
    let output = demo(&["--json", "--world", path.to_str().unwrap()]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report["good"], false);
    let failure = report["report"]["failure"].as_str().unwrap();
    assert!(failure.starts_with("create_vm: Bosh::Clouds::VMCreationFailed"), "{failure}");
    assert_eq!(report["report"]["left"].as_array().unwrap().len(), 0, "{report}");
}

fn simulator_world() -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_cpi")).args(["sim", "--print-world"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
