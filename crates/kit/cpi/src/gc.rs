//! Finding what the journal cannot: things that bear our name and that no director knows.
//!
//! *OwnName* is what bears this director's mark and an operation's id in its name. *Known* is what
//! set_vm_metadata or set_disk_metadata has tagged, or whose CID a later call named. Deleted is
//! only what is ours, was never known, is old enough and is not being made right now.

use crate::naming::OwnName;
use bosh_cpi::{CpiError, Result};
use journal::Intent;
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
    /// What to make absent, as the journal would write it.
    #[serde(skip)]
    target: String,
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

/// A thing of ours as the cloud tells it.
#[derive(Debug, Clone)]
pub struct OwnedResource<T> {
    /// `VM`, `disk`, `snapshot` …
    pub kind: &'static str,
    /// Its CID, or its id.
    pub cid: String,
    /// Its name.
    pub name: String,
    /// What its name or its note tells; None where only its kind makes it ours.
    pub ours: Option<OwnName>,
    /// What it is for.
    pub purpose: ResourceRole,
    /// Why it stays in any case: a VM uses it.
    pub used: Option<&'static str>,
    /// What to make absent.
    pub target: T,
}

/// What a thing is for, which tells when it is garbage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceRole {
    /// A CID of the director's, which names it in later calls; with whether tags of the
    /// director's are on it, and whether it holds data.
    Cid {
        /// Whether the director's tags are on it.
        tagged: bool,
        /// What becomes of data is the operator's choice.
        persistent: bool,
    },
    /// A CID of the director's which it does not name before it deletes it: of a network.
    Silent,
    /// It serves VMs; it is of no use without one. Holds why it can go then.
    Servant(&'static str),
}

/// The kind of a VM that runs: a person has to say twice that it is to go.
pub const RUNNING_VM: &str = "running VM";

/// The kind of a bare metal server. Nothing tells whether it runs, so it counts as running.
pub const SERVER: &str = "bare metal server";

impl Found {
    /// Whether it is a machine that runs, or may.
    pub fn is_running(&self) -> bool {
        [RUNNING_VM, SERVER].contains(&self.kind)
    }

    pub(crate) fn new<T: Intent>(
        thing: OwnedResource<T>,
        verdict: Verdict,
        reason: &'static str,
    ) -> Result<Self> {
        let target = serde_json::to_string(&thing.target);
        let target = target.map_err(|e| CpiError::cpi(format!("{}: {e}", thing.name)))?;
        let age = thing.ours.map_or(0, |ours| ours.operation.age().as_secs());
        let OwnedResource { kind, cid, name, .. } = thing;
        Ok(Self { kind, cid, name, age, verdict, reason, target })
    }

    pub(crate) fn target<T: Intent>(&self) -> Option<T> {
        serde_json::from_str(&self.target).ok()
    }
}
