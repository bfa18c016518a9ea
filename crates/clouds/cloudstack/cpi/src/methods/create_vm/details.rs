//! Settings of the VM as CloudStack knows them: cores, memory and speed of a custom offering, IOPS
//! of the ephemeral disk, and what the operator gives.

use super::disks;
use super::resolve::ResolvedVm;
use super::spec::VmSpec;
use crate::lookup::offering::{OfferingFacts, no_local_storage};
use crate::properties::VmProperties;
use bosh_cpi::{CpiError, Result};
use std::collections::BTreeMap;

/// MHz per core where a custom offering lets the caller choose and nobody does, as in the Go
/// CPI.
const CPU_SPEED: u64 = 2000;

/// The details of the deploy call. Cores, memory and speed are wanted by a custom offering, and
/// refused by a fixed one.
pub(super) fn details(
    spec: &VmSpec,
    resolved: &ResolvedVm<'_>,
) -> Result<BTreeMap<String, String>> {
    let (path, vm, offering) = (&spec.path, &spec.vm, &resolved.offering);
    if offering.local && !resolved.zone.local_storage {
        let (path, zone) = (format!("{path}.compute_offering"), &resolved.zone.name);
        return Err(no_local_storage(&path, "service offering", &offering.name, zone));
    }
    let mut details = vm.details.0.clone();
    if offering.custom {
        for (key, value) in custom_size(path, vm, offering)? {
            details.entry(key.to_owned()).or_insert(value);
        }
    }
    details.extend(iops(spec, resolved)?);
    Ok(details)
}

/// The ephemeral disk's IOPS. The deploy call has no parameters for them; its details do.
fn iops(spec: &VmSpec, resolved: &ResolvedVm<'_>) -> Result<Vec<(String, String)>> {
    let (path, vm) = (&spec.path, &spec.vm);
    let (least, most) = (vm.ephemeral_min_iops, vm.ephemeral_max_iops);
    if least.or(most).is_none() {
        return Ok(Vec::new());
    }
    let Some((offering, _)) = disks::ephemeral(spec, resolved)? else {
        return Err(CpiError::cpi(format!(
            "{path}.ephemeral_min_iops, {path}.ephemeral_max_iops: this VM has no ephemeral disk; \
             {path}.disk gives it one"
        )));
    };
    offering.check_iops((least, most), &format!("{path}.ephemeral_"))?;
    let all = [("minIopsDo", least), ("maxIopsDo", most)];
    let all = all.into_iter().filter_map(|(key, iops)| Some((key.to_owned(), iops?.to_string())));
    Ok(all.collect())
}

fn custom_size(
    path: &str,
    vm: &VmProperties,
    offering: &OfferingFacts,
) -> Result<Vec<(&'static str, String)>> {
    let name = &offering.name;
    let given = |what: &str, value: Option<u64>, detail: &str| {
        let own = || vm.details.0.get(detail)?.parse().ok();
        value.or_else(own).ok_or_else(|| {
            CpiError::cpi(format!(
                "{path}.{what} is required, as service offering '{name}' is a custom one"
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
