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
            "snapshot" => self.snapshots.iter().filter(|it| it.owner == owner).count() as u64,
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
            "vpc" => self.routing.vpcs.iter().filter(|it| it.owner == owner).count() as u64,
            "project" => self.projects.iter().filter(|it| it.owner == owner).count() as u64,
            _ => 0,
        };
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// Refuses what would be more than an account may have.
    pub fn check_limit(&self, owner: &str, kind: &str, more: u64) -> Result<(), Refusal> {
        let (max, used) = (self.limit(owner, kind), self.usage(owner, kind));
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        if max < 0 || used.saturating_add(more) <= max {
            return Ok(());
        }
        let name = self.accounts.get(owner).map_or("", |account| &account.name);
        Err(Refusal::limit(format!(
            "Maximum amount of resources of Type = '{kind}' for Account Name = {name} is \
             exceeded: limit {max}, current {used}, requested {more}"
        )))
    }

    /// Refuses a VM of this size, with a data disk of so many bytes, over the limits.
    pub fn check_vm_limits(
        &self,
        owner: &str,
        size: Size,
        data_bytes: Option<u64>,
    ) -> Result<(), Refusal> {
        self.check_limit(owner, "user_vm", 1)?;
        self.check_limit(owner, "cpu", size.cores)?;
        self.check_limit(owner, "memory", size.memory)?;
        self.check_limit(owner, "volume", 1 + u64::from(data_bytes.is_some()))?;
        self.check_limit(owner, "primary_storage", data_bytes.unwrap_or_default() >> 30)
    }
}
