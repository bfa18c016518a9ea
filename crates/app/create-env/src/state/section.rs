//! What we know beyond the CLI's state file: kept in it under a name of its own, which the CLI
//! drops when it writes the file. Whatever is built on it must do without.

use super::{DiskRecord, State, StemcellRecord};
use bosh_agent::PackageSpec;
use bosh_cpi::{DiskCid, MiB, StemcellCid, VmCid};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Its name in the state file.
pub(crate) const NAME: &str = "create_env";

/// What we know beyond the CLI's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Section {
    /// The change that was about to be made when this was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Change>,
    /// How the current VM was made, and how far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vm: Option<VmRecord>,
    /// Changes of which nobody knows what became: the CPI died without an answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Change>,
    /// What the releases and the stemcell were that are deployed: digests by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub deployed: BTreeMap<String, String>,
}

/// How a VM was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VmRecord {
    /// The VM. A record of another one than the current is of no use.
    pub cid: VmCid,
    /// Its agent.
    pub agent_id: String,
    /// The digest of all that it was made of.
    pub made_of: String,
    /// Whether its metadata was set.
    #[serde(default)]
    pub has_metadata: bool,
    /// The disks that were attached to it, or were about to be.
    #[serde(default)]
    pub disks: Vec<DiskCid>,
    /// Whether data was about to be moved from one disk to another.
    #[serde(default)]
    pub is_migrating: bool,
    /// Compiled packages in its agent's store, by name.
    #[serde(default)]
    pub packages: BTreeMap<String, PackageSpec>,
}

/// A change of the cloud that is written down before the CPI is asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Change {
    /// A stemcell is uploaded.
    CreateStemcell {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
        /// The version of the agent's API that it has.
        api_version: u32,
    },
    /// A stemcell is deleted.
    DeleteStemcell {
        /// Which.
        cid: StemcellCid,
    },
    /// A VM is made.
    CreateVm {
        /// Its agent.
        agent_id: String,
        /// The id of the stemcell's record.
        stemcell: String,
        /// The digest of all that it is made of.
        made_of: String,
    },
    /// A VM is deleted.
    DeleteVm {
        /// Which.
        cid: VmCid,
    },
    /// A disk is made.
    CreateDisk {
        /// Its size.
        size: MiB,
        /// What it is made with.
        cloud_properties: Map<String, Value>,
    },
    /// A disk gets another size.
    ResizeDisk {
        /// Which.
        cid: DiskCid,
        /// Its new size.
        size: MiB,
    },
    /// A disk is deleted.
    DeleteDisk {
        /// Which.
        cid: DiskCid,
    },
}

/// What the CPI answered has not the form that the method has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} answered {answer}, not a CID")]
pub struct NotACid {
    /// The method.
    pub method: &'static str,
    /// The answer.
    pub answer: String,
}

impl Section {
    /// The section of a state. One that cannot be read is another version's, and of no use.
    pub(crate) fn of(state: &State) -> Self {
        let value = state.others.get(NAME).cloned().unwrap_or_default();
        serde_json::from_value(value).unwrap_or_default()
    }

    /// Puts it into a state.
    pub(crate) fn put(&self, state: &mut State) {
        if *self == Self::default() {
            state.others.shift_remove(NAME);
            return;
        }
        let value = serde_json::to_value(self).unwrap_or_default();
        state.others.insert(NAME.to_owned(), value);
    }

    /// How the VM was made, if it is this one.
    pub fn vm(&self, cid: &VmCid) -> Option<&VmRecord> {
        self.vm.as_ref().filter(|vm| vm.cid == *cid)
    }
}

