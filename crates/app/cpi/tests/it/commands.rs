//! The subcommands, as a person or a driver runs them.

use crate::support::{config, cpi, stderr, stdout};
use serde_json::{Value, json};

#[test]
fn call_names_what_is_wrong_before_it_asks_anybody() {
    let (_folder, config) = config("http://127.0.0.1:9/nowhere", &json!({}));
    let cases: &[(&[&str], &str)] = &[
        (&["call", "info"], "--config FILE"),
        (&["--config", &config, "call", "has_vm", "vm-1"], "not JSON"),
        (&["--config", &config, "call", "has_vm", "\"vm-1\""], "no JSON array"),
        (&["--config", &config, "call", "has_vm", "[1]"], "arguments[0]: expected a VM CID"),
        (&["--config", &config, "call", "fly"], "Bosh::Clouds::NotImplemented"),
        (&["--config", &config, "call", "info", "--context", "/nowhere"], "/nowhere"),
    ];
    for (arguments, expected) in cases {
        let refused = cpi(arguments);
        assert!(stderr(&refused).contains(expected), "{arguments:?}: {}", stderr(&refused));
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
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
