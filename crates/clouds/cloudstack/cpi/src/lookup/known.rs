//! What earlier calls have met: where VMs and disks are, and which security groups there are.

use super::find::key;
use super::rows::{DiskRow, SecurityGroupRow, VmRow, ZoneRow};
use super::{Found, Wanted, only};
use crate::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{ListSecurityGroups, VirtualMachine, Volume};

impl CloudStack {
    /// Where a VM is.
    pub(crate) fn known_vm(&self, id: &str) -> Option<Found<VmRow>> {
        self.remembered(&Wanted::new(id, ""), "")
    }

    /// Remembers where a VM is, for disks that shall be near it.
    pub(crate) fn remember_vm(&self, vm: &VirtualMachine) -> Found<VmRow> {
        self.remember(&Wanted::new(&vm.id, ""), "", VmRow::from(vm))
    }

    /// Forgets a VM that is gone.
    pub(crate) fn forget_vm(&self, id: &str) {
        self.cache.forget(&[key::<VmRow>(&Wanted::new(id, ""), "")]);
    }

    /// Where a disk is.
    pub(crate) fn known_disk(&self, cid: &str) -> Option<Found<DiskRow>> {
        self.remembered(&Wanted::new(cid, ""), "")
    }

    /// Remembers where a disk is, for VMs that shall be near it. A plain user is never told the
    /// kind of its storage; what its offering told when it was made still holds.
    pub(crate) fn remember_disk(&self, cid: &str, volume: &Volume) -> Found<DiskRow> {
        let local = self.known_disk(cid).is_some_and(|known| known.local);
        self.remember_new_disk(cid, volume, local)
    }

    /// The same for one that was made from an offering on local storage, or on another one.
    pub(crate) fn remember_new_disk(
        &self,
        cid: &str,
        volume: &Volume,
        local: bool,
    ) -> Found<DiskRow> {
        let mut row = DiskRow::from(volume);
        row.local |= local && !volume.other.contains_key("storagetype");
        self.remember(&Wanted::new(cid, ""), "", row)
    }

    /// Whether a zone is known, and is a basic one.
    pub(crate) fn remembers_basic(&self, zone: &Wanted) -> bool {
        self.remembered::<ZoneRow>(zone, "").is_some_and(|zone| zone.basic)
    }

    /// A security group, by its name.
    pub(crate) async fn security_group(&self, wanted: &Wanted) -> Result<Found<SecurityGroupRow>> {
        self.found(wanted, "", async || {
            let of = ListSecurityGroups { securitygroupname: Some(wanted.text.clone()) };
            let groups = self.rows(wanted, of).await?.into_iter();
            let named = groups.filter(|group| group.name == wanted.text);
            let rows = named.map(|group| SecurityGroupRow { id: group.id }).collect();
            only(wanted, "security group", rows, |row: &SecurityGroupRow| &row.id)
        })
        .await
    }

    /// Whether an earlier call has found a security group, or made it.
    pub(crate) fn remembers_security_group(&self, wanted: &Wanted) -> bool {
        self.remembered::<SecurityGroupRow>(wanted, "").is_some()
    }

    /// Remembers that a security group is there.
    pub(crate) fn remember_security_group(&self, wanted: &Wanted, id: &str) {
        self.remember(wanted, "", SecurityGroupRow { id: id.to_owned() });
    }

    /// Forgets a security group that is not there any more.
    pub(crate) fn forget_security_group(&self, wanted: &Wanted) {
        self.cache.forget(&[key::<SecurityGroupRow>(wanted, "")]);
    }
}
