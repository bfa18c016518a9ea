//! `create_disk`: a volume, near the VM it is for. It takes no storage until it is attached.

use crate::api::change;
use crate::errors::{Activity, CloudResult, Failure, ResultExt};
use crate::intent::Intent;
use crate::lookup;
use crate::lookup::offering::{self, DiskOfferingFacts, no_local_storage};
use crate::lookup::vm::VmFacts;
use crate::lookup::zone::ZoneFacts;
use crate::name_ref::{Found, NameRef, is_id};
use crate::properties::{self, CloudStackProperties, DiskProperties, PATH, Wait, given};
use crate::resources::{vm, volume};
use crate::session::CloudStack;
use bosh_cpi::method::CreateDisk;
use bosh_cpi::{CpiError, DiskCid, MiB, Result, VmCid};
use cloudstack::api::{CreateVolume, Volume};
use cpi_kit::{Owned, Provider};
use journal::Operation;

pub(crate) async fn run(cloud: &CloudStack, call: CreateDisk) -> Result<DiskCid> {
    let spec = DiskSpec::read(&cloud.properties, call)?;
    cloud
        .operation("create_disk", async |operation| {
            let disk = resolve(cloud, &spec).await?;
            let made = match create(cloud, operation, &spec, &disk).await {
                Err(failure) => match resolve_again(cloud, &spec, &disk, &failure).await? {
                    Some(fresh) => create(cloud, operation, &spec, &fresh).await,
                    None => Err(failure),
                },
                made => made,
            };
            let (made, local) =
                made.during(Activity::CreateDisk, || format!("creating a disk of {}", spec.size))?;
            lookup::disk::remember_new(cloud, &made.id, &made, local);
            lookup::account::learn(cloud, &made);
            let cid = DiskCid::new(&made.id)
                .map_err(|e| CpiError::cloud(format!("createVolume: {e}")))?;
            Ok((cid, Some(made.id)))
        })
        .await
}

/// The disk as the caller describes it.
struct DiskSpec {
    offering: NameRef,
    /// The zone that properties name; None where none does.
    zone: Option<NameRef>,
    /// The VM that the disk is for.
    vm: Option<VmCid>,
    size: MiB,
    /// The least and the most IOPS.
    iops: (Option<u64>, Option<u64>),
    /// The path of its properties.
    path: String,
}

impl DiskSpec {
    fn read(config: &CloudStackProperties, call: CreateDisk) -> Result<Self> {
        let path = call.cloud_properties.path().to_owned();
        let disk: DiskProperties = properties::read(&call.cloud_properties, config.strict)?;
        Ok(Self {
            offering: offering::of_disk(config, &disk, &path)?,
            zone: zone(config, &disk, &path),
            vm: call.vm_cid,
            size: call.size,
            iops: (disk.min_iops, disk.max_iops),
            path,
        })
    }
}

fn zone(config: &CloudStackProperties, disk: &DiskProperties, path: &str) -> Option<NameRef> {
    if let Some(text) = given(&disk.zone) {
        return Some(NameRef::new(text, format!("{path}.zone")));
    }
    config.default_zone().map(|text| NameRef::new(text, format!("{PATH}.default_zone")))
}

/// What the names stand for.
#[derive(PartialEq)]
struct ResolvedDisk {
    zone: String,
    offering: DiskOfferingFacts,
    /// Cache keys of what is remembered, not fresh.
    remembered: Vec<String>,
}

async fn resolve(cloud: &CloudStack, spec: &DiskSpec) -> Result<ResolvedDisk> {
    let (zone, offering) = tokio::try_join!(
        resolve_zone(cloud, spec),
        offering::disk_offerings(cloud, &spec.offering)
    )?;
    let offering = offering.in_zone(&spec.offering, &zone.id)?;
    offering.check_iops(spec.iops, &format!("{}.", spec.path))?;
    if offering.local && zone.local_storage == Some(false) {
        let path = &spec.offering.path;
        return Err(no_local_storage(path, "disk offering", &offering.name, &zone.name));
    }
    let remembered = [zone.remembered(), offering.remembered()];
    let remembered = remembered.into_iter().flatten().map(str::to_owned).collect();
    Ok(ResolvedDisk { zone: zone.id.clone(), offering: (*offering).clone(), remembered })
}

