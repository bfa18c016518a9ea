//! Security groups. They outlive the VM that they were made for on purpose, since the next one of
//! its instance group uses them. The description says that a group is ours.

use super::{OwnedResources, if_allowed, select};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::lookup;
use crate::name_ref::NameRef;
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{ListSecurityGroups, SecurityGroup, SecurityRule};
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};
use journal::Absence;

/// Something uses it.
const IN_USE: i64 = 536;

/// The security group of exactly this name.
pub(crate) async fn named(cloud: &CloudStack, name: &str) -> CloudResult<Option<SecurityGroup>> {
    let of = ListSecurityGroups { securitygroupname: Some(name.to_owned()) };
    Ok(cloud.list(of).await?.into_iter().find(|group| group.name == name))
}

/// Makes sure that no group of this name and description is left, unless a VM is in it.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str, note: &str) -> Result<Absence> {
    let tried = || format!("removing security group {name}");
    remove(cloud, name, note).await.during(Activity::CreateVm, tried)
}

async fn remove(cloud: &CloudStack, name: &str, note: &str) -> CloudResult<Absence> {
    let claim = Claim::journaled_name(name).with_note(note);
    let Some(group) = claimed(cloud, name, claim).await? else { return Ok(Absence::MayAppear) };
    if group.virtualmachineids.is_empty() {
        match delete(cloud, &group).await {
            // Somebody has come to use it meanwhile.
            Err(failure) if failure.has_code(IN_USE) => {}
            deleted => deleted?,
        }
    }
    Ok(Absence::Final)
}

async fn claimed(
    cloud: &CloudStack,
    name: &str,
    claim: Claim<'_>,
) -> CloudResult<Option<Owned<SecurityGroup>>> {
    let of = ListSecurityGroups { securitygroupname: Some(name.to_owned()) };
    let rows = cloud.list(of).await?;
    Ok(select(cloud, claim, rows).await.into_iter().next())
}

/// A group that lets itself in cannot be deleted: such rules go first.
async fn delete(cloud: &CloudStack, group: &Owned<SecurityGroup>) -> CloudResult<()> {
    lookup::security_group::forget(cloud, &NameRef::new(&group.name, ""));
    let (until, permit) = (cloud.undo_deadline(Wait::DeleteVm), Permit::from(group));
    let own = |rule: &&SecurityRule| rule.securitygroupname.as_deref() == Some(&group.name);
    for rule in group.ingressrule.iter().filter(own) {
        let revoke = permit::revoke_ingress(&permit, &rule.ruleid);
        cloud.destroy_by_job(&revoke, until).await.ignore_not_found()?;
    }
    for rule in group.egressrule.iter().filter(own) {
        let revoke = permit::revoke_egress(&permit, &rule.ruleid);
        cloud.destroy_by_job(&revoke, until).await.ignore_not_found()?;
    }
    let delete = permit::delete_security_group(&permit);
    cloud.destroy(&delete, until).await.ignore_not_found()
}

/// Deletes the group that the garbage collection has listed, if it is still what it was. One that
/// another group's rule names is refused, and that is said.
pub(crate) async fn delete_listed(
    cloud: &CloudStack,
    id: &str,
    name: &str,
    note: &str,
) -> CloudResult<()> {
    match claimed(cloud, name, Claim::listed(id, name).with_note(note)).await? {
        Some(group) => delete(cloud, &group).await,
        None => Ok(()),
    }
}

/// The groups whose description is ours.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let groups = if_allowed(cloud.list(ListSecurityGroups::default()).await)?.into_iter();
    let owned = groups.filter_map(|group| {
        let note = group.description?;
        Some(OwnedResource {
            kind: "security group",
            cid: group.id,
            ours: Some(cloud.names.parse_note(&note)?),
            purpose: ResourceRole::Servant("no VM is in it"),
            used: (!group.virtualmachineids.is_empty()).then_some("a VM is in it"),
            target: Intent::SecurityGroup { name: group.name.clone(), note },
            name: group.name,
        })
    });
    Ok(owned.collect())
}
