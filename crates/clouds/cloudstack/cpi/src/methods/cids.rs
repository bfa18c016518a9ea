//! From CIDs to CloudStack's ids. A CID of ours is an id; the Go CPI's are names, which cost
//! one call more.

use crate::CloudStack;
use crate::errors::Failure;
use crate::lookup::is_id;
use crate::steps::is_there;
use bosh_cpi::{CpiError, DiskCid, ErrorKind, VmCid};
use cloudstack::api::{ListVirtualMachines, ListVolumes, VirtualMachine, Volume};

type Answer<T> = Result<T, Failure>;

/// No VM of this CID is there.
pub(crate) fn no_vm(cid: &VmCid) -> CpiError {
    CpiError::new(ErrorKind::VmNotFound, format!("there is no VM {cid}"))
}

/// No disk of this CID is there.
pub(super) fn no_disk(cid: &DiskCid) -> CpiError {
    CpiError::new(ErrorKind::DiskNotFound, format!("there is no disk {cid}"))
}

/// Whether a VM is more than a row that waits to be expunged.
pub(crate) fn is_alive(vm: &VirtualMachine) -> bool {
    !matches!(vm.state.as_str(), "Destroyed" | "Expunging")
}

impl CloudStack {
    /// The id of a VM; None if a name stands for none. An id is taken as it is.
    pub(super) async fn vm_id(&self, cid: &VmCid) -> Answer<Option<String>> {
        if is_id(cid.as_str()) {
            return Ok(Some(cid.as_str().to_owned()));
        }
        Ok(self.vm(cid).await?.map(|vm| vm.id))
    }

    /// The same for a VM that shall go: one that waits to be expunged still holds its address.
    pub(super) async fn vm_id_ever(&self, cid: &VmCid) -> Answer<Option<String>> {
        if is_id(cid.as_str()) {
            return Ok(Some(cid.as_str().to_owned()));
        }
        let (alive, waiting): (Vec<_>, Vec<_>) =
            self.vms_named(cid).await?.into_iter().partition(is_alive);
        let named = if alive.is_empty() { waiting } else { alive };
        Ok(only("VM", cid.as_str(), named, |vm| &vm.id)?.map(|vm| vm.id))
    }

    /// A VM that is there.
    pub(crate) async fn vm(&self, cid: &VmCid) -> Answer<Option<VirtualMachine>> {
        if is_id(cid.as_str()) {
            return Ok(self.vm_by_id(cid.as_str()).await?.filter(is_alive));
        }
        let named = self.vms_named(cid).await?.into_iter().filter(is_alive);
        only("VM", cid.as_str(), named.collect(), |vm| &vm.id)
    }

    async fn vms_named(&self, cid: &VmCid) -> Answer<Vec<VirtualMachine>> {
        let of = ListVirtualMachines {
            name: Some(cid.as_str().to_owned()),
            ..ListVirtualMachines::default()
        };
        let mut vms = self.list(of).await?;
        vms.retain(|vm| vm.name == cid.as_str());
        Ok(vms)
    }

    /// The id of a disk; None if a name stands for none. An id is taken as it is.
    pub(super) async fn disk_id(&self, cid: &DiskCid) -> Answer<Option<String>> {
        if is_id(cid.as_str()) {
            return Ok(Some(cid.as_str().to_owned()));
        }
        Ok(self.disk(cid).await?.map(|volume| volume.id))
    }

    /// A disk that is there.
    pub(super) async fn disk(&self, cid: &DiskCid) -> Answer<Option<Volume>> {
        if is_id(cid.as_str()) {
            return Ok(self.volume_by_id(cid.as_str()).await?.filter(is_there));
        }
        let of = ListVolumes { name: Some(cid.as_str().to_owned()), ..ListVolumes::default() };
        let volumes = self.list(of).await?;
        let named =
            volumes.into_iter().filter(|volume| volume.name == cid.as_str() && is_there(volume));
        only("disk", cid.as_str(), named.collect(), |volume| &volume.id)
    }
}

/// Names are not unique in CloudStack, and to take the wrong disk is worse than to take none.
fn only<T>(
    what: &str,
    name: &str,
    mut named: Vec<T>,
    id: impl Fn(&T) -> &str,
) -> Answer<Option<T>> {
    if named.len() < 2 {
        return Ok(named.pop());
    }
    let ids: Vec<_> = named.iter().map(&id).collect();
    let ids = ids.join(", ");
    Err(CpiError::cloud(format!("more than one {what} is named '{name}': {ids}")).into())
}
