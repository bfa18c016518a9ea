//! Volumes: persistent disks, and what stemcells are written on.

use super::{OwnedResources, find_own, only, select};
use crate::api::JobOutcome;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::name_ref::is_id;
use crate::naming::is_ephemeral;
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::{DiskCid, Result};
use cloud_http::Deadline;
use cloudstack::Command;
use cloudstack::api::{AttachVolume, DetachVolume, ListVolumes, VirtualMachine, Volume};
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};
use journal::Absence;
use std::time::Duration;

/// Whether a volume is more than a row that waits for the cloud's own cleaning, or that an
/// upload has left behind.
pub(crate) fn exists(volume: &Volume) -> bool {
    const NOTHING: &[&str] =
        &["Destroy", "Destroyed", "Expunging", "Expunged", "UploadError", "UploadAbandoned"];
    !NOTHING.contains(&volume.state.as_str())
}

/// How often a volume that is busy without a job is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// CloudStack's kind of a volume that can be attached and detached.
const DATA_DISK: &str = "DATADISK";

/// A volume, attached or not; None if the id is unknown.
pub(crate) async fn by_id(cloud: &CloudStack, id: &str) -> CloudResult<Option<Volume>> {
    let of = ListVolumes { id: Some(id.to_owned()), listall: Some(true), ..ListVolumes::default() };
    Ok(cloud.find(of, &Claim::journaled_id(id)).await?.map(Owned::into_row))
}

/// The data disk of this id that is the account's own; None if the id is unknown.
pub(crate) async fn owned_by_id(
    cloud: &CloudStack,
    id: &str,
    claim: Claim<'_>,
) -> CloudResult<Option<Owned<Volume>>> {
    let of = ListVolumes { id: Some(id.to_owned()), listall: Some(true), ..ListVolumes::default() };
    find_own(cloud, of, claim.of_subtype(DATA_DISK)).await
}

/// The job that works on a volume right now.
pub(crate) fn running_job(volume: &Volume) -> Option<&str> {
    let runs = volume.other.get("jobstatus").and_then(|status| status.as_i64()) == Some(0);
    volume.other.get("jobid").and_then(|job| job.as_str()).filter(|_| runs)
}

/// The tag of an ephemeral disk: the host name and the id of the VM that it lives and dies with.
/// Once that VM is gone nothing else tells whose the disk was.
pub(crate) const EPHEMERAL_OF: &str = "bosh-ephemeral-of";

/// The value of the tag.
pub(crate) fn ephemeral_mark(vm: &VirtualMachine) -> String {
    format!("{} {}", vm.name, vm.id)
}

/// The host name and the id of the VM that an ephemeral disk belongs to, by its mark.
fn ephemeral_of(volume: &Volume) -> Option<(&str, &str)> {
    let mark = volume.tags.iter().find(|tag| tag.key == EPHEMERAL_OF)?;
    mark.value.split_once(' ').filter(|_| is_ephemeral(&volume.name))
}

/// The ephemeral disks that a VM has left which somebody else has destroyed.
pub(crate) async fn orphans_of(cloud: &CloudStack, vm: &str) -> CloudResult<Vec<Owned<Volume>>> {
    let of = ListVolumes { kind: Some(DATA_DISK.to_owned()), ..ListVolumes::default() };
    let mut rows = cloud.list(of).await?;
    rows.retain(|row| row.virtualmachineid.is_none() && exists(row));
    rows.retain(|row| ephemeral_of(row).is_some_and(|(_, id)| id == vm));
    Ok(select(cloud, Claim::default().of_subtype(DATA_DISK), rows).await)
}

/// Whether something works on a volume right now.
pub(crate) fn is_busy(volume: &Volume) -> bool {
    const PASSING: &[&str] = &["Attaching", "Resizing", "Snapshotting", "Migrating"];
    running_job(volume).is_some() || PASSING.contains(&volume.state.as_str())
}

/// The volume once nothing works on it any more; None if it is gone.
pub(crate) async fn settled(
    cloud: &CloudStack,
    id: &str,
    until: Deadline,
) -> CloudResult<Option<Volume>> {
    loop {
        let Some(volume) = by_id(cloud, id).await? else { return Ok(None) };
        if !is_busy(&volume) || until.passed() {
            return Ok(Some(volume));
        }
        match running_job(&volume) {
            Some(job) => drop(cloud.job_outcome(job, "", until).await?),
            None => tokio::time::sleep(LOOK_INTERVAL.min(until.left())).await,
        }
    }
}

