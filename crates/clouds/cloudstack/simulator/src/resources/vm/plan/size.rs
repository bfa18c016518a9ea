//! How large a VM is to be.

use crate::engine::{Params, Refusal};
use crate::state::{Cloud, ServiceOffering, Size};
use cloudstack::phrases;
use std::collections::BTreeMap;

/// What an offering gives, or lets the caller choose.
pub fn size(
    cloud: &Cloud,
    offering: &str,
    details: &BTreeMap<String, String>,
) -> Result<Size, Refusal> {
    let Some(offering) = cloud.service_offerings.get(offering) else {
        return Err(Refusal::invalid(format!("service offering {offering} is gone")));
    };
    let spec = &offering.spec;
    if let (Some(cores), Some(mhz), Some(memory)) = (spec.cores, spec.mhz, spec.memory) {
        if ["cpuNumber", "cpuSpeed", "memory"].iter().any(|key| details.contains_key(*key)) {
            return Err(Refusal::invalid(
                "cpuNumber or cpuSpeed or memory should not be specified for static service \
                 offering",
            ));
        }
        return Ok(Size { cores, mhz, memory });
    }
    custom_size(offering, details)
}

fn custom_size(
    offering: &ServiceOffering,
    details: &BTreeMap<String, String>,
) -> Result<Size, Refusal> {
    let spec = &offering.spec;
    let get = |name: &str| details.get(name).and_then(|value| value.parse::<u64>().ok());
    if spec.mhz.is_some() && details.contains_key("cpuSpeed") {
        return Err(Refusal::invalid(format!(
            "The cpu speed of this offering id:{} is not customizable",
            offering.id
        )));
    }
    let (Some(cores), Some(memory), Some(mhz)) = (
        spec.cores.or(get("cpuNumber")),
        spec.memory.or(get("memory")),
        spec.mhz.or(get("cpuSpeed")),
    ) else {
        return Err(Refusal::invalid(format!(
            "{} cpu, cpu speed and memory when using custom offering",
            phrases::CUSTOM_SIZE_MISSING
        )));
    };
    let limits = spec.between;
    let between = |what: &str, value: u64, low: u64, high: u64| {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        let text = format!("Invalid {what} value, specify a value between {low} and {high}");
        Err(Refusal::invalid(text))
    };
    let (low, high) = limits.map_or((1, u64::MAX), |limits| (limits.min_cores, limits.max_cores));
    between("cpu cores", cores, low, high)?;
    let (low, high) =
        limits.map_or((32, u64::MAX), |limits| (limits.min_memory, limits.max_memory));
    between("memory", memory, low, high)?;
    Ok(Size { cores, mhz, memory })
}

pub(super) fn root_bytes(
    cloud: &Cloud,
    params: &Params,
    zone: &str,
    template: &str,
    offering: &str,
    details: &mut BTreeMap<String, String>,
) -> Result<u64, Refusal> {
    let template = cloud.templates.get(template).and_then(|it| it.ready_in(zone));
    let bytes = template.and_then(|copy| copy.size).unwrap_or(1 << 30);
    if let Some(size) = params.text("rootdisksize") {
        details.entry("rootdisksize".into()).or_insert_with(|| size.to_owned());
    }
    let wanted = match details.get("rootdisksize").map(|size| size.parse::<u64>()) {
        None => None,
        Some(Ok(gib)) if gib > 0 => Some(gib),
        Some(_) => return Err(Refusal::invalid("Root disk size should be a positive number.")),
    };
    // The offering's own size wins without a word.
    let fixed = cloud.service_offerings.get(offering).map(|it| it.spec.root_disk);
    match (fixed.filter(|gib| *gib > 0), wanted) {
        (Some(gib), _) => Ok(gib << 30),
        (None, Some(gib)) if gib << 30 < bytes => Err(Refusal::invalid(format!(
            "Unsupported: rootdisksize override ({gib} GB) is smaller than template size {} GB",
            bytes >> 30
        ))),
        (None, Some(gib)) => Ok(gib << 30),
        (None, None) => Ok(bytes),
    }
}
