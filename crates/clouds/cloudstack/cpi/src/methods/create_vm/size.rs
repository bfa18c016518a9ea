//! How large the VM is, and of what: cores, memory, disks, firmware.

use super::find::Ids;
use super::wishes::{DiskWish, Wishes};
use crate::CloudStack;
use crate::errors::Failure;
use crate::lookup::{DiskOfferingRow, OfferingRow};
use crate::properties::{VmProperties, given};
use crate::version::BOOT_TYPES;
use bosh_cpi::{CpiError, GiB, MiB, Result};
use std::collections::BTreeMap;

/// MHz per core where a custom offering lets the caller choose and nobody does, as in the Go
/// CPI.
const CPU_SPEED: u64 = 2000;

/// The ephemeral disk's offering, and its size where that is for us to say.
pub(super) fn disk<'a>(
    wishes: &Wishes,
    ids: &'a Ids,
) -> Result<Option<(&'a DiskOfferingRow, Option<GiB>)>> {
    let (Some(wish), Some(offering)) = (&wishes.disk, &ids.disk) else { return Ok(None) };
    let DiskWish { offering: wanted, size, explicit } = wish;
    let size = match size {
        Some(size) => offering.size_for(*size, wanted)?,
        None if !offering.custom => None,
        // The default is a custom one, and this VM wishes for no disk.
        None if !explicit => return Ok(None),
        None => {
            return Err(CpiError::cpi(format!(
                "{}.disk: missing; disk offering '{}' wants a size",
                wishes.path, offering.name
            )));
        }
    };
    if offering.local && !ids.zone.local_storage {
        return Err(no_local_storage(
            &wanted.path,
            "disk offering",
            &offering.name,
            &ids.zone.name,
        ));
    }
    Ok(Some((offering, size)))
}

/// An offering on local storage in a zone that has none.
pub(crate) fn no_local_storage(path: &str, what: &str, offering: &str, zone: &str) -> CpiError {
    CpiError::cloud(format!(
        "{path}: {what} '{offering}' is on local storage, which zone '{zone}' does not allow"
    ))
}

pub(super) fn root_disk(vm: &VmProperties) -> Option<GiB> {
    vm.root_disk_size.filter(|size| size.0 > 0).map(MiB::ceil_gib)
}

/// Settings of the VM. Cores, memory and speed are wanted by a custom offering, and refused by
/// a fixed one.
pub(super) fn details(wishes: &Wishes, ids: &Ids) -> Result<BTreeMap<String, String>> {
    let (path, vm, offering) = (&wishes.path, &wishes.vm, &ids.offering);
    if offering.local && !ids.zone.local_storage {
        let path = format!("{path}.compute_offering");
        return Err(no_local_storage(&path, "service offering", &offering.name, &ids.zone.name));
    }
    let mut details = vm.details.0.clone();
    if offering.custom {
        for (key, value) in custom(path, vm, offering)? {
            details.entry(key.to_owned()).or_insert(value);
        }
    }
    details.extend(iops(wishes, ids)?);
    Ok(details)
}

/// The ephemeral disk's IOPS. The deploy call has no parameters for them; its details do.
fn iops(wishes: &Wishes, ids: &Ids) -> Result<Vec<(String, String)>> {
    let (path, vm) = (&wishes.path, &wishes.vm);
    let (least, most) = (vm.ephemeral_min_iops, vm.ephemeral_max_iops);
    if least.or(most).is_none() {
        return Ok(Vec::new());
    }
    let Some((offering, _)) = disk(wishes, ids)? else {
        return Err(CpiError::cpi(format!(
            "{path}.ephemeral_min_iops, {path}.ephemeral_max_iops: this VM has no ephemeral disk; \
             {path}.disk says its size"
        )));
    };
    offering.check_iops((least, most), &format!("{path}.ephemeral_"))?;
    let told = [("minIopsDo", least), ("maxIopsDo", most)];
    let told = told.into_iter().filter_map(|(key, iops)| Some((key.to_owned(), iops?.to_string())));
    Ok(told.collect())
}

