//! What operators may write, and what comes of it.

use super::*;
use crate::properties::timeouts::Wait;
use bosh_cpi::CloudProperties;
use schemars::schema_for;
use serde_json::{Map, Value, json};

fn config(value: Value) -> CloudStackProperties {
    serde_json::from_value(value).unwrap()
}

fn cloud_properties(value: Value) -> CloudProperties {
    let Value::Object(map) = value else { panic!("a hash is wanted") };
    CloudProperties::new("arguments[2]", map)
}

/// The Go CPI's job renders all of its properties, the useless and the empty ones too. Its
/// users must be able to move over without a warning.
#[test]
fn a_config_of_the_go_cpi_is_taken_as_it_is() {
    let go = json!({
        "endpoint": "https://cloud.example/client/api", "api_key": "k", "secret_access_key": "s",
        "default_zone": "Zone1", "skip_verify_ssl": false, "expunge_vm": true,
        "default_key_name": "", "private_key": "-----BEGIN",
        "timeout": {"global": 1800, "reboot_vm": 1800, "create_vm": 1800, "delete_vm": 1800,
            "stop_vm": 1800, "create_volume": 1800, "delete_volume": 1800, "resize_volume": 1800,
            "poll_template": 1800, "snapshot_volume": 1800, "delete_snapshot_volume": 1800,
            "detach_volume": 1800, "attach_volume": 36000},
        "default_offer": {"disk": "", "ephemeral_disk": "", "custom_disk": "shared.custom"},
        "stemcell": {"public_visibility": true, "requires_hvm": true,
            "os_type": "Other PV (64-bit)"},
        "calculate": {"disk_tags": [], "not_disk_tags": [], "compute_tags": [],
            "not_compute_tags": []},
        "enable_auto_anti_affinity": false, "auto_anti_affinity_type": "host anti-affinity",
        "clean_disk": true, "interval_clean_disk": 1, "director": {"name": ""},
        "registry": {"host": "", "port": 6901, "username": "u", "password": "p"},
    });
    let decoded = cloud_properties(go).decode::<CloudStackProperties>().unwrap();
    assert_eq!(decoded.unknown, Vec::<String>::new());
    let properties = decoded.accept(true).unwrap();
    assert_eq!(properties.validate(), Ok(()));
    assert_eq!(properties.disk_offering(), None, "an empty default is none");
    assert_eq!(properties.custom_offering().unwrap().0, "shared.custom");
}

/// The Java and the Ruby release had other names for the same.
#[test]
fn older_names_mean_the_same() {
    let java = config(json!({
        "default_disk_offering": "d", "default_ephemeral_disk_offering": "e",
        "state_timeout": 10, "state_timeout_volume": 20,
        "proxy_host": "proxy", "proxy_port": 3128, "proxy_user": "u", "proxy_password": "p",
        "stemcell_requires_hvm": false, "stemcell_os_type": "x", "stemcell_publish_timeout": 5,
    }));
    assert_eq!(java.disk_offering().unwrap().0, "d");
    assert_eq!(java.ephemeral_offering().unwrap().0, "e");
    assert!(java.deadline(Wait::CreateVm).left().as_secs() <= 10);
    assert!(java.deadline(Wait::AttachVolume).left().as_secs() <= 20);

    let vm: VmProperties = read(
        &cloud_properties(json!({"instance_type": "m1", "availability_zone": "z",
            "ephemeral_volume": "e", "key_name": "k"})),
        true,
    )
    .unwrap();
    assert_eq!(vm.compute_offering.as_deref(), Some("m1"));
    assert_eq!((vm.zone.as_deref(), vm.ephemeral_disk_offering.as_deref()), (Some("z"), Some("e")));
}

/// What is missing is named by its path, all of it at once.
#[test]
fn missing_properties_are_named() {
    let error = config(json!({"api_key": " "})).validate().unwrap_err();
    for name in ["endpoint", "api_key", "secret_access_key"] {
        let path = format!("cloud.properties.cloudstack.{name}");
        assert!(error.message.contains(&path), "{error}");
    }
    let endpoint = config(json!({"endpoint": "cloud", "api_key": "k", "secret_access_key": "s"}));
    assert!(
        endpoint
            .validate()
            .unwrap_err()
            .message
            .contains("cloudstack.endpoint: invalid URL 'cloud'")
    );
}

/// To ignore these would give the operator less than was asked for.
#[test]
fn what_must_wait_is_refused_by_its_path() {
    let vm = cloud_properties(json!({"compute_offering": "Small", "project": "p"}));
    let error = read::<VmProperties>(&vm, false).unwrap_err();
    assert_eq!(error.kind, bosh_cpi::ErrorKind::NotSupported);
    assert!(error.message.starts_with("arguments[2].project: "), "{error}");
    assert!(error.message.contains("cpi-config"), "{error}");
}

