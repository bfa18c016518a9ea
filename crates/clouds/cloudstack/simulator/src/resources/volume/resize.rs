//! Letting volumes grow, and changing their offering.

use super::view;
use crate::engine::{Call, Job, Refusal, gone};
use crate::state::{Cloud, VmState, Volume, VolumeKind, VolumeState};
use serde_json::{Value, json};

/// What a call wants of a volume.
#[derive(Debug, Clone)]
struct Wanted {
    /// GiB.
    size: Option<i64>,
    /// The disk offering.
    offering: Option<String>,
    shrink_ok: bool,
    /// Whether the volume may be moved to other storage for it.
    migrate: bool,
}

impl Wanted {
    fn read(cloud: &Cloud, call: &Call<'_>) -> Result<Self, Refusal> {
        let params = call.params;
        Ok(Self {
            size: params.number("size")?,
            offering: params.id("diskofferingid", &cloud.disk_offerings)?.map(str::to_owned),
            shrink_ok: params.flag("shrinkok") == Some(true),
            migrate: params.flag("automigrate") != Some(false),
        })
    }
}

/// `resizeVolume`. The call is answered whatever it wants: the job finds what is wrong, with 432.
pub fn resize(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_volume(call, "id")?;
    let wanted = Wanted::read(cloud, call)?;
    let queue = cloud.volumes.get(&id).and_then(Volume::vm).map(str::to_owned);
    let (caller, volume, begun) = (call.caller.clone(), id.clone(), id.clone());
    let checked = wanted.clone();
    let begin = move |cloud: &mut Cloud| {
        let bytes = bytes(cloud, &begun, &checked, 432)?;
        check(cloud, &begun, bytes, checked.shrink_ok, 432)?;
        if let Some(volume) = cloud.volumes.get_mut(&begun).filter(|it| is_ready(it)) {
            volume.state = VolumeState::Resizing;
        }
        Ok(())
    };
    let job = Job::new(move |cloud| {
        let bytes = bytes(cloud, &volume, &wanted, 432);
        if let Some(found) = cloud.volumes.get_mut(&volume)
            && found.state == VolumeState::Resizing
        {
            found.state = VolumeState::Ready;
        }
        set_size(cloud, &volume, bytes?)?;
        take_offering(cloud, &volume, wanted.offering.as_deref());
        Ok(view::result(cloud, &caller, &volume))
    });
    Ok(job.begin(begin).on(id).queued(queue))
}

/// `changeOfferingForVolume`. A volume that is stored where it can stay only gets the new size:
/// recorded, whatever the answer to the call says.
pub fn change_offering(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_volume(call, "id")?;
    call.params.need_id("diskofferingid", &cloud.disk_offerings)?;
    let wanted = Wanted::read(cloud, call)?;
    let queue = cloud.volumes.get(&id).and_then(Volume::vm).map(str::to_owned);
    let (caller, begun, checked) = (call.caller.clone(), id.clone(), wanted.clone());
    let begin = move |cloud: &mut Cloud| {
        let bytes = bytes(cloud, &begun, &checked, 431)?;
        check_offering(cloud, &begun, &checked, bytes)?;
        check(cloud, &begun, bytes, checked.shrink_ok, 431)?;
        check_move(cloud, &begun, &checked)
    };
    let job = Job::new(move |cloud| {
        let bytes = bytes(cloud, &id, &wanted, 431)?;
        set_size(cloud, &id, bytes)?;
        if must_move(cloud, &id, wanted.offering.as_deref()) {
            move_to(cloud, &id, wanted.offering.as_deref());
        }
        take_offering(cloud, &id, wanted.offering.as_deref());
        Ok(bare(view::result(cloud, &caller, &id)))
    });
    Ok(job.begin(begin).queued(queue))
}

/// Only a volume that was never stored takes another offering.
fn take_offering(cloud: &mut Cloud, id: &str, offering: Option<&str>) {
    let storage = offering.and_then(|id| cloud.disk_offerings.get(id)).map(|it| it.spec.storage);
    let (Some(offering), Some(storage)) = (offering, storage) else { return };
    if let Some(volume) = cloud.volumes.get_mut(id).filter(|volume| volume.pool.is_none()) {
        volume.kind = VolumeKind::Data { offering: offering.to_owned() };
        volume.storage = storage;
    }
}

