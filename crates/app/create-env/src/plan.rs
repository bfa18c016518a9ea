//! What a run is going to change, known before anything is touched.

use crate::environment::Environment;
use crate::error::Error;
use crate::manifest::Disk;
use crate::state::book::Book;
use crate::state::{DiskRecord, Section, State};
use crate::stemcell::Stemcell;
use bosh_cpi::MiB;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// What a run is going to change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Whether the stemcell is uploaded: its name and version.
    pub upload_stemcell: Option<String>,
    /// What becomes of the VM.
    pub vm: VmPlan,
    /// What becomes of the persistent disk.
    pub disk: DiskPlan,
    /// Releases that come, change or go: name, and versions before and after.
    pub releases: Vec<ReleaseChange>,
    /// CIDs that are going to be deleted.
    pub deleted: Vec<String>,
    /// Whether nothing is to be done.
    pub unchanged: bool,
}

/// What becomes of the VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VmPlan {
    /// There is none yet.
    Create,
    /// It stays; only its jobs change.
    Keep {
        /// Which.
        cid: String,
    },
    /// It is deleted, and another one is made.
    Replace {
        /// Which.
        cid: String,
        /// Why.
        reason: &'static str,
    },
}

/// What becomes of the persistent disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskPlan {
    /// There is none, and none is wanted.
    None,
    /// It is made.
    Create {
        /// How large, in MiB.
        size: u64,
    },
    /// It stays as it is.
    Keep {
        /// Which.
        cid: String,
    },
    /// It grows in place, if the CPI can do that; else its data moves to a new one.
    Grow {
        /// Which.
        cid: String,
        /// How large it is, in MiB.
        from: u64,
        /// How large it becomes, in MiB.
        to: u64,
    },
    /// Its data moves to a new one.
    Migrate {
        /// Which.
        cid: String,
        /// How large the new one is, in MiB.
        to: u64,
        /// Why.
        reason: &'static str,
    },
    /// It is deleted with its data.
    Delete {
        /// Which.
        cid: String,
    },
}

/// A release that comes, changes or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseChange {
    /// Its name.
    pub name: String,
    /// The version that is deployed.
    pub from: Option<String>,
    /// The version that is wanted.
    pub to: Option<String>,
}

impl Plan {
    /// What is to be done to get from what is there to what is wanted.
    ///
    /// # Errors
    /// `Refused` where data would be lost and no option says that it may be.
    pub(crate) fn of(
        environment: &Environment<'_>,
        book: &Book<'_>,
        stemcell: &Stemcell,
        versions: &[(String, String)],
        digests: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let (state, section) = (&book.state, &book.section);
        let made_of = made_of(environment, stemcell);
        let disk = disk_plan(environment, state)?;
        let known = state.stemcell(&stemcell.name, &stemcell.version);
        let mut plan = Self {
            upload_stemcell: known
                .is_none()
                .then(|| format!("{}/{}", stemcell.name, stemcell.version)),
            vm: vm_plan(environment, state, section, &made_of),
            disk,
            releases: release_changes(state, versions),
            deleted: Vec::new(),
            unchanged: false,
        };
        let deployed = match section.deployed.is_empty() {
            true => digests,
            false => &section.deployed,
        };
        let known = Section { deployed: deployed.clone(), ..Section::default() };
        plan.unchanged = has_same_versions(state, stemcell, versions)
            && is_unchanged(environment, state, &known, digests);
        plan.deleted = plan.deletions(state, stemcell);
        Ok(plan)
    }

    fn deletions(&self, state: &State, stemcell: &Stemcell) -> Vec<String> {
        if self.unchanged {
            return Vec::new();
        }
        let mut deleted = Vec::new();
        if let VmPlan::Replace { cid, .. } = &self.vm {
            deleted.push(cid.clone());
        }
        if let DiskPlan::Migrate { cid, .. } | DiskPlan::Delete { cid } = &self.disk {
            deleted.push(cid.clone());
        }
        deleted.extend(state.unused_disks().map(|disk| disk.cid.as_str().to_owned()));
        let others = state.stemcells.iter();
        let others = others.filter(|it| it.name != stemcell.name || it.version != stemcell.version);
        deleted.extend(others.map(|it| it.cid.as_str().to_owned()));
        deleted
    }
}

