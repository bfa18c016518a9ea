//! Affinity groups. They outlive the VM that they were made for on purpose, since the next one of
//! its instance group uses them. The description says that a group is ours.

use super::{OwnedResources, if_allowed, select, vm};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::permit;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{AffinityGroup, ListAffinityGroups};
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};
use journal::Absence;

/// The affinity groups of exactly this name.
pub(crate) async fn named(cloud: &CloudStack, name: &str) -> CloudResult<Vec<AffinityGroup>> {
    let of = ListAffinityGroups { name: Some(name.to_owned()) };
    let mut groups = cloud.list(of).await?;
    groups.retain(|group| group.name == name);
    Ok(groups)
}

/// Makes sure that no group of this name and description is left, unless another VM has come to
/// use it.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str, note: &str) -> Result<Absence> {
    let tried = || format!("removing affinity group {name}");
    remove(cloud, name, note).await.during(Activity::CreateVm, tried)
}

async fn remove(cloud: &CloudStack, name: &str, note: &str) -> CloudResult<Absence> {
    let rows = named(cloud, name).await?;
    let owned = select(cloud, Claim::journaled_name(name).with_note(note), rows).await;
    for group in &owned {
        if !is_any_live(cloud, &group.vms).await? {
            delete(cloud, group).await?;
        }
    }
    Ok(if owned.is_empty() { Absence::MayAppear } else { Absence::Final })
}

async fn delete(cloud: &CloudStack, group: &Owned<AffinityGroup>) -> CloudResult<()> {
    let until = cloud.undo_deadline(Wait::DeleteVm);
    let delete = permit::delete_affinity_group(&group.into());
    cloud.destroy_by_job(&delete, until).await.ignore_not_found()
}

/// Deletes the group that the garbage collection has listed, if it is still what it was.
pub(crate) async fn delete_listed(
    cloud: &CloudStack,
    id: &str,
    name: &str,
    note: &str,
) -> CloudResult<()> {
    let claim = Claim::listed(id, name).with_note(note);
    let rows = named(cloud, name).await?;
    for group in select(cloud, claim, rows).await {
        delete(cloud, &group).await?;
    }
    Ok(())
}

/// A VM that waits to be expunged uses nothing any more.
async fn is_any_live(cloud: &CloudStack, vms: &[String]) -> CloudResult<bool> {
    for id in vms {
        if vm::by_id(cloud, id).await?.is_some_and(|row| vm::is_live(&row)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The groups whose description is ours.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let groups = if_allowed(cloud.list(ListAffinityGroups::default()).await)?.into_iter();
    let owned = groups.filter_map(|group| {
        let note = group.description?;
        Some(OwnedResource {
            kind: "affinity group",
            cid: group.id,
            ours: Some(cloud.names.parse_note(&note)?),
            purpose: ResourceRole::Servant("no VM is in it"),
            used: (!group.vms.is_empty()).then_some("a VM is in it"),
            target: Intent::AffinityGroup { name: group.name.clone(), note },
            name: group.name,
        })
    });
    Ok(owned.collect())
}
