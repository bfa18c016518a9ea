//! Groups and keys that were made for VMs, and that no VM uses any more. They outlive the VM
//! that they were made for on purpose, since the next one of its instance group uses them.

use super::{Found, GcPolicy, Verdict};
use crate::CloudStack;
use crate::errors::{self, Doing, Failure};
use crate::groups::has_key;
use crate::naming::Ours;
use crate::steps::Target;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{
    ListAffinityGroups, ListSecurityGroups, ListSshKeyPairs, ListVirtualMachines,
};
use ledger::LedgerError;
use std::time::Duration;

/// A group of ours.
struct Group {
    kind: &'static str,
    cid: String,
    name: String,
    note: String,
    ours: Ours,
    used: bool,
}

impl CloudStack {
    /// Every group and key of ours, with what becomes of it and why.
    pub(super) async fn unused(&self, policy: &GcPolicy) -> Result<Vec<Found>> {
        let failed = |failure| errors::answer(Doing::Lookup, "looking for garbage", failure);
        let mut found = Vec::new();
        for group in self.groups_of_ours().await.map_err(failed)? {
            let journal = |e: LedgerError| CpiError::cpi(e.to_string());
            let live = self.ledger().await?.is_live(group.ours.operation).await;
            let (verdict, reason) = judge(&group, live.map_err(journal)?, policy.older_than);
            let Group { kind, cid, name, note, ours, .. } = group;
            let target = match kind {
                AFFINITY => Target::AffinityGroup { name: name.clone(), note },
                _ => Target::SecurityGroup { name: name.clone(), note },
            };
            let age = ours.operation.age().as_secs();
            found.push(Found { kind, cid, name, age, verdict, reason, target: Some(target) });
        }
        found.extend(self.keys_of_ours().await.map_err(failed)?);
        Ok(found)
    }

    async fn groups_of_ours(&self) -> std::result::Result<Vec<Group>, Failure> {
        let (affinity, security) = tokio::join!(
            self.list(ListAffinityGroups::default()),
            self.list(ListSecurityGroups::default()),
        );
        let ours = |note: &Option<String>| {
            let note = note.clone()?;
            Some((self.names.parse_note(&note)?, note))
        };
        let mut groups = Vec::new();
        for group in if_allowed(affinity)? {
            let Some((ours, note)) = ours(&group.description) else { continue };
            let used = !group.vms.is_empty();
            let (cid, name) = (group.id, group.name);
            groups.push(Group { kind: AFFINITY, cid, name, note, ours, used });
        }
        for group in if_allowed(security)? {
            let Some((ours, note)) = ours(&group.description) else { continue };
            let used = !group.virtualmachineids.is_empty();
            let (cid, name) = (group.id, group.name);
            groups.push(Group { kind: SECURITY, cid, name, note, ours, used });
        }
        Ok(groups)
    }

    /// Their names tell whose they are, but not since when. None is missed: the next VM that
    /// wants it registers it again.
    async fn keys_of_ours(&self) -> std::result::Result<Vec<Found>, Failure> {
        let pairs = if_allowed(self.list(ListSshKeyPairs::default()).await)?;
        let ours = self.names.key_pairs();
        let pairs: Vec<_> = pairs.into_iter().filter(|pair| pair.name.starts_with(&ours)).collect();
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let vms = self.list(ListVirtualMachines::default()).await?;
        let found = pairs.into_iter().map(|pair| {
            let used = vms.iter().any(|vm| has_key(vm, &pair.name));
            let (verdict, reason) = match used {
                true => (Verdict::Keep, "a VM was made with it"),
                false => (Verdict::Delete, "no VM was made with it"),
            };
            let target = Some(Target::KeyPair { name: pair.name.clone() });
            let (cid, name) = (pair.id.unwrap_or_default(), pair.name);
            Found { kind: "key pair", cid, name, age: 0, verdict, reason, target }
        });
        Ok(found.collect())
    }
}

const AFFINITY: &str = "affinity group";
const SECURITY: &str = "security group";

fn judge(group: &Group, live: bool, older_than: Duration) -> (Verdict, &'static str) {
    if group.used {
        return (Verdict::Keep, "a VM is in it");
    }
    if live {
        return (Verdict::Keep, "a call is working on it");
    }
    if group.ours.operation.age() < older_than {
        return (Verdict::List, "younger than --older-than");
    }
    (Verdict::Delete, "no VM is in it")
}

/// An account whose role has no such command has made none of them either.
fn if_allowed<T>(
    rows: std::result::Result<Vec<T>, Failure>,
) -> std::result::Result<Vec<T>, Failure> {
    match rows {
        Err(failure) if failure.has_code(432) => Ok(Vec::new()),
        rows => rows,
    }
}