/// The digest of all that a VM is made of: if it changes, another VM is needed.
pub(crate) fn made_of(environment: &Environment<'_>, stemcell: &Stemcell) -> String {
    let manifest = environment.manifest;
    let all = json!({
        "stemcell": [stemcell.name, stemcell.version],
        "cloud_properties": manifest.resource_pool.cloud_properties,
        "networks": manifest.instance_group.networks_argument(),
        "env": vm_env(environment),
        "cpi": manifest.cloud_provider.properties,
    });
    let digest = Sha256::digest(sorted(&all).to_string().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sixth argument of `create_vm`: the pool's env with the manifest's tags.
pub(crate) fn vm_env(environment: &Environment<'_>) -> Map<String, Value> {
    let manifest = environment.manifest;
    let mut env = manifest.resource_pool.env.clone();
    if !manifest.tags.is_empty() {
        let bosh = env.entry("bosh").or_insert_with(|| json!({}));
        bosh["tags"] = json!(manifest.tags);
    }
    env
}

/// The same whatever the order of keys.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(key, it)| (key, sorted(it))).collect();
            json!(sorted)
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn vm_plan(
    environment: &Environment<'_>,
    state: &State,
    section: &Section,
    made_of: &str,
) -> VmPlan {
    let Some(vm) = &state.current_vm_cid else { return VmPlan::Create };
    let cid = vm.as_str().to_owned();
    let replace = |reason| VmPlan::Replace { cid: cid.clone(), reason };
    if environment.options.recreate {
        return replace("it is to be recreated");
    }
    match section.vm(vm) {
        None => replace("another tool made it, or an older version"),
        Some(record) if record.made_of != made_of => {
            replace("stemcell, network, env or cloud properties have changed")
        }
        Some(record) if record.is_migrating => {
            replace("an earlier run ended while data was moved to another disk")
        }
        Some(_) => VmPlan::Keep { cid },
    }
}

fn disk_plan(environment: &Environment<'_>, state: &State) -> Result<DiskPlan, Error> {
    let options = environment.options;
    let wanted = environment.manifest.instance_group.disk.as_ref();
    let (current, wanted) = match (state.current_disk(), wanted) {
        (None, None) => return Ok(DiskPlan::None),
        (None, Some(wanted)) => return Ok(DiskPlan::Create { size: wanted.size.0 }),
        (Some(current), None) => {
            let cid = current.cid.as_str().to_owned();
            if options.allow_disk_deletion {
                return Ok(DiskPlan::Delete { cid });
            }
            return Err(Error::Refused(format!(
                "the manifest has no persistent disk any more, and disk '{cid}' would be deleted \
                 with its data: say so with --delete-persistent-disk"
            )));
        }
        (Some(current), Some(wanted)) => (current, wanted),
    };
    change_of(current, wanted, options.recreate_disks, options.allow_smaller_disk)
}

fn change_of(
    current: &DiskRecord,
    wanted: &Disk,
    recreate: bool,
    allow_smaller: bool,
) -> Result<DiskPlan, Error> {
    let cid = current.cid.as_str().to_owned();
    let (from, to) = (current.size.0, wanted.size.0);
    let same = current.cloud_properties.as_ref() == Some(&wanted.cloud_properties);
    let migrate = |reason| DiskPlan::Migrate { cid: cid.clone(), to, reason };
    // A disk of unknown size was put into the state by hand.
    if wanted.size < current.size && !allow_smaller {
        return Err(Error::Refused(format!(
            "disk '{cid}' would shrink from {} to {}, and its data may not fit: say so with \
             --shrink-persistent-disk",
            current.size, wanted.size
        )));
    }
    Ok(if recreate {
        migrate("it is to be recreated")
    } else if current.size == MiB(0) {
        migrate("its size is not known")
    } else if !same {
        migrate("its cloud properties have changed")
    } else if from < to {
        DiskPlan::Grow { cid, from, to }
    } else if from > to {
        migrate("it is to be smaller")
    } else {
        DiskPlan::Keep { cid }
    })
}

fn release_changes(state: &State, versions: &[(String, String)]) -> Vec<ReleaseChange> {
    let deployed: BTreeMap<&str, &str> =
        state.releases.iter().map(|it| (it.name.as_str(), it.version.as_str())).collect();
    let mut changes = Vec::new();
    for (name, version) in versions {
        let from = deployed.get(name.as_str()).map(|from| (*from).to_owned());
        if from.as_ref() != Some(version) {
            changes.push(ReleaseChange { name: name.clone(), from, to: Some(version.clone()) });
        }
    }
    for (name, version) in deployed {
        if versions.iter().all(|(wanted, _)| wanted != name) {
            let from = Some(version.to_owned());
            changes.push(ReleaseChange { name: name.to_owned(), from, to: None });
        }
    }
    changes
}

/// Whether everything is as the manifest says, and made of the very same tarballs.
pub(crate) fn is_unchanged(
    environment: &Environment<'_>,
    state: &State,
    section: &Section,
    digests: &BTreeMap<String, String>,
) -> bool {
    let options = environment.options;
    state.current_manifest_sha.as_deref() == Some(environment.manifest_sha)
        && state.current_vm_cid.is_some()
        && state.current_stemcell().is_some()
        && section.deployed == *digests
        && state.unused_disks().next().is_none()
        && state.unused_stemcells().next().is_none()
        && !options.recreate
        && !options.recreate_disks
}

/// The same where the CLI has deployed it, which keeps no digests: by names and versions.
///
/// Source: bosh-cli `deployment/record.go`.
fn has_same_versions(state: &State, stemcell: &Stemcell, versions: &[(String, String)]) -> bool {
    let current = state.current_stemcell();
    let recorded = |(name, version): &(String, String)| {
        state.releases.iter().any(|it| it.name == *name && it.version == *version)
    };
    current.is_some_and(|it| it.name == stemcell.name && it.version == stemcell.version)
        && state.releases.len() == versions.len()
        && versions.iter().all(recorded)
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unchanged {
            return f.write_str("nothing changes");
        }
        if let Some(stemcell) = &self.upload_stemcell {
            writeln!(f, "stemcell: '{stemcell}' is uploaded")?;
        }
        match &self.vm {
            VmPlan::Create => writeln!(f, "VM: is made")?,
            VmPlan::Keep { cid } => writeln!(f, "VM: '{cid}' stays, its jobs are applied")?,
            VmPlan::Replace { cid, reason } => {
                writeln!(f, "VM: '{cid}' is replaced: {reason}")?;
            }
        }
        match &self.disk {
            DiskPlan::None => {}
            DiskPlan::Create { size } => writeln!(f, "disk: one of {size} MiB is made")?,
            DiskPlan::Keep { cid } => writeln!(f, "disk: '{cid}' stays")?,
            DiskPlan::Grow { cid, from, to } => {
                writeln!(f, "disk: '{cid}' grows from {from} to {to} MiB")?;
            }
            DiskPlan::Migrate { cid, to, reason } => {
                writeln!(f, "disk: the data of '{cid}' moves to a new one of {to} MiB: {reason}")?;
            }
            DiskPlan::Delete { cid } => writeln!(f, "disk: '{cid}' is deleted with its data")?,
        }
        for ReleaseChange { name, from, to } in &self.releases {
            let shown = |version: &Option<String>| version.clone().unwrap_or_else(|| "-".into());
            writeln!(f, "release '{name}': {} → {}", shown(from), shown(to))?;
        }
        for cid in &self.deleted {
            writeln!(f, "deleted: '{cid}'")?;
        }
        Ok(())
    }
}
