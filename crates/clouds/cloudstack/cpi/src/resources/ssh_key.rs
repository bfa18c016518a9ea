//! SSH key pairs. They outlive the VM that they were registered for; none is missed: the next VM
//! that wants one registers it again.

use super::{OwnedResources, if_allowed, select};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::permit;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{ListSshKeyPairs, ListVirtualMachines, SshKeyPair, VirtualMachine};
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};
use journal::Absence;

/// Whether a key pair of exactly this name is registered.
pub(crate) async fn exists(cloud: &CloudStack, name: &str) -> CloudResult<bool> {
    let of = ListSshKeyPairs { name: Some(name.to_owned()) };
    Ok(cloud.list(of).await?.iter().any(|pair| pair.name == name))
}

async fn owned_by_name(cloud: &CloudStack, name: &str) -> CloudResult<Option<Owned<SshKeyPair>>> {
    let of = ListSshKeyPairs { name: Some(name.to_owned()) };
    let rows = cloud.list(of).await?;
    Ok(select(cloud, Claim::journaled_name(name), rows).await.into_iter().next())
}

/// Makes sure that no key pair of this name is left. One that a VM uses by now is as good as one
/// that was registered before.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing key pair {name}");
    delete_unused(cloud, name).await.during(Activity::CreateVm, tried)
}

/// Deletes a key pair, unless a VM was made with it.
pub(crate) async fn delete_unused(cloud: &CloudStack, name: &str) -> CloudResult<Absence> {
    let Some(pair) = owned_by_name(cloud, name).await? else { return Ok(Absence::MayAppear) };
    let vms = cloud.list(ListVirtualMachines::default()).await?;
    if !vms.iter().any(|vm| is_used_by(vm, name)) {
        let until = cloud.undo_deadline(Wait::DeleteVm);
        cloud.destroy(&permit::delete_key_pair(&pair), until).await.ignore_not_found()?;
    }
    Ok(Absence::Final)
}

/// Whether a VM was made with a key: its row has their names, with commas between them, and in
/// older clouds a single one.
fn is_used_by(vm: &VirtualMachine, name: &str) -> bool {
    let told = ["keypairs", "keypair"].into_iter().filter_map(|key| vm.other.get(key)?.as_str());
    told.flat_map(|names| names.split(',')).any(|one| one.trim() == name)
}

/// The key pairs that bear a name of ours, which tells whose they are, but not since when.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let pairs = if_allowed(cloud.list(ListSshKeyPairs::default()).await)?;
    let ours = cloud.names.key_pairs();
    let pairs: Vec<_> = pairs.into_iter().filter(|pair| pair.name.starts_with(&ours)).collect();
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let vms = cloud.list(ListVirtualMachines::default()).await?;
    let owned = |pair: SshKeyPair| OwnedResource {
        kind: "key pair",
        cid: pair.id.unwrap_or_default(),
        ours: None,
        purpose: ResourceRole::Servant("no VM was made with it"),
        used: vms.iter().any(|vm| is_used_by(vm, &pair.name)).then_some("a VM was made with it"),
        target: Intent::KeyPair { name: pair.name.clone() },
        name: pair.name,
    };
    Ok(pairs.into_iter().map(owned).collect())
}
