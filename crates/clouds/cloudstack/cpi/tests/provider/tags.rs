//! Metadata: the difference is written, foreign tags stay, and nothing of it fails a deploy.

use crate::bench::*;
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};

fn tags(row: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let tags = row["tags"].as_array().unwrap();
    let mut tags: Vec<_> =
        tags.iter().map(|tag| (text(&tag["key"]), text(&tag["value"]))).collect();
    tags.sort();
    tags
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// Twice the same writes nothing; a changed value is replaced; a foreign tag stays.
#[tokio::test]
async fn a_vm_s_tags_and_name_follow_its_instance() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    bench.raw(
        "createTags",
        &[
            ("resourceids", &vm),
            ("resourcetype", "UserVm"),
            ("tags[0].key", "foreign"),
            ("tags[0].value", "x"),
        ],
    );
    let first = json!({"name": "router/1", "index": 0, "empty": "", "none": null});
    bench.ask("set_vm_metadata", json!([vm, first])).await.unwrap();
    let row = bench.vm_row(&vm);
    assert_eq!(tags(&row), [pair("foreign", "x"), pair("index", "0"), pair("name", "router/1")]);
    assert_eq!(row["displayname"], "router/1");

    let second = json!({"name": "router/2", "Index": 0, "job": "x".repeat(300)});
    bench.ask("set_vm_metadata", json!([vm, second])).await.unwrap();
    let row = bench.vm_row(&vm);
    let long = "x".repeat(255);
    let expected =
        [pair("Index", "0"), pair("foreign", "x"), pair("job", &long), pair("name", "router/2")];
    assert_eq!(tags(&row), expected);
    assert_eq!(row["displayname"], "router/2");

    for gone in [NOWHERE, "cpivm-none"] {
        let error = bench.ask("set_vm_metadata", json!([gone, {}])).await.unwrap_err();
        assert_eq!(kind(&error), "VMNotFound", "{error}");
    }
}

#[tokio::test]
async fn a_disk_s_tags_follow_its_instance() {
    let bench = Bench::new().await;
    let disk = bench.disk().await;
    bench
        .ask("set_disk_metadata", json!([disk, {"deployment": "cf", "instance_index": 1}]))
        .await
        .unwrap();
    bench.ask("set_disk_metadata", json!([disk, {"deployment": "cf2"}])).await.unwrap();
    let expected = [pair("deployment", "cf2"), pair("instance_index", "1")];
    assert_eq!(tags(&bench.volume_row(&disk)), expected);
    let error = bench.ask("set_disk_metadata", json!([NOWHERE, {"a": "b"}])).await.unwrap_err();
    assert_eq!(kind(&error), "DiskNotFound", "{error}");
}

/// A tag that cannot be written is no reason to fail a deploy.
#[tokio::test]
async fn a_tag_that_cannot_be_written_fails_nothing() {
    let bench = Bench::new().await;
    let (vm, disk) = (bench.vm().await, bench.disk().await);
    for command in ["createTags", "updateVirtualMachine"] {
        bench.simulator.declare_faults(vec![Fault {
            command: command.into(),
            occurrence: 1,
            times: 9,
            when: When::Before,
            kind: FaultKind::Reset,
        }]);
        bench.ask("set_vm_metadata", json!([vm, {"name": command}])).await.unwrap();
        bench.ask("set_disk_metadata", json!([disk, {"name": command}])).await.unwrap();
        assert!(bench.simulator.faults_struck() > 0, "{command}");
    }
}
