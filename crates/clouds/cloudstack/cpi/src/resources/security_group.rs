//! Security groups. They outlive the VM that they were made for on purpose, since the next one of
//! its instance group uses them. The description says that a group is ours.

use super::{OwnedResources, if_allowed};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::lookup;
use crate::name_ref::NameRef;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{
    DeleteSecurityGroup, ListSecurityGroups, RevokeSecurityGroupEgress, RevokeSecurityGroupIngress,
    SecurityGroup, SecurityRule,
};
use cpi_kit::{OwnedResource, ResourceRole};
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
    let group = named(cloud, name).await?;
    let Some(group) = group.filter(|group| group.description.as_deref() == Some(note)) else {
        return Ok(Absence::MayAppear);
    };
    if group.virtualmachineids.is_empty() {
        lookup::security_group::forget(cloud, &NameRef::new(name, ""));
        delete(cloud, &group).await?;
    }
    Ok(Absence::Final)
}

/// A group that lets itself in cannot be deleted: such rules go first.
async fn delete(cloud: &CloudStack, group: &SecurityGroup) -> CloudResult<()> {
    let until = cloud.undo_deadline(Wait::DeleteVm);
    let own = |rule: &&SecurityRule| rule.securitygroupname.as_deref() == Some(&group.name);
    for rule in group.ingressrule.iter().filter(own) {
        let revoke = RevokeSecurityGroupIngress { id: rule.ruleid.clone() };
        cloud.run_job(&revoke, until).await.ignore_not_found()?;
    }
    for rule in group.egressrule.iter().filter(own) {
        let revoke = RevokeSecurityGroupEgress { id: rule.ruleid.clone() };
        cloud.run_job(&revoke, until).await.ignore_not_found()?;
    }
    let delete = DeleteSecurityGroup { id: group.id.clone() };
    match cloud.call(&delete, until).await.ignore_not_found() {
        // Somebody has come to use it meanwhile.
        Err(failure) if failure.has_code(IN_USE) => Ok(()),
        deleted => deleted,
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
