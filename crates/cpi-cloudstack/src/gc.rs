//! Finding what the journal cannot: things that bear our name and that no director knows.
//!
//! *Ours* is what bears this director's mark and an operation's id in its name. *Known* is what
//! set_vm_metadata or set_disk_metadata has tagged, or whose CID a later call named. Deleted is
//! only what is ours, was never known, is old enough and is not being made right now.

mod groups;
mod outside;

use crate::CloudStack;
use crate::errors::{self, Doing, Failure};
use crate::naming::Ours;
use crate::steps::Target;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{
    ListSnapshots, ListVirtualMachines, ListVolumes, Snapshot, Tag, VirtualMachine, Volume,
};
use ledger::{Ledger, Undo};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// What may be deleted.
#[derive(Debug, Clone, Default)]
pub struct GcPolicy {
    /// Nothing younger than this is touched.
    pub older_than: Duration,
    /// Whether persistent disks and snapshots are touched at all.
    pub persistent: Persistent,
    /// The CIDs that the director does know. With it, what was known once but is in no journal
    /// is deleted too, unless it stands here.
    pub known: Option<BTreeSet<String>>,
}

/// What becomes of persistent disks and snapshots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Persistent {
    /// They are listed.
    #[default]
    Kept,
    /// They are treated like the rest.
    Included,
}

/// A thing of ours that is worth a look.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// `VM`, `disk`, `snapshot`, `affinity group` …
    pub kind: &'static str,
    /// Its CID, or its id.
    pub cid: String,
    /// Its name.
    pub name: String,
    /// Its age in seconds; 0 where nothing tells.
    pub age: u64,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: &'static str,
    #[serde(skip)]
    target: Option<Target>,
}

/// What becomes of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It stays, and nobody need look.
    Keep,
    /// It stays; a person should look.
    List,
    /// It goes, if asked.
    Delete,
}

/// A thing as the cloud tells it.
struct Thing {
    kind: &'static str,
    cid: String,
    name: String,
    tagged: bool,
    used: bool,
    target: Target,
}

impl CloudStack {
    /// Everything that bears our name, with what becomes of it and why.
    pub async fn garbage(&self, policy: &GcPolicy) -> Result<Vec<Found>> {
        let failed = |failure| errors::answer(Doing::Lookup, "looking for garbage", failure);
        let things = self.things().await.map_err(failed)?;
        let ledger = self.ledger().await?;
        let mut found = Vec::new();
        for thing in things {
            let Some(ours) = self.names.parse(&thing.name) else { continue };
            let journal = |e: ledger::LedgerError| CpiError::cpi(e.to_string());
            let (verdict, reason) = judge(ledger, policy, &thing, &ours).await.map_err(journal)?;
            let age = ours.operation.age().as_secs();
            let Thing { kind, cid, name, target, .. } = thing;
            found.push(Found { kind, cid, name, age, verdict, reason, target: Some(target) });
        }
        found.extend(self.unused(policy).await?);
        found.extend(self.outside_garbage(policy).await?);
        Ok(found)
    }

    /// Deletes what [`Verdict::Delete`] was said of; nothing else.
    pub async fn delete_garbage(&self, found: &Found) -> Result<()> {
        match (&found.verdict, &found.target) {
            (Verdict::Delete, Some(target)) => self.ensure_absent(target).await.map(drop),
            _ => Err(CpiError::cpi(format!("{} {} is to be kept", found.kind, found.name))),
        }
    }

    async fn things(&self) -> std::result::Result<Vec<Thing>, Failure> {
        let (vms, volumes, snapshots) = tokio::join!(
            self.list(ListVirtualMachines::default()),
            self.list(ListVolumes::default()),
            self.list(ListSnapshots::default()),
        );
        let vms = vms?.into_iter().map(Thing::from);
        let volumes = volumes?.into_iter().map(Thing::from);
        let snapshots = snapshots?.into_iter().map(Thing::from);
        Ok(vms.chain(volumes).chain(snapshots).collect())
    }
}

async fn judge(
    ledger: &Ledger,
    policy: &GcPolicy,
    thing: &Thing,
    ours: &Ours,
) -> std::result::Result<(Verdict, &'static str), ledger::LedgerError> {
    if policy.known.as_ref().is_some_and(|known| known.contains(&thing.cid)) {
        return Ok((Verdict::Keep, "the director knows it (--keep)"));
    }
    if thing.used {
        return Ok((Verdict::Keep, "it is attached to a VM"));
    }
    if ledger.is_live(ours.operation).await? {
        return Ok((Verdict::Keep, "a call is working on it"));
    }
    let journaled = ledger.operation(ours.operation).await?.is_some();
    let known = thing.tagged || ledger.is_known(&thing.cid).await?;
    let (verdict, reason) = match (known, journaled, &policy.known) {
        (true, true, _) => return Ok((Verdict::Keep, "the director knows it")),
        (true, false, None) => (Verdict::List, "tagged, but in no journal: give --keep to decide"),
        (true, false, Some(_)) => (Verdict::Delete, "in no journal, and not in --keep"),
        (false, _, _) => (Verdict::Delete, "answered, if at all, and never named since"),
    };
    if verdict == Verdict::Delete && ours.operation.age() < policy.older_than {
        return Ok((Verdict::List, "younger than --older-than"));
    }
    if verdict == Verdict::Delete && thing.kind != "VM" && policy.persistent == Persistent::Kept {
        return Ok((Verdict::List, "persistent: give --include-persistent"));
    }
    Ok((verdict, reason))
}

fn is_tagged(tags: &[Tag]) -> bool {
    !tags.is_empty()
}

impl From<VirtualMachine> for Thing {
    fn from(vm: VirtualMachine) -> Self {
        Thing {
            kind: "VM",
            cid: vm.id,
            tagged: is_tagged(&vm.tags),
            used: false,
            target: Target::Vm { name: vm.name.clone() },
            name: vm.name,
        }
    }
}

impl From<Volume> for Thing {
    fn from(volume: Volume) -> Self {
        Thing {
            kind: "disk",
            cid: volume.id,
            tagged: is_tagged(&volume.tags),
            used: volume.virtualmachineid.is_some(),
            target: Target::Volume { name: volume.name.clone() },
            name: volume.name,
        }
    }
}

/// A snapshot gets its tags with its making, so that they say nothing of who knows it.
impl From<Snapshot> for Thing {
    fn from(snapshot: Snapshot) -> Self {
        Thing {
            kind: "snapshot",
            cid: snapshot.id,
            tagged: false,
            used: false,
            target: Target::Snapshot { name: snapshot.name.clone() },
            name: snapshot.name,
        }
    }
}