/// The zone of a disk, as far as the way tells on which it was found.
struct DiskZone {
    id: String,
    name: String,
    /// Whether it has local storage; None where the VM tells the zone, which may run on it.
    local_storage: Option<bool>,
}

/// The zone of a property of the disk's own, of the VM that the disk is for, or the default.
async fn resolve_zone(cloud: &CloudStack, spec: &DiskSpec) -> Result<Found<DiskZone>> {
    let own = spec.zone.as_ref().filter(|zone| !zone.path.starts_with(PATH));
    if own.is_none()
        && let Some(vm) = &spec.vm
        && let Some(vm) = find_vm(cloud, vm).await?
    {
        return Ok(vm.map(|vm| DiskZone { id: vm.zone, name: vm.zone_name, local_storage: None }));
    }
    let Some(zone) = &spec.zone else {
        return Err(CpiError::cpi(format!(
            "{PATH}.default_zone is required for a disk that is for no VM"
        )));
    };
    let found = lookup::zone::find(cloud, zone).await?;
    if let Some(own) = own
        && let Some(cid) = &spec.vm
        && let Some(vm) = lookup::vm::known(cloud, cid.as_str())
        && vm.zone != found.id
    {
        return Err(CpiError::cloud(format!(
            "{}: zone '{}', but VM {cid} is in zone '{}': a VM and its disks must be in one zone",
            own.path, found.name, vm.zone_name
        )));
    }
    Ok(found.map(|zone: ZoneFacts| DiskZone {
        id: zone.id,
        name: zone.name,
        local_storage: Some(zone.local_storage),
    }))
}

/// None for a VM that does not exist: it is a hint only.
async fn find_vm(cloud: &CloudStack, cid: &VmCid) -> Result<Option<Found<VmFacts>>> {
    if is_id(cid.as_str())
        && let Some(found) = lookup::vm::known(cloud, cid.as_str())
    {
        return Ok(Some(found));
    }
    let vm = vm::find(cloud, cid).await;
    let vm = vm.during(Activity::Lookup, || format!("looking up the zone of VM {cid}"))?;
    Ok(vm.map(|vm| lookup::vm::remember(cloud, &vm)))
}

/// The disk, and whether it will stand on a host's own storage.
async fn create(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &DiskSpec,
    disk: &ResolvedDisk,
) -> CloudResult<(Volume, bool)> {
    let name = cloud.names.disk(operation.id());
    let call = CreateVolume {
        name: name.clone(),
        zoneid: disk.zone.clone(),
        diskofferingid: disk.offering.id.clone(),
        size: disk.offering.size_for(spec.size, &spec.offering)?.map(|size| size.0),
        miniops: spec.iops.0,
        maxiops: spec.iops.1,
    };
    let until = cloud.deadline(Wait::CreateVolume);
    let lost = cloud.lost_answers.get();
    let intent = Intent::Volume { name: name.clone() };
    let send = async || cloud.run_job(&call, until).await.map(|made| made.0);
    let probe = async || {
        let owned = volume::owned_by_name(cloud, &name).await?;
        Ok(owned.into_iter().next().map(Owned::into_row))
    };
    let made = change(operation, intent, send, probe).await?;
    if cloud.lost_answers.get() > lost {
        volume::remove_twins(cloud, &name, &made.id).await?;
    }
    Ok((made, disk.offering.local))
}

/// Looks up afresh what was remembered, if it may have been the reason of a refusal; None if
/// it was not.
async fn resolve_again(
    cloud: &CloudStack,
    spec: &DiskSpec,
    disk: &ResolvedDisk,
    failure: &Failure,
) -> Result<Option<ResolvedDisk>> {
    if disk.remembered.is_empty() || !failure.has_code(431) {
        return Ok(None);
    }
    cloud.cache.forget(&disk.remembered);
    let fresh = resolve(cloud, spec).await?;
    let same = fresh.zone == disk.zone && fresh.offering == disk.offering;
    Ok((!same).then_some(fresh))
}
