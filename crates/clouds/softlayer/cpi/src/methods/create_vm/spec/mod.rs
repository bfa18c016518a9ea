//! The VM spec: arguments and properties, read and checked before the cloud is asked for anything.

mod networks;

pub(super) use networks::{NetworkSpec, NetworkSpecs};

use crate::properties::{PATH, VmProperties, given};
use crate::session::SoftLayer;
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, Result};

/// The sizes in GB in which disks of guests are sold (the catalogue's `guest_disk` items).
const DISKS: &[u64] = &[
    10, 20, 25, 30, 40, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 750, 1000, 1500,
    2000,
];

/// A VM as the caller wants it.
pub(super) struct VmSpec {
    pub vm: VmProperties,
    pub path: String,
    /// The stemcell's image.
    pub image: u64,
    pub datacenter: String,
    pub domain: String,
    /// What the host name begins with; may be empty.
    pub prefix: String,
    pub hourly: bool,
    /// The ephemeral disk in GB.
    pub disk: Option<u64>,
    /// A key to register where it is not.
    pub public_key: Option<String>,
    pub networks: NetworkSpecs,
}

impl VmSpec {
    pub(super) fn read(cloud: &SoftLayer, call: &CreateVm) -> Result<Self> {
        let path = call.cloud_properties.path().to_owned();
        let config = &cloud.properties;
        let vm = VmProperties::read(&call.cloud_properties, config.strict)?;
        let datacenter =
            given(&vm.datacenter).or(config.default_datacenter()).ok_or_else(|| {
                CpiError::cpi(format!(
                    "{path}.datacenter is required, since {PATH}.default_datacenter is not set"
                ))
            })?;
        let hourly = vm.hourly_billing_flag.unwrap_or(config.hourly_billing);
        check(&vm, &path, hourly)?;
        Ok(Self {
            image: image(call)?,
            datacenter: datacenter.to_owned(),
            domain: domain(given(&vm.domain), config.default_domain(), &path)?,
            prefix: prefix(given(&vm.hostname_prefix).unwrap_or_default()),
            hourly,
            disk: disk(&vm, &path)?,
            public_key: given(&vm.public_key)
                .or(given(&config.ssh_public_key))
                .map(|key| key.trim().to_owned()),
            networks: NetworkSpecs::read(&call.networks, &vm, &path, config.strict)?,
            path,
            vm,
        })
    }
}

/// The image that a stemcell stands for. What stands behind the id is a mark of ours.
fn image(call: &CreateVm) -> Result<u64> {
    let cid = call.stemcell_cid.as_str();
    let id = cid.split_whitespace().next().and_then(|id| id.parse().ok());
    id.ok_or_else(|| {
        CpiError::cpi(format!(
            "arguments[1]: stemcell {cid} not found: its CID must be the id of an image"
        ))
    })
}

/// What excludes each other.
fn check(vm: &VmProperties, path: &str, hourly: bool) -> Result<()> {
    let wrong = |what: String| Err(CpiError::cpi(format!("{path}.{what}")));
    let sizes = [("cpu", vm.cpu.is_some()), ("memory", vm.memory.is_some())];
    let hosts = [
        ("dedicated_account_host_only_flag", vm.dedicated_account_host_only_flag),
        ("dedicated_host_id", vm.dedicated_host_id.is_some()),
    ];
    if let (Some(flavor), false) = (given(&vm.flavor_key_name), vm.bare_metal) {
        let both = sizes.iter().chain(&hosts).find(|(_, set)| *set);
        if let Some((name, _)) = both {
            return wrong(format!("flavor_key_name: flavor '{flavor}' excludes {name}"));
        }
    }
    if vm.transient && !hourly {
        return wrong("transient: transient VMs are billed by the hour only".to_owned());
    }
    if !matches!(vm.boot_mode.as_str(), "HVM" | "PV") {
        return wrong(format!("boot_mode: expected HVM or PV, got '{}'", vm.boot_mode));
    }
    if !vm.bare_metal {
        return Ok(());
    }
    for (name, value) in
        [("bare_metal_preset", &vm.bare_metal_preset), ("bare_metal_os", &vm.bare_metal_os)]
    {
        if given(value).is_none() {
            return wrong(format!("{name} is required for a bare metal server"));
        }
    }
    let no_use = [
        ("flavor_key_name", vm.flavor_key_name.is_some()),
        ("dedicated_host_id", vm.dedicated_host_id.is_some()),
        ("placement_group", vm.placement_group.is_some()),
        ("security_groups", !vm.security_groups.is_empty()),
        ("ephemeral_disk_size", vm.ephemeral_disk_size > 0),
        ("transient", vm.transient),
    ];
    match no_use.iter().find(|(_, set)| *set) {
        Some((name, _)) => wrong(format!("{name}: not supported on bare metal servers")),
        None => Ok(()),
    }
}

/// The VM's own domain, or the default one. SoftLayer refuses one that reads like an address.
fn domain(own: Option<&str>, default: &str, path: &str) -> Result<String> {
    let label = |part: &str| {
        let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        plain && (1..=63).contains(&part.len()) && !part.starts_with('-') && !part.ends_with('-')
    };
    let domain = own.unwrap_or(default);
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_name = last.chars().any(|c| c.is_ascii_alphabetic());
    if domain.contains('.') && domain.split('.').all(label) && is_name {
        return Ok(domain.to_owned());
    }
    let place = match own {
        Some(_) => format!("{path}.domain"),
        None => format!("{PATH}.default_domain"),
    };
    Err(CpiError::cpi(format!(
        "{place}: '{domain}' is invalid; it must be a domain such as bosh.example.com"
    )))
}

/// The next size that is sold.
fn disk(vm: &VmProperties, path: &str) -> Result<Option<u64>> {
    let wanted = vm.ephemeral_disk_size;
    if wanted == 0 {
        return Ok(None);
    }
    match DISKS.iter().find(|size| **size >= wanted) {
        Some(size) => Ok(Some(*size)),
        None => Err(CpiError::cpi(format!(
            "{path}.ephemeral_disk_size: {wanted} GB is too large; a VM's disk can have at most 2000 GB"
        ))),
    }
}

/// What of a text can stand in a host name.
fn prefix(text: &str) -> String {
    let label = |c: char| match c {
        c if c.is_ascii_alphanumeric() => Some(c.to_ascii_lowercase()),
        '-' | '_' | '.' | ' ' => Some('-'),
        _ => None,
    };
    let prefix: String = text.chars().filter_map(label).collect();
    prefix.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_can_stand_in_a_host_name() {
        assert_eq!(prefix("Bosh_Director.1"), "bosh-director-1");
        assert_eq!(prefix("-ü-"), "");
    }

    /// Guests' disks are sold in steps: one that is too small would be of no use.
    #[test]
    fn a_disk_has_the_next_size_that_is_sold() {
        let disk = |size| {
            disk(&VmProperties { ephemeral_disk_size: size, ..VmProperties::default() }, "p")
        };
        assert_eq!(
            (disk(0).unwrap(), disk(60).unwrap(), disk(100).unwrap()),
            (None, Some(75), Some(100))
        );
        assert!(disk(2001).unwrap_err().message.starts_with("p.ephemeral_disk_size: "));
    }
}
