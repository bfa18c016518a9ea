//! Which hypervisor a stemcell is for, and whether a zone has it.

use crate::errors::{Activity, ResultExt};
use crate::lookup::zone::ZoneFacts;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::ListHypervisors;
use stemcell::{Boot, Hypervisor, ImageFormat};

/// What CloudStack's simulated hosts call themselves; they boot anything.
pub(super) const SIMULATOR: &str = "Simulator";

/// CloudStack's name for what a stemcell calls its hypervisor. None for what we do not know.
pub(super) fn named(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "kvm" => Some("KVM"),
        "xen" | "xenserver" | "xcp-ng" => Some("XenServer"),
        "vmware" | "esxi" | "vsphere" => Some("VMware"),
        "hyperv" | "hyper-v" => Some("Hyperv"),
        _ => None,
    }
}

/// Whether what runs on `there` can be made for `made_for`.
pub(super) fn serves(there: &str, made_for: &str) -> bool {
    there.eq_ignore_ascii_case(made_for) || there == SIMULATOR
}

/// The hypervisor of a zone on which the stemcell is to run: the one that it was made for, or
/// the only one.
pub(super) async fn choose(
    cloud: &CloudStack,
    zone: &ZoneFacts,
    made_for: Option<&str>,
) -> Result<String> {
    let of = ListHypervisors { zoneid: Some(zone.id.clone()) };
    let tried = || format!("looking up the hypervisors of zone '{}'", zone.name);
    let rows = cloud.get(&of).await.during(Activity::Lookup, tried)?.items;
    let names: Vec<String> = rows.into_iter().map(|row| row.name).collect();
    let made_for = made_for.map(|text| named(text).unwrap_or(text));
    let found = match (made_for, names.as_slice()) {
        (Some(made_for), names) => {
            let same = names.iter().find(|name| name.eq_ignore_ascii_case(made_for));
            let serving = || names.iter().find(|name| serves(name, made_for));
            same.or_else(serving).or_else(|| alike(names, made_for))
        }
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.cloned().ok_or_else(|| {
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let wanted = made_for.unwrap_or("a hypervisor that it does not name");
        CpiError::cloud(format!(
            "the stemcell is for {wanted}; zone '{}' has these hypervisors: {there}",
            zone.name
        ))
    })
}

/// The only hypervisor of a zone, where an image for KVM boots on it once it is converted: Linux
/// has the drivers of Xen and of Hyper-V, and an agent for virtio disks finds theirs, too.
fn alike<'a>(names: &'a [String], made_for: &str) -> Option<&'a String> {
    const ALIKE: &[&str] = &["XenServer", "Hyperv"];
    match names {
        [only] if made_for == "KVM" && ALIKE.contains(&only.as_str()) => {
            tracing::info!("the stemcell is for {made_for}, and is converted for {only}");
            Some(only)
        }
        _ => None,
    }
}

/// What has to be done to an image of that format for a hypervisor to boot it.
pub(super) fn boots(format: ImageFormat, hypervisor: &str) -> Boot {
    match hypervisor.parse::<Hypervisor>() {
        Ok(hypervisor) => format.boots_on(hypervisor),
        Err(_) => Boot::Yes,
    }
}
