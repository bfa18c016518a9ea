//! What stands on a VM's config drive, laid out as CloudStack does it (`ConfigDriveBuilder`):
//! the same facts twice, in CloudStack's way and in OpenStack's.

use crate::state::{Cloud, Vm};
use crate::vm_facts::fact_about;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Who provides the service `UserData` of networks whose VMs have a config drive.
pub const PROVIDER: &str = "ConfigDrive";

/// Facts that have a file each, unless there is nothing to say.
const FACTS: &[&str] = &[
    "availability-zone",
    "cloud-identifier",
    "hypervisor-host-name",
    "instance-id",
    "local-hostname",
    "local-ipv4",
    "public-hostname",
    "public-ipv4",
    "public-keys",
    "service-offering",
    "vm-id",
];

/// The drive's files by their paths; None for a VM whose default network has no config drive.
pub fn files(cloud: &Cloud, vm: &Vm) -> Option<BTreeMap<String, Vec<u8>>> {
    let network = &vm.default_nic()?.network;
    if cloud.network_provider(network, "UserData") != Some(PROVIDER) {
        return None;
    }
    let mut files = BTreeMap::new();
    for fact in FACTS {
        let text = fact_about(cloud, vm, fact).filter(|text| !text.is_empty());
        files.extend(
            text.map(|text| (format!("cloudstack/metadata/{fact}.txt"), text.into_bytes())),
        );
    }
    if let Some(bytes) = vm.userdata.as_ref().and_then(|text| STANDARD.decode(text).ok()) {
        files.insert("cloudstack/userdata/user_data.txt".into(), bytes.clone());
        files.insert("openstack/latest/user_data".into(), bytes);
    }
    for (name, value) in [
        ("meta_data", meta_data(cloud, vm)),
        ("network_data", network_data(cloud, vm)),
        ("vendor_data", json!({})),
    ] {
        files.insert(format!("openstack/latest/{name}.json"), value.to_string().into_bytes());
    }
    Some(files)
}

fn meta_data(cloud: &Cloud, vm: &Vm) -> Value {
    let mut data = json!({
        "availability_zone": cloud.zone_name(&vm.zone),
        "hostname": vm.name,
        "name": vm.name,
        "uuid": vm.id,
    });
    let keys: Vec<_> = fact_about(cloud, vm, "public-keys")
        .unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect();
    if !keys.is_empty() {
        let named = |key: &String| json!({"type": "ssh", "data": key, "name": "key"});
        data["keys"] = keys.iter().map(named).collect();
        data["public_keys"] = keys.iter().map(|key| (key.clone(), json!(key))).collect();
    }
    data
}

/// Empty where no network gives addresses or names.
fn network_data(cloud: &Cloud, vm: &Vm) -> Value {
    let managed = |service| vm.nics.iter().any(|nic| cloud.network_offers(&nic.network, service));
    if !managed("Dhcp") && !managed("Dns") {
        return json!({});
    }
    let (mut links, mut networks) = (Vec::new(), Vec::new());
    for (at, nic) in vm.nics.iter().enumerate() {
        let id = format!("eth{at}");
        links.push(json!({"id": id, "type": "phy", "ethernet_mac_address": nic.mac}));
        let range = cloud.networks.get(&nic.network).and_then(|network| network.range);
        let (Some(address), Some(range)) = (nic.address, range) else { continue };
        networks.push(json!({
            "id": id,
            "link": id,
            "type": "ipv4",
            "network_id": nic.id,
            "ip_address": address,
            "netmask": range.netmask(),
            "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": range.gateway}],
        }));
    }
    let dns = cloud.zones.get(&vm.zone).map(|zone| zone.spec.dns1.clone());
    json!({
        "links": links,
        "networks": networks,
        "services": [{"type": "dns", "address": dns}],
    })
}
