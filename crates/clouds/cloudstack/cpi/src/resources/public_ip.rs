//! Public IP addresses. An address has no name: the tag `bosh-acquired-for` says that it was
//! acquired for a VM, and for which.

use super::{OwnedResources, find_own, if_allowed};
use crate::errors::CloudResult;
use crate::intent::{Intent, PublicResource, PublicResourceKind};
use crate::session::CloudStack;
use cloudstack::api::{AsyncJob, ListPublicIpAddresses, PublicIpAddress};
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};

/// The tag of an address that was acquired for a VM; its value is that VM's host name.
pub(crate) const ACQUIRED_FOR: &str = "bosh-acquired-for";

/// The host name of the VM for which we acquired an address.
pub(crate) fn acquired_for(address: &PublicIpAddress) -> Option<&str> {
    address.tags.iter().find(|tag| tag.key == ACQUIRED_FOR).map(|tag| tag.value.as_str())
}

/// Whether an address leads to another VM than the one of this name, or was acquired for one.
pub(crate) fn serves_another(address: &PublicIpAddress, vm: &str) -> bool {
    let other = |name: Option<&str>| name.is_some_and(|name| name != vm);
    let leads = address.virtualmachinename.as_deref().filter(|_| address.isstaticnat);
    other(leads) || other(acquired_for(address))
}

/// The account's own public address of this id; None if nobody has it.
pub(crate) async fn by_id(
    cloud: &CloudStack,
    id: &str,
) -> CloudResult<Option<Owned<PublicIpAddress>>> {
    let of = ListPublicIpAddresses {
        id: Some(id.to_owned()),
        listall: Some(true),
        ..ListPublicIpAddresses::default()
    };
    let found = find_own(cloud, of, Claim::journaled_id(id)).await?;
    Ok(found.filter(|address| address.state != "Releasing"))
}

/// The public addresses that lead to a VM.
pub(crate) async fn of_vm(cloud: &CloudStack, vm: &str) -> CloudResult<Vec<PublicIpAddress>> {
    let of = ListPublicIpAddresses {
        isstaticnat: Some(true),
        listall: Some(true),
        ..ListPublicIpAddresses::default()
    };
    let mut addresses = cloud.list(of).await?;
    addresses
        .retain(|address| address.isstaticnat && address.virtualmachineid.as_deref() == Some(vm));
    Ok(addresses)
}

/// Whether an address is still the one that a job has acquired: it keeps its id while others have
/// it, and only the time tells whose it is.
pub(super) async fn is_same_lease(
    cloud: &CloudStack,
    id: &str,
    job: &AsyncJob,
) -> CloudResult<bool> {
    let told = job.jobresult.as_ref().and_then(|result| result.pointer("/ipaddress/allocated"));
    let Some(address) = by_id(cloud, id).await? else { return Ok(false) };
    Ok(told.is_none_or(|told| address.other.get("allocated") == Some(told)))
}

/// The addresses that were acquired for VMs of ours.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let addresses = if_allowed(cloud.list(ListPublicIpAddresses::default()).await)?;
    let owned = |address: PublicIpAddress| {
        let vm = acquired_for(&address)?.to_owned();
        let resource =
            PublicResource { kind: PublicResourceKind::PublicIp, id: address.id.clone() };
        Some(OwnedResource {
            kind: resource.kind.name(),
            ours: Some(cloud.names.parse(&vm)?),
            purpose: ResourceRole::Servant("it serves no VM"),
            cid: address.id,
            name: address.ipaddress,
            used: address.isstaticnat.then_some("it leads to a VM"),
            target: Intent::PublicResource { resource, vm },
        })
    };
    Ok(addresses.into_iter().filter_map(owned).collect())
}