/// The volumes of a VM, the root disk among them; none if the VM's id is unknown.
pub(crate) async fn of_vm(cloud: &CloudStack, vm: &str) -> CloudResult<Vec<Volume>> {
    let of = ListVolumes {
        virtualmachineid: Some(vm.to_owned()),
        listall: Some(true),
        ..ListVolumes::default()
    };
    let mut volumes = cloud.list(of).await.or_none_if_gone()?.unwrap_or_default();
    volumes.retain(|volume| volume.virtualmachineid.as_deref() == Some(vm));
    Ok(volumes)
}

/// The data disks of exactly this name that are the account's own, but for those that are as good
/// as gone.
pub(crate) async fn owned_by_name(
    cloud: &CloudStack,
    name: &str,
) -> CloudResult<Vec<Owned<Volume>>> {
    let of = ListVolumes { name: Some(name.to_owned()), ..ListVolumes::default() };
    let rows = cloud.list(of).await?.into_iter().filter(exists).collect();
    Ok(select(cloud, Claim::journaled_name(name).of_subtype(DATA_DISK), rows).await)
}

/// The volume of a CID: an id, or a name that the Go CPI gave. None if it does not exist.
pub(crate) async fn find(cloud: &CloudStack, cid: &DiskCid) -> CloudResult<Option<Volume>> {
    let cid = cid.as_str();
    if is_id(cid) {
        return Ok(by_id(cloud, cid).await?.filter(exists));
    }
    let named = owned_by_name(cloud, cid).await?.into_iter().map(Owned::into_row).collect();
    only("disk", cid, named, |volume: &Volume| &volume.id)
}

/// The id of a CID's volume; None if a name stands for none. An id is taken as it is.
pub(crate) async fn id_of(cloud: &CloudStack, cid: &DiskCid) -> CloudResult<Option<String>> {
    if is_id(cid.as_str()) {
        return Ok(Some(cid.as_str().to_owned()));
    }
    Ok(find(cloud, cid).await?.map(|volume| volume.id))
}

/// Deletes a volume; it may be gone already.
pub(crate) async fn delete(cloud: &CloudStack, volume: &Permit<Volume>) -> CloudResult<()> {
    let delete = permit::delete_volume(volume);
    cloud.destroy(&delete, cloud.deadline(Wait::DeleteVolume)).await.ignore_not_found()
}

/// Makes sure that no volume of this name is left.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing volume {name}");
    let volumes = owned_by_name(cloud, name).await.during(Activity::DeleteDisk, tried)?;
    let absence = if volumes.is_empty() { Absence::MayAppear } else { Absence::Final };
    for volume in &volumes {
        remove(cloud, volume).await.during(Activity::DeleteDisk, tried)?;
    }
    Ok(absence)
}

async fn remove(cloud: &CloudStack, volume: &Owned<Volume>) -> CloudResult<()> {
    let until = cloud.undo_deadline(Wait::DeleteVolume);
    cloud.destroy(&permit::delete_volume(&volume.into()), until).await.ignore_not_found()
}

/// Removes what bears the name of a volume that was just made, and is not it: a request that was
/// sent or delivered twice has made it.
pub(crate) async fn remove_twins(cloud: &CloudStack, name: &str, kept: &str) -> CloudResult<()> {
    for twin in owned_by_name(cloud, name).await?.iter().filter(|twin| twin.id != kept) {
        tracing::warn!("volume {} is a twin of {kept}: it goes", twin.id);
        remove(cloud, twin).await?;
    }
    Ok(())
}

/// Deletes the volume that the garbage collection has listed, if it is still what it was.
pub(crate) async fn delete_listed(cloud: &CloudStack, id: &str, name: &str) -> CloudResult<()> {
    match owned_by_id(cloud, id, Claim::listed(id, name)).await? {
        Some(volume) => remove(cloud, &volume).await,
        None => Ok(()),
    }
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
        if let Some((vm, _)) = ephemeral_of(&volume) {
            return Some(OwnedResource {
                ours: Some(cloud.names.parse(vm)?),
                kind: "ephemeral disk",
                purpose: ResourceRole::Servant("its VM is gone"),
                used: volume.virtualmachineid.is_some().then_some("a VM has it"),
                target: Intent::Volume { name: volume.name.clone() },
                cid: volume.id,
                name: volume.name,
            });
        }
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
