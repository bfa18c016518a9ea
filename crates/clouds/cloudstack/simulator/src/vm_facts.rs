//! Facts about a VM that its guest is given: by its virtual router, or on its config drive.

use crate::state::{Cloud, Vm};

/// A fact about a VM, as its router or its config drive tells it.
pub fn fact_about(cloud: &Cloud, vm: &Vm, key: &str) -> Option<String> {
    let local = vm.default_nic()?.address.map(|address| address.to_string()).unwrap_or_default();
    let public = cloud.static_nat_of(&vm.id).map(|address| address.address.to_string());
    Some(match key {
        "service-offering" => cloud.service_offerings.ever(&vm.offering)?.spec.name.clone(),
        "availability-zone" => cloud.zone_name(&vm.zone).to_owned(),
        "local-ipv4" => local,
        "local-hostname" => vm.name.clone(),
        "public-ipv4" | "public-hostname" => public.unwrap_or(local),
        "instance-id" | "vm-id" => vm.id.clone(),
        "public-keys" => public_keys(cloud, vm),
        "cloud-identifier" => format!("CloudStack-{{{}}}", cloud.domain.id),
        "hypervisor-host-name" => {
            let host = vm.host.as_deref().and_then(|host| cloud.hosts.get(host));
            host.map(|host| host.name.clone()).unwrap_or_default()
        }
        _ => return None,
    })
}

fn public_keys(cloud: &Cloud, vm: &Vm) -> String {
    let pairs = vm.key_pairs.iter().filter_map(|name| cloud.key_pair_named(&vm.owner, name));
    let keys: Vec<&str> = pairs.map(|pair| pair.public_key.as_str()).collect();
    keys.join("\n")
}
