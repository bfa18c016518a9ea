//! What operators may write, and what comes of it.

use super::*;
use bosh_cpi::CloudProperties;
use schemars::schema_for;
use serde_json::{Map, Value, json};

fn config(value: Value) -> SoftLayerProperties {
    serde_json::from_value(value).unwrap()
}

fn cloud_properties(value: Value) -> CloudProperties {
    let Value::Object(map) = value else { panic!("a hash is wanted") };
    CloudProperties::new("arguments[2]", map)
}

/// The Go CPI's job renders all of its properties, the useless ones too. Its users must be able
/// to move over without a warning.
#[test]
fn a_config_of_the_go_cpi_is_taken_as_it_is() {
    let go = json!({
        "username": "1234_me@example.com", "apiKey": "k",
        "api_endpoint": "https://api.softlayer.com/rest/v3.1", "disable_os_reload": true,
        "ssh_public_key": "", "ssh_public_key_fingerprint": "", "trace": false,
        "enable_vps": false, "vps_host": "", "vps_port": 1443, "vps_use_ssl": false,
        "swift_username": "", "swift_endpoint": "",
    });
    let decoded = cloud_properties(go).decode::<SoftLayerProperties>().unwrap();
    assert_eq!(decoded.unknown, Vec::<String>::new());
    let properties = decoded.accept(true).unwrap();
    assert_eq!(properties.validate(), Ok(()));
    assert_eq!(properties.account(), "1234_me@example.com");
}

#[test]
fn missing_properties_are_named_and_endpoints_have_names() {
    let error = config(json!({"api_key": " "})).validate().unwrap_err();
    for name in ["username", "api_key"] {
        assert!(error.message.contains(&format!("{PATH}.{name}")), "{error}");
    }
    let of = |endpoint: &str| {
        let endpoint = json!({"username": "u", "api_key": "k", "api_endpoint": endpoint});
        config(endpoint)
    };
    assert_eq!(of("").endpoint(), softlayer::PUBLIC_ENDPOINT);
    assert_eq!(of("private").endpoint(), softlayer::PRIVATE_ENDPOINT);
    assert!(of("api").validate().unwrap_err().message.contains("api_endpoint: 'api'"));
}

/// What a call left behind must be found by the next one, however the operator spells the endpoint.
#[test]
fn spellings_of_an_endpoint_are_one_cloud() {
    let of = |endpoint: &str| config(json!({"api_endpoint": endpoint})).cloud_identity();
    for endpoint in [
        "",
        "public",
        "private",
        "https://API.softlayer.com/rest/v3.1/",
        "https://api.softlayer.com:443/rest/v3",
        "https://api.service.softlayer.com/rest/v3.1",
    ] {
        assert_eq!(of(endpoint), softlayer::PUBLIC_ENDPOINT, "{endpoint}");
    }
    assert_eq!(of("http://localhost:9/rest/v3.1/"), of("http://127.0.0.1:9/rest/v3.1"));
    assert_ne!(of("http://127.0.0.1:9/rest/v3.1"), of("http://127.0.0.1:8/rest/v3.1"));
}

/// All IAM keys have the same user: their journals must not be taken for one.
#[test]
fn accounts_of_iam_keys_differ() {
    let of = |key: &str| config(json!({"username": "apikey", "api_key": key})).account();
    assert_ne!(of("one"), of("two"));
    assert!(!of("one").contains("one"));
}

/// A config is logged sooner or later.
#[test]
fn no_secret_is_shown() {
    let properties = config(json!({
        "api_key": "marked-1", "proxy": "http://u:marked-2@proxy:1",
        "ledger": {"url": "postgres://u:marked-3@db/x"},
        "stemcell": {"cos_api_key": "marked-4",
            "s3": {"access_key_id": "marked-5", "secret_access_key": "marked-6"}},
        "swift_username": "marked-7",
    }));
    let shown = format!("{properties:?}");
    assert!(!shown.contains("marked"), "{shown}");
}

/// The schema is the reference: every property says what it is, and has its default.
#[test]
fn the_schema_documents_every_property() {
    let schemas = [
        schema_for!(SoftLayerProperties),
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

fn check_documented(schema: &Value) {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, property) in properties {
        assert!(property.get("description").is_some(), "{name} says nothing of itself");
        let inner = property.get("$ref").is_some(); // whose own properties have theirs
        assert!(inner || property.get("default").is_some(), "{name} has no default: {property}");
    }
}

/// The networks and disks of manifests of 2015 and 2016, strictly.
#[test]
fn networks_and_disks_of_older_releases_are_understood() {
    let network = |value| NetworkProperties::read(&cloud_properties(value), true).unwrap().vlan_ids;
    assert_eq!(
        network(json!({"PrimaryBackendNetworkComponent": {"NetworkVlan": {"Id": 22}}})),
        [22]
    );
    let both = json!({"PrimaryNetworkComponent": {"NetworkVlan": {"Id": 11}},
        "PrimaryBackendNetworkComponent": {"NetworkVlan": {"Id": 22}}});
    assert_eq!(network(both), [22, 11]);
    assert_eq!(network(json!({"vlan_ids": [7]})), [7]);
    let disk = json!({"Iops": 2000, "UseHourlyPricing": true, "Datacenter": {"Name": "lon02"}});
    let disk = DiskProperties::read(&cloud_properties(disk), true).unwrap();
    assert_eq!((disk.iops, disk.hourly_billing_flag), (Some(2000), Some(true)));
    assert_eq!(disk.datacenter.as_deref(), Some("lon02"));
    let endpoint = config(json!({"apiEndpoint": "private"}));
    assert_eq!(endpoint.endpoint(), softlayer::PRIVATE_ENDPOINT);
}

/// Tiers as people write them, in YAML's numbers or as text; and no others.
#[test]
fn tiers_are_numbers_or_text() {
    let tier = |value: Value| {
        let disk = cloud_properties(json!({"tier": value}));
        DiskProperties::read(&disk, true).map(|disk| disk.tier)
    };
    assert_eq!(tier(json!(0.25)).unwrap(), Some(Tier::Quarter));
    assert_eq!(tier(json!(2)).unwrap(), Some(Tier::Two));
    assert_eq!(tier(json!(4.0)).unwrap(), Some(Tier::Four));
    assert_eq!(tier(json!("10")).unwrap(), Some(Tier::Ten));
    let error = tier(json!(3)).unwrap_err();
    assert!(error.message.contains("arguments[2].tier"), "{error}");
}
