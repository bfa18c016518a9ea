//! The pipeline for an operator's own cloud: its files are there, what a task needs has been
//! made before it, and the cloud-config of BATS is what the CPI takes.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use xtask::conform::by_definition;
use xtask::{job, root, schema};

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(|thing| thing["name"].as_str())
}

fn keys(hash: &Value) -> BTreeSet<&str> {
    hash.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// The steps of a plan, one after the other.
fn steps(plan: &Value) -> Vec<&Value> {
    let each = plan.as_array().unwrap().iter();
    each.flat_map(|step| match step["in_parallel"].as_array() {
        Some(steps) => steps.iter().collect(),
        None => vec![step],
    })
    .collect()
}

#[test]
fn every_task_finds_what_it_needs() {
    let pipeline = read("ci/pipeline.yml");
    let resources: BTreeSet<_> = names(&pipeline["resources"]).collect();
    for job in pipeline["jobs"].as_array().unwrap() {
        let mut there = BTreeSet::new();
        let mut tasks = 0;
        for step in steps(&job["plan"]).into_iter().chain([&job["ensure"]]) {
            if let Some(name) = step["get"].as_str() {
                assert!(resources.contains(name), "there is no resource {name}");
                there.insert(name.to_owned());
                continue;
            }
            let file = step["file"].as_str().unwrap().strip_prefix("cpi/").unwrap();
            let task = read(file);
            for input in task["inputs"].as_array().unwrap() {
                let name = input["name"].as_str().unwrap();
                assert!(there.contains(name), "{file}: nobody has made {name}");
            }
            let (given, wanted) = (keys(&step["params"]), keys(&task["params"]));
            assert_eq!(given, wanted, "{file}: params");
            there.extend(names(&task["outputs"]).map(str::to_owned));
            script_is_well_formed(file, &task);
            tasks += 1;
        }
        assert_eq!(tasks, 4);
    }
}

fn script_is_well_formed(file: &str, task: &Value) {
    assert_eq!((&task["run"]["path"], &task["run"]["args"][0]), (&"bash".into(), &"-euc".into()));
    let script = task["run"]["args"][1].as_str().unwrap();
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success(), "{file}");
}

/// As BATS renders it: the properties are objects with methods.
const RENDER: &str = "require 'erb'; require 'json'; require 'ostruct'\n\
    input = JSON.parse($stdin.read, object_class: OpenStruct)\n\
    properties = input.properties\n\
    print ERB.new(File.read(ARGV[0]), trim_mode: '-').result(binding)";

#[test]
fn the_cloud_config_of_bats_is_what_the_cpi_takes() {
    if !job::has_ruby() {
        test_support::skip("ruby is not installed (Debian's package 'ruby')");
        return;
    }
    let mut ruby = Command::new("ruby")
        .args(["-e", RENDER])
        .arg(root().join("ci/bats/cloud_config_cloudstack.yml.erb"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut spec = read("ci/bats/spec.yml");
    let disks = serde_json::json!([{"name": "fast", "disk_size": 2048}]);
    spec["properties"]["disk_types"] = disks;
    ruby.stdin.take().unwrap().write_all(spec.to_string().as_bytes()).unwrap();
    let output = ruby.wait_with_output().unwrap();
    assert!(output.status.success());
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = schema::load(&root()).unwrap();
    let check = |definition: &str, properties: &Value, at: &str| {
        assert!(properties.is_object(), "{at}: {properties}");
        assert_eq!(by_definition(&schema, definition, properties, at), Vec::<String>::new());
    };
    check("VmProperties", &config["azs"][0]["cloud_properties"], "azs");
    check("VmProperties", &config["vm_types"][0]["cloud_properties"], "vm_types");
    check("DiskProperties", &config["disk_types"][0]["cloud_properties"], "disk_types");
    let networks = config["networks"].as_array().unwrap();
    assert_eq!(networks.len(), 3);
    for network in &networks[1..] {
        let subnet = &network["subnets"][0];
        check("NetworkProperties", &subnet["cloud_properties"], "networks");
        assert!(subnet["range"].is_string() && subnet["static"].is_array(), "{subnet}");
    }
}
