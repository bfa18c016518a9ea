//! Volumes: persistent disks, and what stemcells are written on.

use super::{OwnedResources, only};
use crate::api::{JobOutcome, first};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::name_ref::is_id;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::{DiskCid, Result};
use cloudstack::Command;
use cloudstack::api::{AttachVolume, DeleteVolume, DetachVolume, ListVolumes, Volume};
use cpi_kit::{OwnedResource, ResourceRole};
use journal::Absence;

/// Whether a volume is more than a row that waits for the cloud's own cleaning, or that an
/// upload has left behind.
pub(crate) fn exists(volume: &Volume) -> bool {
    const NOTHING: &[&str] =
        &["Destroy", "Destroyed", "Expunging", "Expunged", "UploadError", "UploadAbandoned"];
    !NOTHING.contains(&volume.state.as_str())
}

/// A volume, attached or not; None if the id is unknown.
pub(crate) async fn by_id(cloud: &CloudStack, id: &str) -> CloudResult<Option<Volume>> {
    let of = ListVolumes { id: Some(id.to_owned()), listall: Some(true), ..ListVolumes::default() };
    first(cloud.get(&of).await)
}

/// The volumes of a VM, the root disk among them; none if the VM's id is unknown.
pub(crate) async fn of_vm(cloud: &CloudStack, vm: &str) -> CloudResult<Vec<Volume>> {
    let of = ListVolumes {
        virtualmachineid: Some(vm.to_owned()),
        listall: Some(true),
        ..ListVolumes::default()
    };
    Ok(cloud.list(of).await.or_none_if_gone()?.unwrap_or_default())
}

/// The volumes of exactly this name, but for those that are as good as gone.
pub(crate) async fn named(cloud: &CloudStack, name: &str) -> CloudResult<Vec<Volume>> {
    let of = ListVolumes { name: Some(name.to_owned()), ..ListVolumes::default() };
    let mut volumes = cloud.list(of).await?;
    volumes.retain(|volume| volume.name == name && exists(volume));
    Ok(volumes)
}

/// The volume of a CID: an id, or a name that the Go CPI gave. None if it does not exist.
pub(crate) async fn find(cloud: &CloudStack, cid: &DiskCid) -> CloudResult<Option<Volume>> {
    let cid = cid.as_str();
    if is_id(cid) {
        return Ok(by_id(cloud, cid).await?.filter(exists));
    }
    only("disk", cid, named(cloud, cid).await?, |volume| &volume.id)
}

/// The id of a CID's volume; None if a name stands for none. An id is taken as it is.
pub(crate) async fn id_of(cloud: &CloudStack, cid: &DiskCid) -> CloudResult<Option<String>> {
    if is_id(cid.as_str()) {
        return Ok(Some(cid.as_str().to_owned()));
    }
    Ok(find(cloud, cid).await?.map(|volume| volume.id))
}

/// Deletes a volume; it may be gone already.
pub(crate) async fn delete(cloud: &CloudStack, id: &str) -> CloudResult<()> {
    let delete = DeleteVolume { id: id.to_owned() };
    cloud.call(&delete, cloud.deadline(Wait::DeleteVolume)).await.ignore_not_found()
}

/// Makes sure that no volume of this name is left.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing volume {name}");
    let volumes = named(cloud, name).await.during(Activity::DeleteDisk, tried)?;
    let absence = if volumes.is_empty() { Absence::MayAppear } else { Absence::Final };
    for volume in volumes {
        let delete = DeleteVolume { id: volume.id };
        let until = cloud.undo_deadline(Wait::DeleteVolume);
        let deleted = cloud.call(&delete, until).await.ignore_not_found();
        deleted.during(Activity::DeleteDisk, tried)?;
    }
    Ok(absence)
}

/// Makes sure that a volume is not attached by the job of this id.
pub(crate) async fn ensure_detached(
    cloud: &CloudStack,
    volume: &str,
    vm: &str,
    job: &str,
) -> Result<Absence> {
    let tried = || format!("detaching volume {volume} from VM {vm}");
    let outcome = cloud.job_outcome(job, AttachVolume::NAME, cloud.undo_wait()).await;
    match outcome.during(Activity::DetachDisk, tried)? {
        JobOutcome::Unknown => return Ok(Absence::MayAppear),
        // Such as that it is attached: by an earlier call then.
        JobOutcome::Refused => return Ok(Absence::Final),
        JobOutcome::Succeeded | JobOutcome::Failed => {}
    }
    let there = by_id(cloud, volume).await.during(Activity::DetachDisk, tried)?;
    if there.and_then(|volume| volume.virtualmachineid).as_deref() != Some(vm) {
        return Ok(Absence::Final);
    }
    let detach = DetachVolume { id: volume.to_owned() };
    let detached = cloud.run_job(&detach, cloud.undo_deadline(Wait::DetachVolume)).await;
    detached.during(Activity::DetachDisk, tried)?;
    Ok(Absence::Final)
}

/// The volumes that bear a name of ours.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let volumes = cloud.list(ListVolumes::default()).await?.into_iter();
    let owned = volumes.filter_map(|volume| {
        Some(OwnedResource {
            ours: Some(cloud.names.parse(&volume.name)?),
            kind: "disk",
            purpose: ResourceRole::Cid { tagged: !volume.tags.is_empty(), persistent: true },
            used: volume.virtualmachineid.is_some().then_some("it is attached to a VM"),
            target: Intent::Volume { name: volume.name.clone() },
            cid: volume.id,
            name: volume.name,
        })
    });
    Ok(owned.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A director that hears of a disk that it is gone makes another; one that hears of a dead
    /// one that it is there waits for it for ever.
    #[test]
    fn a_volume_exists_in_every_state_but_its_last() {
        let exists = |state: &str| exists(&Volume { state: state.into(), ..Volume::default() });
        for state in [
            "Allocated",
            "Creating",
            "Ready",
            "Attaching",
            "Resizing",
            "Snapshotting",
            "RevertSnapshotting",
            "Migrating",
            "Copying",
            "Uploaded",
            "UploadInProgress",
            "NotUploaded",
            "Restoring",
        ] {
            assert!(exists(state), "{state}");
        }
        for state in
            ["Destroy", "Destroyed", "Expunging", "Expunged", "UploadError", "UploadAbandoned"]
        {
            assert!(!exists(state), "{state}");
        }
    }
}