/// Whether a volume does not stand where an offering wants it.
fn must_move(cloud: &Cloud, id: &str, offering: Option<&str>) -> bool {
    let volume = cloud.volumes.get(id);
    let offering = offering.and_then(|id| cloud.disk_offerings.get(id));
    let (Some(volume), Some(offering)) = (volume, offering) else { return false };
    let Some(pool) = &volume.pool else { return false };
    let tags = offering.spec.tags.as_deref();
    volume.storage != offering.spec.storage || !cloud.pool_has_tags(&pool.id, tags)
}

/// The volume is moved: it has a new file, and the new offering.
fn move_to(cloud: &mut Cloud, id: &str, offering: Option<&str>) {
    let found = offering.and_then(|id| cloud.disk_offerings.get(id)).map(|it| it.spec.clone());
    let Some((offering, spec)) = offering.zip(found) else { return };
    let zone = cloud.volumes.get(id).map(|volume| volume.zone.clone()).unwrap_or_default();
    let pool = cloud.find_pool(&zone, spec.storage, spec.tags.as_deref(), None);
    let path = cloud.new_id();
    if let Some(volume) = cloud.volumes.get_mut(id) {
        volume.kind = VolumeKind::Data { offering: offering.to_owned() };
        volume.storage = spec.storage;
        volume.pool = pool.or(volume.pool.take());
        volume.path = path;
    }
}

fn check_offering(cloud: &Cloud, id: &str, wanted: &Wanted, bytes: u64) -> Result<(), Refusal> {
    let Some(volume) = cloud.volumes.get(id) else { return Ok(()) };
    let new = wanted.offering.as_deref().unwrap_or_default();
    if volume.is_root() {
        let text = format!("volume {id} is a root disk: it follows its service offering");
        return Err(Refusal::invalid(text));
    }
    if volume.disk_offering() == Some(new) && volume.size == bytes {
        let text = format!("Volume {id} is already having disk offering {new}");
        return Err(Refusal::invalid(text));
    }
    let tags = |id: Option<&str>| -> Vec<String> {
        let found = id.and_then(|id| cloud.disk_offerings.ever(id));
        let tags = found.and_then(|it| it.spec.tags.clone()).unwrap_or_default();
        tags.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
    };
    let has = tags(Some(new));
    if tags(volume.disk_offering()).iter().any(|tag| !has.contains(tag)) {
        let text = format!(
            "Selected disk offering {new} does not have tags as in existing disk offering of \
             volume {id}"
        );
        return Err(Refusal::invalid(text));
    }
    Ok(())
}

/// Refuses what would need other storage that cannot be had.
fn check_move(cloud: &Cloud, id: &str, wanted: &Wanted) -> Result<(), Refusal> {
    let Some(volume) = cloud.volumes.get(id) else { return Ok(()) };
    let new = wanted.offering.as_deref().unwrap_or_default();
    if !must_move(cloud, id, Some(new)) {
        return Ok(());
    }
    let offering = cloud.disk_offerings.get(new).map(|it| it.spec.clone());
    let pool = offering
        .and_then(|spec| cloud.find_pool(&volume.zone, spec.storage, spec.tags.as_deref(), None));
    let running = volume.vm().and_then(|vm| cloud.vms.get(vm));
    let running = running.is_some_and(|vm| vm.state == VmState::Running);
    if !wanted.migrate {
        return Err(Refusal::invalid(format!(
            "Volume {id} must be migrated for this offering, and automigrate is false"
        )));
    }
    if pool.is_none() || (running && !cloud.world.settings.storage_motion) {
        return Err(Refusal::internal(format!(
            "Volume change offering operation failed for volume ID: {id} as no suitable pool(s) \
             found for migrating to support new disk offering or new size"
        )));
    }
    Ok(())
}

