//! `create_disk`: a volume, near the VM it is for. It takes no storage until it is attached.

use super::create_vm::no_local_storage;
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::lookup::{DiskOfferingRow, Found, VmRow, Wanted, ZoneRow, is_id};
use crate::properties::{self, DiskProperties, PATH, Wait, given};
use crate::steps::{Intent, ended, is_there};
use bosh_cpi::method::CreateDisk;
use bosh_cpi::{CpiError, DiskCid, GiB, MiB, Result, VmCid};
use cloudstack::api::{CreateVolume, ListVolumes, Volume};
use cpi_kit::Provider;
use journal::Operation;

pub(crate) async fn run(cloud: &CloudStack, call: CreateDisk) -> Result<DiskCid> {
    let path = call.cloud_properties.path().to_owned();
    let disk: DiskProperties = properties::read(&call.cloud_properties, cloud.properties.strict)?;
    let wanted = Request {
        offering: offering(cloud, &disk, &path)?,
        zone: zone(cloud, &disk, &path),
        near: call.vm_cid,
        size: call.size,
        iops: (disk.min_iops, disk.max_iops),
        path,
    };
    cloud
        .operation("create_disk", async |operation| {
            let found = find(cloud, &wanted).await?;
            let made = match create(cloud, operation, &wanted, &found).await {
                Err(failure) => match find_again(cloud, &wanted, &found, &failure).await? {
                    Some(fresh) => create(cloud, operation, &wanted, &fresh).await,
                    None => Err(failure),
                },
                made => made,
            };
            let tried = format!("creating a disk of {}", wanted.size);
            let (made, local) =
                made.map_err(|failure| errors::answer(Activity::CreateDisk, tried, failure))?;
            cloud.remember_new_disk(&made.id, &made, local);
            let cid = DiskCid::new(&made.id)
                .map_err(|e| CpiError::cloud(format!("createVolume: {e}")))?;
            Ok((cid, Some(made.id)))
        })
        .await
}

/// What the caller wants.
struct Request {
    offering: Wanted,
    /// The zone that properties name; None where none does.
    zone: Option<Wanted>,
    near: Option<VmCid>,
    size: MiB,
    /// The least and the most IOPS.
    iops: (Option<u64>, Option<u64>),
    /// The path of its properties.
    path: String,
}

/// What that stands for.
#[derive(PartialEq)]
struct Ids {
    zone: String,
    offering: DiskOfferingRow,
    /// Cache keys of what is remembered, not fresh.
    remembered: Vec<String>,
}

pub(super) fn offering(cloud: &CloudStack, disk: &DiskProperties, path: &str) -> Result<Wanted> {
    if let Some(text) = given(&disk.disk_offering) {
        if !disk.storage_tags.0.is_empty() {
            return Err(tags_or_name(&format!("{path}.storage_tags"), "disk_offering"));
        }
        return Ok(Wanted::new(text, format!("{path}.disk_offering")));
    }
    if !disk.storage_tags.0.is_empty() {
        return Ok(Wanted::tagged(&disk.storage_tags.0, format!("{path}.storage_tags")));
    }
    let default = cloud.properties.disk_offering().or_else(|| cloud.properties.custom_offering());
    match default {
        Some((text, name)) => Ok(Wanted::new(text, format!("{PATH}.{name}"))),
        None => Err(CpiError::cpi(format!(
            "{path}.disk_offering: missing, and neither {PATH}.default_offer.disk nor \
             {PATH}.default_offer.custom_disk is set"
        ))),
    }
}

/// Two ways to say which offering are one too many.
pub(super) fn tags_or_name(tags: &str, name: &str) -> CpiError {
    CpiError::cpi(format!("{tags}: tags choose the disk offering, and {name} names it: give one"))
}

fn zone(cloud: &CloudStack, disk: &DiskProperties, path: &str) -> Option<Wanted> {
    if let Some(text) = given(&disk.zone) {
        return Some(Wanted::new(text, format!("{path}.zone")));
    }
    let default = cloud.properties.default_zone();
    default.map(|text| Wanted::new(text, format!("{PATH}.default_zone")))
}

async fn find(cloud: &CloudStack, wanted: &Request) -> Result<Ids> {
    let (zone, offering) =
        tokio::try_join!(find_zone(cloud, wanted), cloud.disk_offerings(&wanted.offering))?;
    let offering = offering.in_zone(&wanted.offering, &zone.id)?;
    offering.check_iops(wanted.iops, &format!("{}.", wanted.path))?;
    if offering.local && zone.local_storage == Some(false) {
        let path = &wanted.offering.path;
        return Err(no_local_storage(path, "disk offering", &offering.name, &zone.name));
    }
    let remembered = [zone.remembered(), offering.remembered()];
    let remembered = remembered.into_iter().flatten().map(str::to_owned).collect();
    Ok(Ids { zone: zone.id.clone(), offering: (*offering).clone(), remembered })
}

/// The zone of a disk, as far as the way tells on which it was found.
struct Place {
    id: String,
    name: String,
    /// Whether it has local storage; None where the VM tells the zone, which may run on it.
    local_storage: Option<bool>,
}