/// A typing error must not cost an operator an hour.
#[test]
fn an_unknown_property_is_named() {
    let vm = cloud_properties(json!({"compute_offring": "Small"}));
    assert!(read::<VmProperties>(&vm, false).is_ok());
    let error = read::<VmProperties>(&vm, true).unwrap_err();
    assert!(error.message.contains("arguments[2].compute_offring"), "{error}");
    let wrong = cloud_properties(json!({"cpu": "two"}));
    let error = read::<VmProperties>(&wrong, false).unwrap_err();
    assert!(error.message.contains("arguments[2].cpu"), "{error}");
}

/// A config is logged sooner or later.
#[test]
fn no_secret_is_shown() {
    let properties = config(json!({
        "api_key": "marked-1", "secret_access_key": "marked-2", "private_key": "marked-3",
        "registry": {"password": "marked-4"}, "proxy": "http://u:marked-5@proxy:1",
        "proxy_password": "marked-6", "ledger": {"url": "postgres://u:marked-7@db/x"},
        "connection_options": {"password": "marked-8"},
    }));
    let shown = format!("{properties:?}");
    assert!(!shown.contains("marked"), "{shown}");
}

/// The schema is the reference: every property says what it is, and has its default.
#[test]
fn the_schema_documents_every_property() {
    let schemas = [
        schema_for!(CloudStackProperties),
        schema_for!(VmProperties),
        schema_for!(DiskProperties),
        schema_for!(NetworkProperties),
        schema_for!(StemcellProperties),
    ];
    for schema in schemas {
        let schema = schema.to_value();
        let inner = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
        check_documented(&schema);
        inner.values().for_each(check_documented);
    }
}

/// Operators copy what they see: every property shows an example, and each of them is taken.
#[test]
fn every_property_has_an_example_that_works() {
    check_examples::<CloudStackProperties>(examples::CONFIG, "");
    check_examples::<VmProperties>(examples::VM, "arguments[2]");
    check_examples::<DiskProperties>(examples::DISK, "arguments[1]");
    check_examples::<NetworkProperties>(examples::NETWORK, "arguments[3].n.cloud_properties");
    check_examples::<StemcellProperties>(examples::STEMCELL, "arguments[1]");
}

fn check_examples<T: schemars::JsonSchema + serde::de::DeserializeOwned>(text: &str, path: &str) {
    let schema = schema_for!(T).to_value();
    let examples = examples::read(text);
    for (name, property) in schema["properties"].as_object().unwrap() {
        if property.get("deprecated").is_none() {
            assert_eq!(property["examples"], json!([examples.get(name)]), "of {path} {name}");
        }
    }
    for (name, example) in examples {
        let one = Map::from_iter([(name.clone(), example)]);
        let decoded = CloudProperties::new(path, one).decode::<T>();
        let decoded = decoded.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(decoded.unknown, Vec::<String>::new(), "{name}");
    }
}

/// One table for all of them: an unknown property is named with its path, and an error if
/// `strict` says so; a wrong type is an error with its path always.
#[test]
fn what_is_mistyped_is_named_wherever_it_stands() {
    check_mistyped::<CloudStackProperties>("timeout");
    check_mistyped::<VmProperties>("cpu");
    check_mistyped::<DiskProperties>("min_iops");
    check_mistyped::<NetworkProperties>("acquire");
    check_mistyped::<StemcellProperties>("name");
}

fn check_mistyped<T: serde::de::DeserializeOwned>(known: &str) {
    let properties = |name: &str, value: Value| {
        CloudProperties::new("here", Map::from_iter([(name.to_owned(), value)]))
    };
    let unknown = properties("compte_offering", json!("x"));
    assert_eq!(unknown.decode::<T>().unwrap().unknown, ["here.compte_offering"]);
    assert!(unknown.decode::<T>().unwrap().accept(false).is_ok());
    let error = unknown.decode::<T>().unwrap().accept(true).err().unwrap();
    assert!(error.message.contains("here.compte_offering"), "{error}");
    let wrong = properties(known, json!([["wrong"]]));
    let error = wrong.decode::<T>().err().unwrap();
    assert!(error.message.contains(&format!("here.{known}")), "{error}");
}

fn check_documented(schema: &Value) {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, property) in properties {
        assert!(property.get("description").is_some(), "{name} says nothing of itself");
        let inner = property.get("$ref").is_some(); // whose own properties have theirs
        assert!(inner || property.get("default").is_some(), "{name} has no default: {property}");
    }
}

/// Defaults that differ from the type's own are those that the provider works with.
#[test]
fn the_schema_shows_the_defaults() {
    let schema = schema_for!(CloudStackProperties).to_value();
    assert_eq!(schema["properties"]["expunge_vm"]["default"], true);
    assert_eq!(schema["properties"]["skip_verify_ssl"]["default"], false);
    let timeouts = &schema["$defs"]["Timeouts"]["properties"];
    assert_eq!(timeouts["create_vm"]["default"], 1800);
    assert_eq!(timeouts["attach_volume"]["default"], 36000);
    let offers = &schema["$defs"]["DefaultOffers"]["properties"];
    assert_eq!(offers["custom_disk"]["default"], "shared.custom");
}
