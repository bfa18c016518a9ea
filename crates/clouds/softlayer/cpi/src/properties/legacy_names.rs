//! Names that older releases gave to properties: those of 2015, capitalised as SoftLayer's API has
//! them, camel-cased ones after them, and what the last Go release took. They are understood, with
//! a warning.

use bosh_cpi::CloudProperties;
use serde_json::{Map, Value, json};

/// The name of an older release without regard to case, where its value stood under it, and
/// today's name.
type Legacy = (&'static str, &'static [&'static str], &'static str);

const VM_NAMES: &[Legacy] = &[
    ("vmNamePrefix", &[], "hostname_prefix"),
    ("domain", &[], "domain"),
    ("datacenter", &["name"], "datacenter"),
    ("startCpus", &[], "cpu"),
    ("maxMemory", &[], "memory"),
    ("ephemeralDiskSize", &[], "ephemeral_disk_size"),
    ("hourlyBillingFlag", &[], "hourly_billing_flag"),
    ("useHourlyPricing", &[], "hourly_billing_flag"),
    ("localDiskFlag", &[], "local_disk_flag"),
    ("dedicatedAccountHostOnlyFlag", &[], "dedicated_account_host_only_flag"),
    ("networkComponents", &["maxSpeed"], "max_network_speed"),
    ("primaryNetworkComponent", &["networkVlan", "id"], "public_vlan_id"),
    ("primaryBackendNetworkComponent", &["networkVlan", "id"], "private_vlan_id"),
    ("privateNetworkOnlyFlag", &[], "private_network_only"),
    ("sshKeys", &[], "ssh_key"),
    ("postInstallScriptUri", &[], "post_install_script_uri"),
    ("rootDiskSize", &[], "root_disk_size"),
    ("deployedByBoshcli", &[], "deployed_by_boshcli"),
    ("disableOsReload", &[], "disable_os_reload"),
    ("boshIp", &[], "bosh_ip"),
    ("baremetal", &[], "bare_metal"),
];

const DISK_NAMES: &[Legacy] = &[
    ("datacenter", &["name"], "datacenter"),
    ("iops", &[], "iops"),
    ("useHourlyPricing", &[], "hourly_billing_flag"),
    ("hourlyBillingFlag", &[], "hourly_billing_flag"),
    ("snapshotSpace", &[], "snapshot_space"),
];

/// Each of them named one VLAN of a network.
const NETWORK_VLANS: &[&str] = &["primaryBackendNetworkComponent", "primaryNetworkComponent"];

/// VM properties by today's names.
pub(super) fn vm_properties(properties: &CloudProperties) -> CloudProperties {
    renamed(properties, VM_NAMES)
}

/// Disk properties by today's names.
pub(super) fn disk_properties(properties: &CloudProperties) -> CloudProperties {
    renamed(properties, DISK_NAMES)
}

/// Network properties by today's names: the VLANs were named as the NICs of a VM are.
pub(crate) fn network_properties(properties: &CloudProperties) -> CloudProperties {
    let (path, mut map) = (properties.path(), properties.raw().clone());
    let mut vlans = Vec::new();
    for name in NETWORK_VLANS {
        let Some(old) = key_of(&map, name) else { continue };
        tracing::warn!("{path}.{old} is the name of an older release: it is {path}.vlan_ids now");
        let value = map.shift_remove(&old).unwrap_or_default();
        vlans.extend(value_at(value, &["networkVlan", "id"]));
    }
    if !vlans.is_empty() {
        map.entry("vlan_ids").or_insert(json!(vlans));
    }
    CloudProperties::new(path, map)
}

fn renamed(properties: &CloudProperties, names: &[Legacy]) -> CloudProperties {
    let (path, mut map) = (properties.path(), properties.raw().clone());
    for (legacy, steps, new) in names {
        let Some(old) = key_of(&map, legacy) else { continue };
        // Today's name with today's kind of value.
        let is_nested = map.get(&old).is_some_and(|it| it.is_object() || it.is_array());
        if old == *new && (steps.is_empty() || !is_nested) {
            continue;
        }
        tracing::warn!("{path}.{old} is written as in an older release: it is {path}.{new} now");
        let value = map.shift_remove(&old).unwrap_or_default();
        let value = if is_nested { value_at(value, steps) } else { Some(value) };
        if let Some(value) = value {
            map.entry(*new).or_insert(value);
        }
    }
    CloudProperties::new(path, map)
}

/// The key of that name, however it is capitalised.
fn key_of(map: &Map<String, Value>, name: &str) -> Option<String> {
    map.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()
}

/// What stands at `steps`, whatever the case of their names; of a list, in its first item.
fn value_at(value: Value, steps: &[&str]) -> Option<Value> {
    let [step, rest @ ..] = steps else { return Some(value) };
    let map: Map<String, Value> = match value {
        Value::Object(map) => map,
        Value::Array(list) => return value_at(list.into_iter().next()?, steps),
        _ => return None,
    };
    let (_, inner) = map.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(step))?;
    value_at(inner, rest)
}
