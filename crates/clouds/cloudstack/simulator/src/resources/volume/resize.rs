//! Letting volumes grow, and changing their offering.

use super::view;
use crate::engine::{Call, Job, Refusal, gone};
use crate::state::{Cloud, Volume, VolumeKind, VolumeState};
use crate::world::Storage;
use cloudstack::phrases;
use serde_json::{Value, json};

/// What a volume is to become.
#[derive(Debug, Clone)]
struct Change {
    bytes: u64,
    offering: Option<(String, Storage)>,
    shrink_ok: bool,
}

/// `resizeVolume`.
pub fn resize(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_volume(call, "id")?;
    let change = read(cloud, call, &id)?;
    let queue = cloud.volumes.get(&id).and_then(Volume::vm).map(str::to_owned);
    let (caller, volume, begun, checked) =
        (call.caller.clone(), id.clone(), id.clone(), change.clone());
    let begin = move |cloud: &mut Cloud| {
        // The recorded code is 432, not the 431 of the other command.
        check(cloud, &begun, &checked, 432)?;
        if let Some(volume) = cloud.volumes.get_mut(&begun).filter(|it| is_ready(it)) {
            volume.state = VolumeState::Resizing;
        }
        Ok(())
    };
    let job = Job::new(move |cloud| {
        apply(cloud, &volume, &change);
        Ok(view::result(cloud, &caller, &volume))
    });
    Ok(job.begin(begin).on(id).queued(queue))
}

/// `changeOfferingForVolume`.
pub fn change_offering(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_volume(call, "id")?;
    call.params.need_id("diskofferingid", &cloud.disk_offerings)?;
    let change = read(cloud, call, &id)?;
    let queue = cloud.volumes.get(&id).and_then(Volume::vm).map(str::to_owned);
    let (caller, begun, checked) = (call.caller.clone(), id.clone(), change.clone());
    let begin = move |cloud: &mut Cloud| check(cloud, &begun, &checked, 431);
    let job = Job::new(move |cloud| {
        // The answer is made before the new offering shows: only the size is new in it.
        if let Some(volume) = cloud.volumes.get_mut(&id) {
            volume.size = change.bytes;
        }
        let answer = bare(view::result(cloud, &caller, &id));
        apply(cloud, &id, &change);
        Ok(answer)
    });
    Ok(job.begin(begin).queued(queue))
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

fn read(cloud: &Cloud, call: &Call<'_>, id: &str) -> Result<Change, Refusal> {
    let params = call.params;
    let wanted = params.number("size")?;
    let shrink_ok = params.flag("shrinkok") == Some(true);
    if let Some(offering) = params.id("diskofferingid", &cloud.disk_offerings)? {
        if cloud.volumes.get(id).is_some_and(Volume::is_root) {
            let text = format!("volume {id} is a root disk: it follows its service offering");
            return Err(Refusal::invalid(text));
        }
        let storage = cloud.disk_offerings.get(offering).map(|it| it.spec.storage);
        let offering = (offering.to_owned(), storage.unwrap_or_default());
        let bytes = cloud.disk_bytes(&offering.0, wanted, false)?;
        return Ok(Change { bytes, offering: Some(offering), shrink_ok });
    }
    let Some(volume) = cloud.volumes.get(id) else {
        return Err(gone("Volume", cloud.volumes.number(id)));
    };
    let found = volume.disk_offering().and_then(|id| cloud.disk_offerings.ever(id));
    if found.is_some_and(|offering| offering.spec.size.is_some()) {
        return Err(Refusal::invalid(format!(
            "the disk offering of volume {id} has a fixed size; name another in diskofferingid"
        )));
    }
    let max = cloud.world.settings.max_volume_gib;
    match wanted.and_then(|gib| u64::try_from(gib).ok()) {
        Some(gib) if (1..=max).contains(&gib) => {
            Ok(Change { bytes: gib << 30, offering: None, shrink_ok })
        }
        Some(gib) => {
            Err(Refusal::invalid(format!("Requested size {gib} is not within 1-{max} GB")))
        }
        None => Err(Refusal::invalid("Invalid size: name it in GB")),
    }
}

fn is_ready(volume: &Volume) -> bool {
    volume.state == VolumeState::Ready
}

fn check(cloud: &Cloud, id: &str, change: &Change, code: u16) -> Result<(), Refusal> {
    let Some(volume) = cloud.volumes.get(id) else {
        return Err(gone("Volume", cloud.volumes.number(id)));
    };
    if !matches!(volume.state, VolumeState::Ready | VolumeState::Allocated) {
        let text = format!("volume {id} is {}, not Ready or Allocated", volume.state.name());
        return Err(Refusal::invalid(text));
    }
    if cloud.is_being_snapshot(id) {
        let text = format!("there is a snapshot of volume {id} under way, please try again later");
        return Err(Refusal::internal(text));
    }
    if change.bytes < volume.size && !change.shrink_ok {
        let text = format!(
            "Going from existing size of {} to size of {} {}; sign off with shrinkok",
            volume.size,
            change.bytes,
            phrases::WOULD_SHRINK
        );
        return Err(Refusal::new(code, 9999, text));
    }
    cloud.check_limit(
        &volume.owner,
        "primary_storage",
        change.bytes.saturating_sub(volume.size) >> 30,
    )
}

fn apply(cloud: &mut Cloud, id: &str, change: &Change) {
    let Some(volume) = cloud.volumes.get_mut(id) else { return };
    volume.size = change.bytes;
    if volume.state == VolumeState::Resizing {
        volume.state = VolumeState::Ready;
    }
    if let Some((offering, storage)) = &change.offering {
        volume.kind = VolumeKind::Data { offering: offering.clone() };
        volume.storage = *storage;
    }
}
