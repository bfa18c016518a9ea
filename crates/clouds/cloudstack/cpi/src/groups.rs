//! Making sure that groups and keys that a failed call has made are gone again; unless another
//! VM has come to use them.

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::methods::is_alive;
use crate::properties::Wait;
use crate::steps::gone_is_fine;
use bosh_cpi::Result;
use cloudstack::api::{
    DeleteAffinityGroup, DeleteSecurityGroup, DeleteSshKeyPair, ListAffinityGroups,
    ListSecurityGroups, ListSshKeyPairs, ListVirtualMachines, RevokeSecurityGroupEgress,
    RevokeSecurityGroupIngress, SecurityGroup, VirtualMachine,
};
use journal::Absence;

type Answer<T> = std::result::Result<T, Failure>;

/// Something uses it.
const IN_USE: i64 = 536;

impl CloudStack {
    /// Only a group of this very description, and with no VM in it.
    pub(crate) async fn no_affinity_group(&self, name: &str, note: &str) -> Result<Absence> {
        let tried = format!("removing affinity group {name}");
        let failed = |failure| errors::answer(Activity::CreateVm, &tried, failure);
        let of = ListAffinityGroups { name: Some(name.to_owned()) };
        let mut was = Absence::MayAppear;
        for group in self.list(of).await.map_err(failed)? {
            if group.name != name || group.description.as_deref() != Some(note) {
                continue;
            }
            was = Absence::Final;
            if !self.is_any_alive(&group.vms).await.map_err(failed)? {
                let delete = DeleteAffinityGroup { id: group.id };
                let until = self.undo_deadline(Wait::DeleteVm);
                gone_is_fine(self.run(&delete, until).await.map(drop)).map_err(failed)?;
            }
        }
        Ok(was)
    }

    /// A VM that waits to be expunged uses nothing any more.
    async fn is_any_alive(&self, vms: &[String]) -> Answer<bool> {
        for vm in vms {
            if self.vm_by_id(vm).await?.is_some_and(|vm| is_alive(&vm)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Only a group of this very description, and with no VM in it.
    pub(crate) async fn no_security_group(&self, name: &str, note: &str) -> Result<Absence> {
        let tried = format!("removing security group {name}");
        let failed = |failure| errors::answer(Activity::CreateVm, &tried, failure);
        let of = ListSecurityGroups { securitygroupname: Some(name.to_owned()) };
        let mut was = Absence::MayAppear;
        for group in self.list(of).await.map_err(failed)? {
            if group.name != name || group.description.as_deref() != Some(note) {
                continue;
            }
            was = Absence::Final;
            if group.virtualmachineids.is_empty() {
                self.forget_security_group(&crate::lookup::Wanted::new(name, ""));
                self.delete_security_group(&group).await.map_err(failed)?;
            }
        }
        Ok(was)
    }

    /// A group that lets itself in cannot be deleted: such rules go first.
    async fn delete_security_group(&self, group: &SecurityGroup) -> Answer<()> {
        let until = self.undo_deadline(Wait::DeleteVm);
        let own = |rule: &&cloudstack::api::SecurityRule| {
            rule.securitygroupname.as_deref() == Some(&group.name)
        };
        for rule in group.ingressrule.iter().filter(own) {
            let revoke = RevokeSecurityGroupIngress { id: rule.ruleid.clone() };
            gone_is_fine(self.run(&revoke, until).await.map(drop))?;
        }
        for rule in group.egressrule.iter().filter(own) {
            let revoke = RevokeSecurityGroupEgress { id: rule.ruleid.clone() };
            gone_is_fine(self.run(&revoke, until).await.map(drop))?;
        }
        let delete = DeleteSecurityGroup { id: group.id.clone() };
        match gone_is_fine(self.call(&delete, until).await.map(drop)) {
            // Somebody has come to use it meanwhile.
            Err(failure) if failure.has_code(IN_USE) => Ok(()),
            deleted => deleted,
        }
    }

    /// A key that a VM uses by now is as good as one that was there before.
    pub(crate) async fn no_key_pair(&self, name: &str) -> Result<Absence> {
        let tried = format!("removing key pair {name}");
        let failed = |failure| errors::answer(Activity::CreateVm, &tried, failure);
        let of = ListSshKeyPairs { name: Some(name.to_owned()) };
        let pairs = self.list(of).await.map_err(failed)?;
        if !pairs.iter().any(|pair| pair.name == name) {
            return Ok(Absence::MayAppear);
        }
        let vms = self.list(ListVirtualMachines::default()).await.map_err(failed)?;
        if !vms.iter().any(|vm| has_key(vm, name)) {
            let delete = DeleteSshKeyPair { name: name.to_owned() };
            let until = self.undo_deadline(Wait::DeleteVm);
            gone_is_fine(self.call(&delete, until).await.map(drop)).map_err(failed)?;
        }
        Ok(Absence::Final)
    }
}

/// Whether a VM was made with a key: it tells their names, with commas between them, and in
/// older clouds a single one.
pub(crate) fn has_key(vm: &VirtualMachine, name: &str) -> bool {
    let told = ["keypairs", "keypair"].into_iter().filter_map(|key| vm.other.get(key)?.as_str());
    told.flat_map(|names| names.split(',')).any(|one| one.trim() == name)
}
