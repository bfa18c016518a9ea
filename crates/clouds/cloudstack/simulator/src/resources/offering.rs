//! Service and disk offerings.

use crate::engine::{Answer, Call, Command, Refusal, fields};
use crate::state::clock::stamp;
use crate::state::{Cloud, DiskOffering, ServiceOffering};
use crate::world::Between;
use cloudstack::api;
use serde_json::{Map, Value, json};

/// The service offerings that CloudStack brings.
const BROUGHT: &[&str] = &["Small Instance", "Medium Instance"];

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listServiceOfferings", list_service_offerings),
    Command::sync("listDiskOfferings", list_disk_offerings),
];

fn list_service_offerings(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = params.id("id", &cloud.service_offerings)?;
    params.id("zoneid", &cloud.zones)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let at_least = |has: Option<u64>, wanted: Option<i64>| {
        wanted.is_none_or(|wanted| has.is_some_and(|has| has >= u64::try_from(wanted).unwrap_or(0)))
    };
    let (cores, mhz, memory) =
        (params.number("cpunumber")?, params.number("cpuspeed")?, params.number("memory")?);
    let rows = cloud
        .service_offerings
        .iter()
        .filter(|offering| id.is_none_or(|id| offering.id == id))
        .filter(|offering| name.is_none_or(|name| offering.spec.name.eq_ignore_ascii_case(name)))
        .filter(|offering| keyword.is_none_or(|word| has_word(&offering.spec.name, word)))
        .filter(|offering| {
            at_least(offering.spec.cores, cores)
                && at_least(offering.spec.mhz, mhz)
                && at_least(offering.spec.memory, memory)
        })
        .map(service_offering);
    Ok(Answer::list("serviceoffering", rows))
}

/// Whether a name has a word in it, whatever its case.
fn has_word(name: &str, word: &str) -> bool {
    name.to_lowercase().contains(&word.to_lowercase())
}

/// A service offering as clients see it.
pub fn service_offering(offering: &ServiceOffering) -> api::ServiceOffering {
    let spec = &offering.spec;
    api::ServiceOffering {
        id: offering.id.clone(),
        name: spec.name.clone(),
        cpunumber: spec.cores,
        cpuspeed: spec.mhz,
        memory: spec.memory,
        iscustomized: spec.is_custom(),
        storagetype: spec.storage.name().into(),
        storagetags: spec.storage_tags.clone(),
        hosttags: spec.host_tags.clone(),
        serviceofferingdetails: spec.between.map(limits),
        other: fields(json!({
            "state": "Active",
            "displaytext": spec.display_text(),
            "created": stamp(offering.created),
            "provisioningtype": "thin",
            "offerha": false,
            "limitcpuuse": false,
            "isvolatile": false,
            "issystem": false,
            "defaultuse": false,
            "rootdisksize": spec.root_disk,
            "dynamicscalingenabled": true,
            "diskofferingstrictness": false,
            "diskofferingid": offering.disk_offering,
            "diskofferingname": spec.name,
            "diskofferingdisplaytext": spec.display_text(),
            "encryptroot": false,
            // CloudStack's own two are older than the field.
            "gpudisplay": (!BROUGHT.contains(&spec.name.as_str())).then_some(false),
            "hasannotations": false,
        })),
    }
}

/// CloudStack keeps these as text.
fn limits(between: Between) -> Map<String, Value> {
    fields(json!({
        "mincpunumber": between.min_cores.to_string(),
        "maxcpunumber": between.max_cores.to_string(),
        "minmemory": between.min_memory.to_string(),
        "maxmemory": between.max_memory.to_string(),
    }))
}

fn list_disk_offerings(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = call.params.id("id", &cloud.disk_offerings)?;
    call.params.id("zoneid", &cloud.zones)?;
    let (name, keyword) = (call.params.text("name"), call.params.text("keyword"));
    let rows = cloud
        .disk_offerings
        .iter()
        .filter(|offering| id.is_none_or(|id| offering.id == id))
        .filter(|offering| name.is_none_or(|name| offering.spec.name.eq_ignore_ascii_case(name)))
        .filter(|offering| keyword.is_none_or(|word| has_word(&offering.spec.name, word)))
        .map(disk_offering);
    Ok(Answer::list("diskoffering", rows))
}

/// A disk offering as clients see it.
pub fn disk_offering(offering: &DiskOffering) -> api::DiskOffering {
    let spec = &offering.spec;
    api::DiskOffering {
        id: offering.id.clone(),
        name: spec.name.clone(),
        disksize: spec.size.unwrap_or_default(),
        iscustomized: spec.size.is_none(),
        iscustomizediops: spec.custom_iops.then_some(true),
        storagetype: spec.storage.name().into(),
        tags: spec.tags.clone(),
        other: fields(json!({
            "state": "Active",
            "displaytext": offering.display_text(),
            "created": stamp(offering.created),
            "provisioningtype": "thin",
            "displayoffering": true,
            "disksizestrictness": false,
            "encrypt": false,
            "hasannotations": false,
        })),
    }
}