fn custom(
    path: &str,
    vm: &VmProperties,
    offering: &OfferingRow,
) -> Result<Vec<(&'static str, String)>> {
    let name = &offering.name;
    let given = |what: &str, value: Option<u64>, detail: &str| {
        let own = || vm.details.0.get(detail)?.parse().ok();
        value.or_else(own).ok_or_else(|| {
            CpiError::cpi(format!(
                "{path}.{what}: missing; service offering '{name}' is a custom one"
            ))
        })
    };
    let (cpu, ram) = (given("cpu", vm.cpu, "cpuNumber")?, given("ram", vm.ram, "memory")?);
    for (what, value, limits) in
        [("cpu", cpu, offering.cpu_limits), ("ram", ram, offering.ram_limits)]
    {
        if !limits.allow(value) {
            let bound = |bound: Option<u64>| bound.map_or("…".to_owned(), |b| b.to_string());
            return Err(CpiError::cpi(format!(
                "{path}.{what}: {value} is not between {} and {}, which service offering '{name}' \
                 allows",
                bound(limits.least),
                bound(limits.most)
            )));
        }
    }
    let mut details = vec![("cpuNumber", cpu.to_string()), ("memory", ram.to_string())];
    if !offering.fixes_speed {
        details.push(("cpuSpeed", vm.cpu_speed.unwrap_or(CPU_SPEED).to_string()));
    }
    Ok(details)
}

/// How the VM boots: type and mode, as CloudStack spells them.
pub(super) fn boot(vm: &VmProperties, path: &str) -> Result<(Option<String>, Option<String>)> {
    let one_of = |value: &Option<String>, name: &str, allowed: [&str; 2]| match given(value) {
        None => Ok(None),
        Some(text) => match allowed.iter().find(|one| one.eq_ignore_ascii_case(text)) {
            Some(one) => Ok(Some((*one).to_owned())),
            None => Err(CpiError::cpi(format!(
                "{path}.{name}: '{text}' is neither {} nor {}",
                allowed[0], allowed[1]
            ))),
        },
    };
    let kind = one_of(&vm.boot_type, "boot_type", ["BIOS", "UEFI"])?;
    let mode = one_of(&vm.boot_mode, "boot_mode", ["LEGACY", "SECURE"])?;
    match (kind.as_deref(), mode.as_deref()) {
        (Some("UEFI"), None) => Ok((kind, Some("LEGACY".to_owned()))),
        (Some("UEFI"), _) | (_, None | Some("LEGACY")) => Ok((kind, mode)),
        _ => Err(CpiError::cpi(format!("{path}.boot_mode: SECURE needs boot_type: UEFI"))),
    }
}

/// An older cloud would ignore how a VM is to boot, and the VM would not come up.
pub(super) async fn check_boot(
    cloud: &CloudStack,
    vm: &VmProperties,
    path: &str,
) -> std::result::Result<(), Failure> {
    if given(&vm.boot_type).is_none() || cloud.has(BOOT_TYPES).await? {
        return Ok(());
    }
    let why = format!("{path}.boot_type: this cloud boots by BIOS only; {BOOT_TYPES} can choose");
    Err(CpiError::not_supported(why).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn booted(kind: &str, mode: &str) -> Result<(Option<String>, Option<String>)> {
        let vm = VmProperties {
            boot_type: Some(kind.to_owned()),
            boot_mode: Some(mode.to_owned()),
            ..VmProperties::default()
        };
        boot(&vm, "arguments[2]")
    }

    /// CloudStack refuses UEFI without a mode, and a secure boot of a BIOS means nothing.
    #[test]
    fn uefi_has_a_mode_and_secure_boot_needs_uefi() {
        let texts = |kind: &str, mode: &str| (Some(kind.to_owned()), Some(mode.to_owned()));
        assert_eq!(booted("uefi", "").unwrap(), texts("UEFI", "LEGACY"));
        assert_eq!(booted("UEFI", "secure").unwrap(), texts("UEFI", "SECURE"));
        assert_eq!(booted("", "").unwrap(), (None, None));
        assert_eq!(booted("BIOS", "").unwrap(), (Some("BIOS".into()), None));
        assert!(booted("", "SECURE").unwrap_err().message.contains("boot_mode"));
        assert!(booted("EFI", "").unwrap_err().message.contains("arguments[2].boot_type"));
    }
}
