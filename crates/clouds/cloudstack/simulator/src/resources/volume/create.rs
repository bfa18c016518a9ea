//! Making, renaming and deleting volumes.

use super::view;
use crate::engine::{Answer, Call, Job, Refusal};
use crate::state::{Cloud, Pool, SnapshotState, Volume, VolumeKind, VolumeState};
use cloudstack::phrases;

/// `createVolume`: of a disk offering it is only `Allocated`; from a snapshot it is stored.
pub fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let snapshot = params.id("snapshotid", &cloud.snapshots)?.map(str::to_owned);
    let offering = params.id("diskofferingid", &cloud.disk_offerings)?.map(str::to_owned);
    let volume = match snapshot {
        Some(snapshot) => from_snapshot(cloud, call, &snapshot, offering)?,
        None => blank(cloud, call, offering)?,
    };
    cloud.check_limit(&volume.owner, "volume", 1)?;
    cloud.check_limit(&volume.owner, "primary_storage", volume.size >> 30)?;
    let (id, caller) = (volume.id.clone(), call.caller.clone());
    cloud.volumes.insert(volume);
    let (made, from) = (id.clone(), params.text("snapshotid").map(str::to_owned));
    let job = Job::new(move |cloud| {
        let mut row = view::result(cloud, &caller, &id);
        if let Some(snapshot) = from {
            row["volume"]["snapshotid"] = snapshot.into();
        }
        Ok(row)
    });
    Ok(job.making(made))
}

fn blank(cloud: &mut Cloud, call: &Call<'_>, offering: Option<String>) -> Result<Volume, Refusal> {
    let params = call.params;
    let offering = offering.ok_or_else(|| {
        Refusal::invalid(
            "At least one of disk Offering ID or snapshot ID must be passed whilst creating volume",
        )
    })?;
    let zone = params.need_id("zoneid", &cloud.zones)?.to_owned();
    let size = cloud.disk_bytes(&offering, params.number("size")?, true)?;
    let found = cloud.disk_offerings.get(&offering);
    let iops = found.filter(|it| it.spec.custom_iops);
    let iops = match (iops, params.number("miniops")?, params.number("maxiops")?) {
        (Some(_), Some(min), Some(max)) => Some((min, max)),
        _ => None,
    };
    let storage = found.map(|it| it.spec.storage).unwrap_or_default();
    let (id, name) = identity(cloud, call)?;
    Ok(Volume {
        id,
        path: name.clone(),
        name,
        owner: cloud.new_owner(call)?,
        zone,
        kind: VolumeKind::Data { offering },
        state: VolumeState::Allocated,
        size,
        iops,
        attached: None,
        pool: None,
        storage,
        created: cloud.now(),
        delete_protection: false,
    })
}

fn from_snapshot(
    cloud: &mut Cloud,
    call: &Call<'_>,
    snapshot: &str,
    offering: Option<String>,
) -> Result<Volume, Refusal> {
    let found = cloud.snapshots.get(snapshot).filter(|it| it.state == SnapshotState::BackedUp);
    let Some(found) = found.cloned() else {
        return Err(Refusal::invalid(format!("snapshot {snapshot} is not BackedUp")));
    };
    cloud.check_owner(call.caller, &found.owner)?;
    let of = cloud.volumes.ever(&found.volume).and_then(|volume| volume.disk_offering());
    let custom = || cloud.disk_offerings.iter().find(|it| it.spec.size.is_none());
    let offering = offering.or_else(|| of.map(str::to_owned));
    let offering = offering.or_else(|| custom().map(|it| it.id.clone())).unwrap_or_default();
    let wanted = call.params.number("size")?.and_then(|gib| u64::try_from(gib).ok());
    let size = wanted.map_or(found.size, |gib| gib << 30);
    if size < found.size {
        return Err(Refusal::invalid(format!(
            "Invalid size for volume creation: {size} is less than the snapshot's {}",
            found.size
        )));
    }
    let storage = cloud.disk_offerings.get(&offering).map(|it| it.spec.storage).unwrap_or_default();
    let (id, name) = identity(cloud, call)?;
    Ok(Volume {
        id,
        path: cloud.new_id(),
        name,
        owner: cloud.new_owner(call)?,
        zone: found.zone.clone(),
        kind: VolumeKind::Data { offering },
        state: VolumeState::Ready,
        size,
        iops: None,
        attached: None,
        pool: cloud.find_pool(&found.zone, storage, None, None),
        storage,
        created: cloud.now(),
        delete_protection: false,
    })
}

/// The id, which an admin may choose, and the name.
fn identity(cloud: &mut Cloud, call: &Call<'_>) -> Result<(String, String), Refusal> {
    let id = cloud.id_for_new(call, |cloud| &cloud.volumes)?;
    let name = call.params.short("name")?.map(str::to_owned);
    let name = name.unwrap_or_else(|| cloud.new_id());
    Ok((id, name))
}