/// The zone of a property of the disk's own, of the VM that the disk is for, or the default.
async fn find_zone(cloud: &CloudStack, wanted: &Request) -> Result<Found<Place>> {
    let own = wanted.zone.as_ref().filter(|zone| !zone.path.starts_with(PATH));
    if own.is_none()
        && let Some(vm) = &wanted.near
        && let Some(vm) = find_vm(cloud, vm).await?
    {
        return Ok(vm.map(|vm| Place { id: vm.zone, name: vm.zone_name, local_storage: None }));
    }
    let Some(zone) = &wanted.zone else {
        return Err(CpiError::cpi(format!(
            "{PATH}.default_zone: missing; a disk that is for no VM needs a zone"
        )));
    };
    let found = cloud.zone(zone).await?;
    if let Some(own) = own
        && let Some(cid) = &wanted.near
        && let Some(vm) = cloud.known_vm(cid.as_str())
        && vm.zone != found.id
    {
        return Err(CpiError::cloud(format!(
            "{}: zone '{}', but VM {cid} is in zone '{}': a VM and its disks are in one zone",
            own.path, found.name, vm.zone_name
        )));
    }
    let place = |zone: ZoneRow| Place {
        id: zone.id,
        name: zone.name,
        local_storage: Some(zone.local_storage),
    };
    Ok(found.map(place))
}

/// None for a VM that is not there: it is a hint only.
async fn find_vm(cloud: &CloudStack, cid: &VmCid) -> Result<Option<Found<VmRow>>> {
    if is_id(cid.as_str())
        && let Some(found) = cloud.known_vm(cid.as_str())
    {
        return Ok(Some(found));
    }
    let vm = cloud.vm(cid).await.map_err(|failure| {
        errors::answer(Activity::Lookup, format!("looking up the zone of VM {cid}"), failure)
    })?;
    Ok(vm.map(|vm| cloud.remember_vm(&vm)))
}

/// The disk, and whether it will stand on a host's own storage.
async fn create(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    wanted: &Request,
    found: &Ids,
) -> std::result::Result<(Volume, bool), Failure> {
    let name = cloud.names.disk(operation.id());
    let call = CreateVolume {
        name: name.clone(),
        zoneid: found.zone.clone(),
        diskofferingid: found.offering.id.clone(),
        size: found.offering.size_for(wanted.size, &wanted.offering)?.map(|size| size.0),
        miniops: wanted.iops.0,
        maxiops: wanted.iops.1,
    };
    let until = cloud.deadline(Wait::CreateVolume);
    let made = operation.step(
        Intent::Volume { name: name.clone() },
        async || ended(cloud.run(&call, until).await.map(|made| made.0)),
        async || {
            let of = ListVolumes { name: Some(name.clone()), ..ListVolumes::default() };
            Ok(cloud.list(of).await?.into_iter().find(is_there))
        },
    );
    Ok((made.await?, found.offering.local))
}

/// Looks up afresh what was remembered, if it may have been the reason of a refusal; None if
/// it was not.
async fn find_again(
    cloud: &CloudStack,
    wanted: &Request,
    found: &Ids,
    failure: &Failure,
) -> Result<Option<Ids>> {
    if found.remembered.is_empty() || !failure.has_code(431) {
        return Ok(None);
    }
    cloud.cache.forget(&found.remembered);
    let fresh = find(cloud, wanted).await?;
    let same = fresh.zone == found.zone && fresh.offering == found.offering;
    Ok((!same).then_some(fresh))
}

impl DiskOfferingRow {
    /// The size to say for a disk that shall hold `size`: None for a fixed offering, which has
    /// its own, and which must be large enough.
    pub(crate) fn size_for(&self, size: MiB, wanted: &Wanted) -> Result<Option<GiB>> {
        if self.custom {
            return Ok(Some(size.ceil_gib()));
        }
        if MiB::from(self.size) >= size {
            return Ok(None);
        }
        Err(CpiError::cloud(format!(
            "{}: disk offering '{}' has {}, {size} are wanted: name a larger or a custom one",
            wanted.path, self.name, self.size
        )))
    }

    /// Refuses IOPS that the offering would not honour, and one of the two alone. `before` is
    /// what stands before `min_iops` in its path.
    pub(crate) fn check_iops(&self, iops: (Option<u64>, Option<u64>), before: &str) -> Result<()> {
        match iops {
            (None, None) => Ok(()),
            _ if !self.custom_iops => Err(CpiError::cpi(format!(
                "{before}min_iops, {before}max_iops: disk offering '{}' does not let the caller \
                 choose",
                self.name
            ))),
            (Some(least), Some(most)) if least <= most => Ok(()),
            (Some(_), Some(_)) => {
                Err(CpiError::cpi(format!("{before}min_iops: more than {before}max_iops")))
            }
            _ => Err(CpiError::cpi(format!("{before}min_iops and {before}max_iops go together"))),
        }
    }
}
