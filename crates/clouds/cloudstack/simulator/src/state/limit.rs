//! How much an account may have.

use super::{Cloud, Role, Size, VmState};
use crate::engine::Refusal;

/// CloudStack's limits of an account, by the type's name. -1 is none.
pub const DEFAULTS: &[(&str, i64)] = &[
    ("user_vm", 20),
    ("public_ip", 20),
    ("volume", 20),
    ("snapshot", 20),
    ("template", 20),
    ("project", 10),
    ("network", 20),
    ("vpc", 20),
    ("cpu", 40),
    ("memory", 40960),
    ("primary_storage", 200),
    ("secondary_storage", 400),
    ("backup", 20),
    ("backup_storage", 400),
    ("bucket", 20),
    ("object_storage", 400),
    ("gpu", 20),
];

impl Cloud {
    /// The limit of an account; -1 is none. A root admin has none by default.
    pub fn limit(&self, owner: &str, kind: &str) -> i64 {
        let account = self.accounts.get(owner);
        let own = account.and_then(|account| account.own_limit(kind));
        let default =
            || DEFAULTS.iter().find(|(name, _)| *name == kind).map_or(-1, |(_, max)| *max);
        match (own, account.map(|account| account.role)) {
            (Some(own), _) => own,
            (None, Some(Role::Admin)) => -1,
            (None, _) => default(),
        }
    }

    /// How much of a kind an account has.
    pub fn usage(&self, owner: &str, kind: &str) -> i64 {
        let vms = || {
            let live = |state| !matches!(state, VmState::Destroyed | VmState::Expunging);
            self.vms.iter().filter(move |vm| vm.owner == owner && live(vm.state))
        };
        let volumes = || self.volumes.iter().filter(|volume| volume.owner == owner);
        let count = match kind {
            "user_vm" => vms().count() as u64,
            "cpu" => vms().map(|vm| vm.size.cores).sum(),
            "memory" => vms().map(|vm| vm.size.memory).sum(),
            "volume" => volumes().count() as u64,
            "primary_storage" => volumes().map(|volume| volume.size >> 30).sum(),
            "snapshot" => {
                let live = self.snapshots.iter().filter(|it| it.owner == owner).count() as i64;
                let twice = self.accounts.get(owner).map_or(0, |it| it.snapshots_miscounted);
                return live - i64::try_from(twice).unwrap_or_default();
            }
            "template" => {
                let mine = |it: &&super::Template| it.owner.as_deref() == Some(owner);
                self.templates.iter().filter(mine).count() as u64
            }
            "network" => {
                let mine = |it: &&super::Network| it.owner.as_deref() == Some(owner);
                self.networks.iter().filter(mine).count() as u64
            }
            "public_ip" => {
                let leases = self.routing.addresses.iter().filter_map(|it| it.lease.as_ref());
                leases.filter(|lease| lease.owner == owner).count() as u64
            }
            "secondary_storage" => {
                let mine = |it: &&super::Template| it.owner.as_deref() == Some(owner);
                self.templates.iter().filter(mine).map(|it| it.counted_bytes >> 30).sum()
            }
            "vpc" => self.routing.vpcs.iter().filter(|it| it.owner == owner).count() as u64,
            "project" => self.projects.iter().filter(|it| it.owner == owner).count() as u64,
            _ => 0,
        };
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// Refuses what would be more than an account may have.
    pub fn check_limit(&self, owner: &str, kind: &str, more: u64) -> Result<(), Refusal> {
        let (max, used) = (self.limit(owner, kind), self.usage(owner, kind));
        let reserved = self.accounts.get(owner).and_then(|it| it.reserved.get(kind)).copied();
        let reserved = i64::try_from(reserved.unwrap_or_default()).unwrap_or(i64::MAX);
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        if max < 0 || used.saturating_add(more).saturating_add(reserved) <= max {
            return Ok(());
        }
        let name = self.accounts.get(owner).map_or("", |account| &account.name);
        Err(Refusal::limit(format!(
            "Maximum amount of resources of Type = '{kind}', tag = 'null' for Account Name = {name} in \
             Domain Id = {} is exceeded: Account Resource Limit = {max}, Current Account Resource \
             Amount = {used}, Current Account Resource Reservation = {reserved}, Requested Resource \
             Amount = {more}.",
            self.domains.number(self.domain_of(owner).map_or("", |domain| &domain.id)),
        )))
    }

    /// Refuses a VM of this size, with a data disk of so many bytes, over the limits. What was
    /// reserved for its disks before one is refused stays reserved, as recorded.
    pub fn check_vm_limits(
        &mut self,
        owner: &str,
        size: Size,
        root_bytes: u64,
        data_bytes: Option<u64>,
    ) -> Result<(), Refusal> {
        let vm = |refusal: Refusal| Refusal { cs: Some(9999), ..refusal };
        self.check_limit(owner, "user_vm", 1).map_err(vm)?;
        self.check_limit(owner, "cpu", size.cores).map_err(vm)?;
        self.check_limit(owner, "memory", size.memory).map_err(vm)?;
        let mut held: Vec<(&'static str, u64)> = Vec::new();
        for bytes in std::iter::once(root_bytes).chain(data_bytes) {
            for (kind, more) in [("volume", 1), ("primary_storage", bytes >> 30)] {
                let before: u64 =
                    held.iter().filter(|(held, _)| *held == kind).map(|(_, more)| more).sum();
                if let Err(refusal) = self.check_limit(owner, kind, before + more) {
                    let account = self.accounts.get_mut(owner);
                    account.into_iter().for_each(|account| account.keep_reserved(&held));
                    return Err(vm(refusal));
                }
                held.push((kind, more));
            }
        }
        Ok(())
    }
}
