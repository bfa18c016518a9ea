//! What is there of an environment: the state file, which the `bosh` CLI reads and writes, too.

pub(crate) mod book;
mod file;
mod legacy;
mod lock;
mod section;

pub use file::{StateError, StateFile, default_path, view};
pub use legacy::{LEGACY_FILE, LegacyError, from_legacy};
pub use lock::Lock;
pub use section::{Change, NotACid, Section, VmRecord};

use bosh_cpi::{DiskCid, MiB, StemcellCid, VmCid};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The state of an environment. Field names and order are the CLI's.
///
/// What the CLI writes as an empty string is nothing here. A field that this version does not know
/// is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// A UUID: `director_uuid` to the CPI, `reply_to` to the agent.
    pub director_id: String,
    /// A UUID: names the folder in which the CPI is installed.
    pub installation_id: String,
    /// The VM.
    #[serde(with = "or_empty")]
    pub current_vm_cid: Option<VmCid>,
    /// The [`StemcellRecord::id`] of the stemcell that the VM was made from.
    #[serde(with = "or_empty")]
    pub current_stemcell_id: Option<String>,
    /// The [`DiskRecord::id`] of the disk that holds the data.
    #[serde(with = "or_empty")]
    pub current_disk_id: Option<String>,
    /// The ids of [`State::releases`].
    #[serde(deserialize_with = "or_null")]
    pub current_release_ids: Vec<String>,
    /// SHA-512 of the manifest that is fully deployed, in hex. Nothing while something is not.
    #[serde(with = "or_empty")]
    pub current_manifest_sha: Option<String>,
    /// The disks that were made and not deleted.
    #[serde(deserialize_with = "or_null")]
    pub disks: Vec<DiskRecord>,
    /// The stemcells that were uploaded and not deleted.
    #[serde(deserialize_with = "or_null")]
    pub stemcells: Vec<StemcellRecord>,
    /// The releases that are deployed.
    #[serde(deserialize_with = "or_null")]
    pub releases: Vec<ReleaseRecord>,
    /// Fields of other versions and tools, as they were.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A persistent disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiskRecord {
    /// A UUID of the state file's own.
    #[serde(default)]
    pub id: String,
    /// The disk.
    pub cid: DiskCid,
    /// In MiB; 0 where nobody knows it.
    #[serde(default = "unknown_size")]
    pub size: MiB,
    /// What it was made with. Nothing differs from an empty map: the disk is then migrated.
    #[serde(default)]
    pub cloud_properties: Option<Map<String, Value>>,
    /// Fields of other versions and tools.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An uploaded stemcell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StemcellRecord {
    /// A UUID of the state file's own.
    #[serde(default)]
    pub id: String,
    /// The stemcell's name.
    #[serde(default)]
    pub name: String,
    /// Its version; empty where nobody knows it.
    #[serde(default)]
    pub version: String,
    /// The version of the agent's API that it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub api_version: u32,
    /// The stemcell.
    pub cid: StemcellCid,
    /// Fields of other versions and tools.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A deployed release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// A UUID of the state file's own, new at every deploy.
    #[serde(default)]
    pub id: String,
    /// The release's name.
    #[serde(default)]
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
}

impl State {
    /// Reads a state file. Records without a CID are left out: nothing can be done with them, and
    /// a CPI that is given an empty CID might delete what is not ours.
    pub fn parse(bytes: &[u8]) -> Result<State, serde_json::Error> {
        let mut fields: Map<String, Value> = serde_json::from_slice(bytes)?;
        for list in ["disks", "stemcells"] {
            if let Some(Value::Array(records)) = fields.get_mut(list) {
                records.retain(has_cid);
            }
        }
        serde_json::from_value(Value::Object(fields))
    }

    /// The bytes of the state file, as the CLI writes them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
        Ok(escape(&bytes))
    }

    /// The disk that holds the data.
    pub fn current_disk(&self) -> Option<&DiskRecord> {
        let id = self.current_disk_id.as_ref()?;
        self.disks.iter().find(|disk| disk.id == *id)
    }

    /// The stemcell that the VM was made from.
    pub fn current_stemcell(&self) -> Option<&StemcellRecord> {
        let id = self.current_stemcell_id.as_ref()?;
        self.stemcells.iter().find(|stemcell| stemcell.id == *id)
    }

    /// The uploaded stemcell of this name and version.
    pub fn stemcell(&self, name: &str, version: &str) -> Option<&StemcellRecord> {
        self.stemcells.iter().find(|record| record.name == name && record.version == version)
    }

    /// Disks that are not the current one.
    pub fn unused_disks(&self) -> impl Iterator<Item = &DiskRecord> {
        self.disks.iter().filter(|disk| Some(&disk.id) != self.current_disk_id.as_ref())
    }

    /// Stemcells that are not the current one.
    pub fn unused_stemcells(&self) -> impl Iterator<Item = &StemcellRecord> {
        let current = self.current_stemcell_id.as_ref();
        self.stemcells.iter().filter(move |stemcell| Some(&stemcell.id) != current)
    }

    /// Whether anything is left in the cloud.
    pub fn is_empty(&self) -> bool {
        self.current_vm_cid.is_none() && self.disks.is_empty() && self.stemcells.is_empty()
    }
}

impl DiskRecord {
    /// A disk that was just made.
    pub fn new(cid: DiskCid, size: MiB, cloud_properties: Map<String, Value>) -> DiskRecord {
        DiskRecord {
            id: new_id(),
            cid,
            size,
            cloud_properties: Some(cloud_properties),
            others: Map::new(),
        }
    }
}

impl StemcellRecord {
    /// A stemcell that was just uploaded.
    pub fn new(cid: StemcellCid, name: &str, version: &str, api_version: u32) -> StemcellRecord {
        StemcellRecord {
            id: new_id(),
            name: name.to_owned(),
            version: version.to_owned(),
            api_version,
            cid,
            others: Map::new(),
        }
    }
}

impl ReleaseRecord {
    /// A release that was just deployed.
    pub fn new(name: &str, version: &str) -> ReleaseRecord {
        ReleaseRecord { id: new_id(), name: name.to_owned(), version: version.to_owned() }
    }
}

/// A UUID, as every id in the state file is one.
pub fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn has_cid(record: &Value) -> bool {
    record["cid"].as_str().is_some_and(|cid| !cid.is_empty())
}

fn unknown_size() -> MiB {
    MiB(0)
}

fn is_zero(version: &u32) -> bool {
    *version == 0
}

fn or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Nothing is written as an empty string.
mod or_empty {
    use super::*;

    pub fn serialize<S: Serializer, T>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error>
    where
        T: Clone + Into<String>,
    {
        let text: String = value.clone().map(Into::into).unwrap_or_default();
        to.serialize_str(&text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>, T>(from: D) -> Result<Option<T>, D::Error>
    where
        T: TryFrom<String>,
        T::Error: std::fmt::Display,
    {
        let text: Option<String> = Option::deserialize(from)?;
        let text = text.filter(|text| !text.is_empty());
        text.map(T::try_from).transpose().map_err(serde::de::Error::custom)
    }
}

/// Go's JSON escapes what could end a script or a line.
fn escape(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => escaped.push(c),
        }
    }
    escaped.into_bytes()
}
