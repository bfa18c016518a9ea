//! What each method answers, in the shape that the caller's API version wants.

use crate::{DiskCid, NetworkCid, Networks, SnapshotCid, StemcellCid, VmCid};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

/// The CPI API version of one request: 1, 2 or 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion(u8);

impl ApiVersion {
    /// The newest one, which `info` reports unless a property lowers it.
    pub const LATEST: ApiVersion = ApiVersion(3);

    /// None for a version that does not exist.
    pub fn new(version: u64) -> Option<Self> {
        (1..=3).contains(&version).then_some(Self(version as u8))
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self(2)
    }
}

/// A typed result that knows its wire form.
pub trait IntoResult {
    /// The JSON that stands under `result`.
    fn into_result(self, version: ApiVersion) -> Value;
}

/// The answer of `info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The newest CPI API version that the director should use.
    pub api_version: ApiVersion,
    /// The stemcell formats that `create_stemcell` takes.
    pub stemcell_formats: Vec<String>,
}

/// The answer of `create_vm`.
#[derive(Debug, Clone, PartialEq)]
pub struct VmCreated {
    /// The new VM.
    pub cid: VmCid,
    /// The networks as they became: with MACs and the addresses the cloud chose.
    pub networks: Networks,
}

/// Where the agent finds an attached disk. Every value must be a string: the agent dies of a
/// number (bosh-agent `settings/settings.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiskHint {
    /// A device path.
    Path(String),
    /// Named hints, such as `path` and `volume_id`.
    Fields(Vec<(&'static str, String)>),
    /// An iSCSI volume, which the agent logs in to itself.
    Iscsi(IscsiHint),
}

/// How the agent logs in to an iSCSI volume (`iscsi_settings`). The director keeps it, password
/// and all.
#[derive(Debug, Clone)]
pub struct IscsiHint {
    /// The disk's CID.
    pub id: String,
    /// The VM's own iSCSI name.
    pub initiator_name: String,
    /// The address of the storage.
    pub target: String,
    /// The VM's CHAP user.
    pub username: String,
    /// Its password.
    pub password: SecretString,
}

impl PartialEq for IscsiHint {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl Eq for IscsiHint {}

impl IscsiHint {
    fn to_json(&self) -> Value {
        json!({"id": self.id, "iscsi_settings": {
            "initiator_name": self.initiator_name,
            "target": self.target,
            "username": self.username,
            "password": self.password.expose_secret(),
        }})
    }
}

/// The answer of `create_network`.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkCreated {
    /// The new network.
    pub cid: NetworkCid,
    /// `range`, `gateway` and `reserved`, as the director stores them.
    pub addresses: Map<String, Value>,
    /// The cloud properties with which VMs will name this network.
    pub cloud_properties: Map<String, Value>,
}

impl IntoResult for Info {
    fn into_result(self, _: ApiVersion) -> Value {
        json!({
            "api_version": self.api_version.number(),
            "stemcell_formats": self.stemcell_formats,
        })
    }
}

impl IntoResult for VmCreated {
    fn into_result(self, version: ApiVersion) -> Value {
        match version.number() {
            1 => json!(self.cid),
            _ => json!([self.cid, self.networks]),
        }
    }
}

impl IntoResult for DiskHint {
    fn into_result(self, version: ApiVersion) -> Value {
        match (version.number(), self) {
            (1, _) => Value::Null,
            (_, DiskHint::Path(path)) => Value::String(path),
            (_, DiskHint::Fields(fields)) => {
                Value::Object(fields.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
            }
            (_, DiskHint::Iscsi(hint)) => hint.to_json(),
        }
    }
}

impl IntoResult for NetworkCreated {
    fn into_result(self, _: ApiVersion) -> Value {
        json!([self.cid, self.addresses, self.cloud_properties])
    }
}

impl IntoResult for () {
    fn into_result(self, _: ApiVersion) -> Value {
        Value::Null
    }
}

macro_rules! plain_answer {
    ($($type:ty),*) => {$(
        impl IntoResult for $type {
            fn into_result(self, _: ApiVersion) -> Value {
                json!(self)
            }
        }
    )*};
}

plain_answer!(bool, Vec<DiskCid>, StemcellCid, DiskCid, SnapshotCid, VmCid, Map<String, Value>);

impl IntoResult for Option<DiskCid> {
    fn into_result(self, _: ApiVersion) -> Value {
        json!(self)
    }
}
