//! Names that older releases gave to VM properties. They are understood, with a warning.

use bosh_cpi::CloudProperties;
use serde_json::{Map, Value};

/// The name of an older release, where its value stood under it, and today's name.
const VM_NAMES: &[(&str, &[&str], &str)] = &[
    ("vmNamePrefix", &[], "hostname_prefix"),
    ("Domain", &[], "domain"),
    ("Datacenter", &["Name"], "datacenter"),
    ("startCpus", &[], "cpu"),
    ("maxMemory", &[], "memory"),
    ("ephemeralDiskSize", &[], "ephemeral_disk_size"),
    ("hourlyBillingFlag", &[], "hourly_billing_flag"),
    ("localDiskFlag", &[], "local_disk_flag"),
    ("NetworkComponents", &["MaxSpeed"], "max_network_speed"),
    ("PrimaryNetworkComponent", &["NetworkVlan", "Id"], "public_vlan_id"),
    ("PrimaryBackendNetworkComponent", &["NetworkVlan", "Id"], "private_vlan_id"),
    ("privateNetworkOnlyFlag", &[], "private_network_only"),
    ("sshKeys", &[], "ssh_key"),
    ("postInstallScriptUri", &[], "post_install_script_uri"),
    ("rootDiskSize", &[], "root_disk_size"),
    ("deployedByBoshcli", &[], "deployed_by_boshcli"),
    ("disableOsReload", &[], "disable_os_reload"),
];

/// VM properties by today's names.
pub(super) fn vm_properties(properties: &CloudProperties) -> CloudProperties {
    let mut map = properties.raw().clone();
    for (old, steps, new) in VM_NAMES {
        let Some(value) = map.shift_remove(*old) else { continue };
        let path = properties.path();
        tracing::warn!("{path}.{old} is the name of an older release: it is {path}.{new} now");
        if let Some(value) = value_at(value, steps) {
            map.entry(*new).or_insert(value);
        }
    }
    CloudProperties::new(properties.path(), map)
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
