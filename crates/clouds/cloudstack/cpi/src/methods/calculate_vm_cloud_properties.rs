//! `calculate_vm_cloud_properties`: the smallest offering that fits, else a custom one.

use crate::errors::{Activity, CloudResult, ResultExt};
use crate::lookup::offering::{serves, zones};
use crate::session::CloudStack;
use bosh_cpi::method::{CalculateVmCloudProperties, Hash};
use bosh_cpi::{CpiError, MiB, Result};
use cloudstack::api::{DiskOffering, ListDiskOfferings, ListServiceOfferings, ServiceOffering};
use serde_json::{Value, json};

pub(crate) async fn run(cloud: &CloudStack, call: CalculateVmCloudProperties) -> Result<Hash> {
    let wanted = Requirements::read(&call.requirements)?;
    let listed =
        tokio::try_join!(cloud.list(ListServiceOfferings::default()), disk_offerings(cloud));
    let tried = || "calculate_vm_cloud_properties: listing offerings";
    let (offerings, disks) = listed.during(Activity::Lookup, tried)?;
    let compute = choose(cloud, &wanted, &offerings)?;
    let mut properties = Hash::new();
    properties.insert("compute_offering".into(), json!(compute.name));
    if compute.iscustomized {
        let least = |key| limit(compute, key).unwrap_or_default();
        properties.insert("cpu".into(), json!(wanted.cpu.max(least("mincpunumber"))));
        properties.insert("ram".into(), json!(wanted.ram.0.max(least("minmemory"))));
    }
    if wanted.disk.0 > 0 {
        properties.insert("disk".into(), json!(wanted.disk));
        if let Some(disks) = disks {
            let disk = choose_disk(cloud, wanted.disk, &disks)?;
            properties.insert("ephemeral_disk_offering".into(), json!(disk.name));
        }
    }
    Ok(properties)
}

/// What the VM needs.
struct Requirements {
    cpu: u64,
    ram: MiB,
    disk: MiB,
}

impl Requirements {
    fn read(requirements: &Hash) -> Result<Self> {
        let number = |key: &str| match requirements.get(key).and_then(Value::as_u64) {
            Some(number) => Ok(number),
            None => Err(CpiError::cpi(format!("arguments[0].{key}: must be a whole number"))),
        };
        let disk = match requirements.get("ephemeral_disk_size") {
            None | Some(Value::Null) => 0,
            Some(_) => number("ephemeral_disk_size")?,
        };
        Ok(Self { cpu: number("cpu")?, ram: MiB(number("ram")?), disk: MiB(disk) })
    }
}

/// Where tags decide on the ephemeral disk's offering, one has to be chosen; elsewhere
/// `create_vm` takes the default.
async fn disk_offerings(cloud: &CloudStack) -> CloudResult<Option<Vec<DiskOffering>>> {
    let calculate = &cloud.properties.calculate;
    if calculate.disk_tags.is_empty() && calculate.not_disk_tags.is_empty() {
        return Ok(None);
    }
    cloud.list(ListDiskOfferings::default()).await.map(Some)
}

fn choose<'a>(
    cloud: &CloudStack,
    wanted: &Requirements,
    offerings: &'a [ServiceOffering],
) -> Result<&'a ServiceOffering> {
    let calculate = &cloud.properties.calculate;
    let allowed = |row: &&ServiceOffering| {
        let tags = row.hosttags.as_deref();
        is_usable(cloud, &row.other)
            && fits_tags(tags, &calculate.compute_tags, &calculate.not_compute_tags)
    };
    let allowed: Vec<_> = offerings.iter().filter(allowed).collect();
    let fixed = allowed.iter().filter(|row| !row.iscustomized && holds(row, wanted));
    let smallest = fixed.min_by_key(|row| (row.memory, row.cpunumber, row.cpuspeed, &row.name));
    let custom = || allowed.iter().filter(|row| row.iscustomized && may_be(row, wanted));
    let custom = || custom().min_by_key(|row| &row.name);
    smallest.or_else(custom).copied().ok_or_else(|| {
        let most = |of: fn(&ServiceOffering) -> Option<u64>| {
            allowed.iter().filter_map(|row| of(row)).max().unwrap_or_default()
        };
        CpiError::cloud(format!(
            "no service offering fits {} cpus and {} of ram: fixed ones go up to {} cpus and {}, \
             and no custom one allows it",
            wanted.cpu,
            wanted.ram,
            most(|row| row.cpunumber),
            MiB(most(|row| row.memory))
        ))
    })
}

fn choose_disk<'a>(
    cloud: &CloudStack,
    size: MiB,
    offerings: &'a [DiskOffering],
) -> Result<&'a DiskOffering> {
    let calculate = &cloud.properties.calculate;
    let allowed = |row: &&DiskOffering| {
        let tags = row.tags.as_deref();
        is_usable(cloud, &row.other)
            && fits_tags(tags, &calculate.disk_tags, &calculate.not_disk_tags)
    };
    let allowed: Vec<_> = offerings.iter().filter(allowed).collect();
    let size = size.ceil_gib().0;
    let fixed = allowed.iter().filter(|row| !row.iscustomized && row.disksize >= size);
    let smallest = fixed.min_by_key(|row| (row.disksize, &row.name));
    let custom = || allowed.iter().find(|row| row.iscustomized);
    smallest.or_else(custom).copied().ok_or_else(|| {
        CpiError::cloud(format!(
            "no disk offering with the tags of calculate.disk_tags holds {size} GiB"
        ))
    })
}

fn holds(row: &ServiceOffering, wanted: &Requirements) -> bool {
    row.cpunumber.is_some_and(|cpu| cpu >= wanted.cpu)
        && row.memory.is_some_and(|ram| ram >= wanted.ram.0)
}

/// A constrained custom offering has limits.
fn may_be(row: &ServiceOffering, wanted: &Requirements) -> bool {
    limit(row, "maxcpunumber").is_none_or(|most| wanted.cpu <= most)
        && limit(row, "maxmemory").is_none_or(|most| wanted.ram.0 <= most)
}

fn limit(row: &ServiceOffering, key: &str) -> Option<u64> {
    match row.serviceofferingdetails.as_ref()?.get(key)? {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

/// Whether an offering can be used in the default zone, and is not retired.
fn is_usable(cloud: &CloudStack, other: &cloudstack::api::Other) -> bool {
    let state = other.get("state").and_then(Value::as_str);
    let active = state.is_none_or(|state| state == "Active");
    let zone = cloud.properties.default_zone();
    active && zone.is_none_or(|zone| serves(&zones(other), zone))
}

fn fits_tags(tags: Option<&str>, all_of: &[String], none_of: &[String]) -> bool {
    let tags: Vec<_> = tags.unwrap_or_default().split(',').map(str::trim).collect();
    let has = |tag: &String| tags.contains(&tag.as_str());
    all_of.iter().all(has) && !none_of.iter().any(has)
}
