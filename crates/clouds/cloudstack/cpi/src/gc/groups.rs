//! Groups and keys that were made for VMs, and that no VM uses any more. They outlive the VM
//! that they were made for on purpose, since the next one of its instance group uses them.

use super::{Answer, if_allowed};
use crate::CloudStack;
use crate::groups::has_key;
use crate::steps::Intent;
use cloudstack::api::{
    ListAffinityGroups, ListSecurityGroups, ListSshKeyPairs, ListVirtualMachines,
};
use cpi_kit::{OwnedResource, ResourceRole};

/// Every group and key of ours.
pub(super) async fn owned_resources(cloud: &CloudStack) -> Answer<Vec<OwnedResource<Intent>>> {
    let mut things = groups(cloud).await?;
    things.extend(keys(cloud).await?);
    Ok(things)
}

async fn groups(cloud: &CloudStack) -> Answer<Vec<OwnedResource<Intent>>> {
    let (affinity, security) = tokio::join!(
        cloud.list(ListAffinityGroups::default()),
        cloud.list(ListSecurityGroups::default()),
    );
    let thing = |kind, id: String, used: bool, note: &str, target| {
        Some(OwnedResource {
            kind,
            cid: id,
            name: String::new(),
            ours: Some(cloud.names.parse_note(note)?),
            purpose: ResourceRole::Servant("no VM is in it"),
            used: used.then_some("a VM is in it"),
            target,
        })
    };
    let affinity = if_allowed(affinity)?.into_iter().filter_map(|group| {
        let (name, note) = (group.name, group.description?);
        let target = Intent::AffinityGroup { name: name.clone(), note: note.clone() };
        let thing = thing("affinity group", group.id, !group.vms.is_empty(), &note, target)?;
        Some(OwnedResource { name, ..thing })
    });
    let security = if_allowed(security)?.into_iter().filter_map(|group| {
        let (name, note) = (group.name, group.description?);
        let used = !group.virtualmachineids.is_empty();
        let target = Intent::SecurityGroup { name: name.clone(), note: note.clone() };
        Some(OwnedResource { name, ..thing("security group", group.id, used, &note, target)? })
    });
    Ok(affinity.chain(security).collect())
}

/// Their names tell whose they are, but not since when. None is missed: the next VM that
/// wants it registers it again.
async fn keys(cloud: &CloudStack) -> Answer<Vec<OwnedResource<Intent>>> {
    let pairs = if_allowed(cloud.list(ListSshKeyPairs::default()).await)?;
    let ours = cloud.names.key_pairs();
    let pairs: Vec<_> = pairs.into_iter().filter(|pair| pair.name.starts_with(&ours)).collect();
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let vms = cloud.list(ListVirtualMachines::default()).await?;
    let thing = |pair: cloudstack::api::SshKeyPair| OwnedResource {
        kind: "key pair",
        cid: pair.id.unwrap_or_default(),
        ours: None,
        purpose: ResourceRole::Servant("no VM was made with it"),
        used: vms.iter().any(|vm| has_key(vm, &pair.name)).then_some("a VM was made with it"),
        target: Intent::KeyPair { name: pair.name.clone() },
        name: pair.name,
    };
    Ok(pairs.into_iter().map(thing).collect())
}