/// `deleteVolume`: at once, also its storage. What a job does to a detached volume does not hinder
/// it: the job fails.
pub fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = cloud.need_volume(call, "id")?;
    check_delete(cloud, &id)?;
    cloud.remove_volume(&id);
    Ok(Answer::Success)
}

fn check_delete(cloud: &Cloud, id: &str) -> Result<(), Refusal> {
    let Some(volume) = cloud.volumes.get(id) else { return Ok(()) };
    if volume.delete_protection {
        return Err(Refusal::invalid(format!(
            "Volume [id = {id}, name = {}] has delete protection enabled and cannot be deleted.",
            volume.name
        )));
    }
    if volume.attached.is_some() {
        return Err(Refusal::invalid("Please specify a volume that is not attached to any VM."));
    }
    if cloud.is_being_snapshot(id) {
        return Err(Refusal::invalid(format!(
            "There are snapshot operations in progress on volume {id}, unable to delete it"
        )));
    }
    Ok(())
}

/// `destroyVolume`: kept for a while, unless it is expunged.
pub fn destroy(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_volume(call, "id")?;
    let expunge = call.params.flag("expunge") == Some(true);
    let (caller, asked, on) = (call.caller.clone(), id.clone(), id.clone());
    let job = Job::new(move |cloud| {
        if let Some(volume) = cloud.volumes.get_mut(&id) {
            volume.state = VolumeState::Destroy;
        }
        let row = view::result(cloud, &caller, &id);
        if expunge {
            cloud.remove_volume(&id);
        }
        Ok(row)
    });
    Ok(job.check(move |cloud| check_delete(cloud, &asked)).on(on))
}

/// `updateVolume`: its name, and whether it may be deleted.
pub fn update(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = call.params.need_id("id", &cloud.volumes)?.to_owned();
    let owner = cloud.volumes.get(&id).map(|volume| volume.owner.clone()).unwrap_or_default();
    cloud.check_owner(call.caller, &owner)?;
    let name = call.params.short("name")?.map(str::to_owned);
    let protection = call.params.flag("deleteprotection");
    let (caller, volume) = (call.caller.clone(), id.clone());
    let job = Job::new(move |cloud| {
        let Some(found) = cloud.volumes.get_mut(&volume) else {
            return Err(Refusal::invalid("The volume id doesn't exist"));
        };
        found.name = name.unwrap_or_else(|| found.name.clone());
        found.delete_protection = protection.unwrap_or(found.delete_protection);
        Ok(view::result(cloud, &caller, &volume))
    });
    Ok(job.on(id))
}

impl Cloud {
    /// The bytes of a disk of this offering, for which the caller wants so many GiB.
    /// `strict`: a size for a fixed offering is refused, not ignored.
    pub fn disk_bytes(
        &self,
        offering: &str,
        wanted: Option<i64>,
        strict: bool,
    ) -> Result<u64, Refusal> {
        let Some(found) = self.disk_offerings.get(offering) else {
            return Err(Refusal::invalid("Please specify a valid disk offering."));
        };
        let max = self.world.settings.max_custom_disk_gib;
        match (found.spec.size, wanted) {
            (Some(_), Some(_)) if strict => {
                Err(Refusal::invalid("This disk offering does not allow custom size"))
            }
            (Some(gib), _) => Ok(gib << 30),
            (None, None) => Err(Refusal::invalid(phrases::DISK_SIZE_MISSING)),
            (None, Some(gib)) => match u64::try_from(gib) {
                Ok(gib) if (1..=max).contains(&gib) => Ok(gib << 30),
                _ => Err(Refusal::invalid(format!(
                    "Volume size: {gib} GB {}. Min: 1. Max: {max}",
                    phrases::DISK_SIZE_OUT_OF_RANGE
                ))),
            },
        }
    }

    /// Removes a volume with its storage and tags. Snapshots of it stay.
    pub fn remove_volume(&mut self, id: &str) {
        if let Some(volume) = self.volumes.get_mut(id) {
            volume.attached = None;
        }
        self.drop_tags(id);
        self.volumes.remove(id);
    }

    /// Whether a snapshot of this volume is being taken.
    pub fn is_being_snapshot(&self, id: &str) -> bool {
        self.snapshots.iter().any(|it| {
            it.volume == id
                && matches!(it.state, SnapshotState::Creating | SnapshotState::BackingUp)
        })
    }

    /// A pool for a volume: its own, or one that its offering allows.
    pub fn pool_for(&self, volume: &Volume, host: Option<&str>) -> Option<Pool> {
        let offering = volume.disk_offering().and_then(|id| self.disk_offerings.ever(id));
        let tags = match &volume.kind {
            VolumeKind::Data { .. } => offering.and_then(|it| it.spec.tags.as_deref()),
            VolumeKind::Root { offering, .. } => {
                let found = self.service_offerings.ever(offering);
                found.and_then(|it| it.spec.storage_tags.as_deref())
            }
        };
        volume.pool.clone().or_else(|| self.find_pool(&volume.zone, volume.storage, tags, host))
    }
}