impl Change {
    /// The CPI's method.
    pub fn method(&self) -> &'static str {
        match self {
            Self::CreateStemcell { .. } => "create_stemcell",
            Self::DeleteStemcell { .. } => "delete_stemcell",
            Self::CreateVm { .. } => "create_vm",
            Self::DeleteVm { .. } => "delete_vm",
            Self::CreateDisk { .. } => "create_disk",
            Self::ResizeDisk { .. } => "resize_disk",
            Self::DeleteDisk { .. } => "delete_disk",
        }
    }

    /// The error by which a CPI says that what is to be deleted is gone anyway.
    pub fn gone(&self) -> Option<&'static str> {
        match self {
            Self::DeleteStemcell { .. } => Some("Bosh::Clouds::StemcellNotFound"),
            Self::DeleteVm { .. } => Some("Bosh::Clouds::VMNotFound"),
            Self::DeleteDisk { .. } => Some("Bosh::Clouds::DiskNotFound"),
            _ => None,
        }
    }

    /// Records what it has made, changed or deleted, now that the CPI has answered.
    ///
    /// # Errors
    /// The answer is not a CID; nothing is recorded then.
    pub(crate) fn record(
        &self,
        answer: &Value,
        state: &mut State,
        section: &mut Section,
    ) -> Result<(), NotACid> {
        match self {
            Self::CreateStemcell { name, version, api_version } => {
                let cid = StemcellCid::new(self.cid(answer)?).map_err(|_| self.wrong(answer))?;
                state.stemcells.push(StemcellRecord::new(cid, name, version, *api_version));
            }
            Self::CreateVm { agent_id, stemcell, made_of } => {
                let cid = VmCid::new(self.cid(answer)?).map_err(|_| self.wrong(answer))?;
                state.current_vm_cid = Some(cid.clone());
                state.current_stemcell_id = Some(stemcell.clone());
                section.vm = Some(VmRecord {
                    cid,
                    agent_id: agent_id.clone(),
                    made_of: made_of.clone(),
                    has_metadata: false,
                    disks: Vec::new(),
                    is_migrating: false,
                    packages: BTreeMap::new(),
                });
            }
            Self::CreateDisk { size, cloud_properties } => {
                let cid = DiskCid::new(self.cid(answer)?).map_err(|_| self.wrong(answer))?;
                let disk = DiskRecord::new(cid, *size, cloud_properties.clone());
                // Where there is no other, no data is elsewhere.
                state.current_disk_id.get_or_insert_with(|| disk.id.clone());
                state.disks.push(disk);
            }
            Self::ResizeDisk { cid, size } => {
                let disk = state.disks.iter_mut().find(|disk| disk.cid == *cid);
                if let Some(disk) = disk {
                    disk.size = *size;
                }
            }
            Self::DeleteVm { cid } => {
                state.current_vm_cid.take_if(|current| current == cid);
                section.vm.take_if(|vm| vm.cid == *cid);
            }
            Self::DeleteDisk { cid } => {
                let is_current = state.current_disk().is_some_and(|disk| disk.cid == *cid);
                if is_current {
                    state.current_disk_id = None;
                }
                state.disks.retain(|disk| disk.cid != *cid);
            }
            Self::DeleteStemcell { cid } => {
                let is_current = state.current_stemcell().is_some_and(|it| it.cid == *cid);
                if is_current {
                    state.current_stemcell_id = None;
                }
                state.stemcells.retain(|stemcell| stemcell.cid != *cid);
            }
        }
        Ok(())
    }

    /// `create_vm` answers a list since version 2, whose first item is the CID.
    fn cid(&self, answer: &Value) -> Result<String, NotACid> {
        let cid = answer.get(0).unwrap_or(answer).as_str().map(str::to_owned);
        cid.ok_or_else(|| self.wrong(answer))
    }

    fn wrong(&self, answer: &Value) -> NotACid {
        NotACid { method: self.method(), answer: answer.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn create_vm() -> Change {
        Change::CreateVm { agent_id: "a".into(), stemcell: "s".into(), made_of: "m".into() }
    }

    /// What the CPI has made is in the state at once, in either form of its answer.
    #[test]
    fn what_is_made_is_recorded() {
        for answer in [json!("vm-1"), json!(["vm-1", {}])] {
            let (mut state, mut section) = (State::default(), Section::default());
            create_vm().record(&answer, &mut state, &mut section).unwrap();
            assert_eq!(state.current_vm_cid.as_ref().unwrap().as_str(), "vm-1");
            assert_eq!(section.vm(&VmCid::new("vm-1").unwrap()).unwrap().made_of, "m");
            assert!(section.vm(&VmCid::new("vm-2").unwrap()).is_none());
            section.put(&mut state);
            let read = State::parse(&state.to_bytes().unwrap()).unwrap();
            assert_eq!(Section::of(&read), section);
        }
    }

    /// An empty CID must never be kept: deleting it might delete what is not ours.
    #[test]
    fn what_is_no_cid_is_refused() {
        for answer in [json!(""), json!(null), json!([]), json!({"cid": "x"}), json!([""])] {
            let (mut state, mut section) = (State::default(), Section::default());
            let error = create_vm().record(&answer, &mut state, &mut section).unwrap_err();
            assert!(error.to_string().starts_with("create_vm answered"), "{error}");
            assert_eq!(state, State::default());
        }
    }

    /// Deleting what is not current leaves what is.
    #[test]
    fn only_what_is_deleted_is_forgotten() {
        let disk = |cid: &str| DiskRecord::new(DiskCid::new(cid).unwrap(), MiB(1), Map::new());
        let mut state = State { disks: vec![disk("d-1"), disk("d-2")], ..State::default() };
        state.current_disk_id = Some(state.disks[1].id.clone());
        let mut section = Section::default();
        let delete = |cid: &str| Change::DeleteDisk { cid: DiskCid::new(cid).unwrap() };
        delete("d-1").record(&Value::Null, &mut state, &mut section).unwrap();
        assert_eq!(state.current_disk().unwrap().cid.as_str(), "d-2");
        delete("d-2").record(&Value::Null, &mut state, &mut section).unwrap();
        assert_eq!((state.current_disk_id, state.disks.len()), (None, 0));
    }
}