/// The recorded answer says nothing of where the volume is.
fn bare(mut answer: Value) -> Value {
    if let Some(volume) = answer["volume"].as_object_mut() {
        for key in [
            "storage",
            "storageid",
            "storagetype",
            "path",
            "clusterid",
            "clustername",
            "podid",
            "podname",
            "hypervisor",
        ] {
            volume.remove(key);
        }
    }
    json!({"volume": answer["volume"]})
}

/// The size that a volume is to have. `code` is that of the refusals: the two commands differ.
fn bytes(cloud: &Cloud, id: &str, wanted: &Wanted, code: u16) -> Result<u64, Refusal> {
    let refuse = |text: String| Err(Refusal::new(code, 9999, text));
    let Some(volume) = cloud.volumes.get(id) else {
        return refuse(format!(
            "Volume should be in ready or allocated state before attempting a resize. Volume {id} \
             is in state Destroy."
        ));
    };
    let max = cloud.world.settings.max_custom_disk_gib;
    if let Some(offering) = &wanted.offering {
        if volume.is_root() {
            let text = format!("volume {id} is a root disk: it follows its service offering");
            return refuse(text);
        }
        return cloud
            .disk_bytes(offering, wanted.size, false)
            .map_err(|refusal| Refusal { code, ..refusal });
    }
    let Some(size) = wanted.size else { return Ok(volume.size) };
    let found = volume.disk_offering().and_then(|id| cloud.disk_offerings.ever(id));
    if found.is_some_and(|offering| offering.spec.size.is_some()) {
        return refuse(format!(
            "To change a volume's size without providing a new disk offering, its current disk \
             offering must be customizable or it must be a root volume: {id}"
        ));
    }
    match u64::try_from(size) {
        Ok(gib) if (1..=max).contains(&gib) => Ok(gib << 30),
        _ => refuse(format!("Volume size: {size} GB is out of allowed range. Min: 1. Max: {max}")),
    }
}

fn set_size(cloud: &mut Cloud, id: &str, bytes: u64) -> Result<(), Refusal> {
    let simulated = is_simulated(cloud, id);
    let Some(volume) = cloud.volumes.get_mut(id) else { return Ok(()) };
    // Recorded: simulated hosts cannot make anything smaller.
    if simulated && bytes < volume.size && volume.pool.is_some() {
        return Err(Refusal::internal(format!(
            "Failed to resize volume operation of volume UUID: [{id}] due to - Failed to resize"
        )));
    }
    volume.size = bytes;
    Ok(())
}

fn is_simulated(cloud: &Cloud, id: &str) -> bool {
    let zone = cloud.volumes.get(id).and_then(|volume| cloud.zones.get(&volume.zone));
    zone.is_some_and(|zone| zone.spec.hypervisor == "Simulator")
}

fn is_ready(volume: &Volume) -> bool {
    volume.state == VolumeState::Ready
}

fn check(cloud: &Cloud, id: &str, bytes: u64, shrink_ok: bool, code: u16) -> Result<(), Refusal> {
    let Some(volume) = cloud.volumes.get(id) else {
        return Err(gone("Volume", cloud.volumes.number(id)));
    };
    if !matches!(volume.state, VolumeState::Ready | VolumeState::Allocated) {
        let text = format!(
            "Volume should be in ready or allocated state before attempting a resize. Volume {id} \
             is in state {}.",
            volume.state.name()
        );
        return Err(Refusal::new(code, 9999, text));
    }
    if cloud.is_being_snapshot(id) {
        let text = format!("there is a snapshot of volume {id} under way, please try again later");
        return Err(Refusal::internal(text));
    }
    if bytes < volume.size && !shrink_ok {
        let text = format!(
            "Going from existing size of {} to size of {bytes} would shrink the volume.Need to \
             sign off by supplying the shrinkok parameter with value of true.",
            volume.size
        );
        return Err(Refusal::new(code, 9999, text));
    }
    cloud.check_limit(&volume.owner, "primary_storage", bytes.saturating_sub(volume.size) >> 30)
}
