//! The subcommands, as a person or a driver runs them.

use crate::support::{CPI, config, cpi, stderr, stdout};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

#[test]
fn call_names_what_is_wrong_before_it_asks_anybody() {
    let (_folder, config) = config("http://127.0.0.1:9/nowhere", &json!({}));
    // 1: it was called, and answered an error; 2: it could not be called.
    let cases: &[(&[&str], &str, i32)] = &[
        (&["call", "info"], "--config FILE", 2),
        (&["--config", &config, "call", "has_vm", "vm-1"], "not JSON", 2),
        (&["--config", &config, "call", "has_vm", "\"vm-1\""], "no JSON array", 2),
        (&["--config", &config, "call", "has_vm", "[1]"], "arguments[0]: expected a VM CID", 1),
        (&["--config", &config, "call", "fly"], "Bosh::Clouds::NotImplemented", 1),
        (&["--config", &config, "call", "info", "--context", "/nowhere"], "/nowhere", 2),
        (&["--config", &config, "gc"], "--director-uuid UUID", 2),
        (&["--config", &config, "gc", "--director-uuid", "5c9f"], "expected a UUID", 2),
        (&["--config", &config, "schema"], "takes no --config", 2),
    ];
    for (arguments, expected, code) in cases {
        let refused = cpi(arguments);
        assert!(stderr(&refused).contains(expected), "{arguments:?}: {}", stderr(&refused));
        assert_eq!(refused.status.code(), Some(*code), "{arguments:?}");
    }
}

#[test]
fn help_lists_every_method_with_its_arguments() {
    let help = stdout(&cpi(&["call", "--help"]));
    for method in bosh_cpi::METHODS {
        assert!(help.contains(method.name), "{} is missing", method.name);
    }
    assert!(help.contains("create_disk size [cloud_properties] [vm_cid]"), "{help}");
}

#[test]
fn completions_and_version_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&cpi(&["completions", shell])).contains("cpi"), "{shell}");
    }
    assert!(stdout(&cpi(&["--version"])).starts_with("cpi 0."));
}

#[test]
fn schema_is_json() {
    let schema: Value = serde_json::from_str(&stdout(&cpi(&["schema"]))).unwrap();
    let vm = &schema["$defs"]["cloud_properties"]["cloudstack"]["vm"];
    assert!(vm.is_object(), "{vm}");
}

/// `cpi schema | head` is no failure.
#[test]
fn who_reads_no_further_is_no_failure() {
    let mut schema = Command::new(CPI);
    let schema = schema.arg("schema").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = schema.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}
