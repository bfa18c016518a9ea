//! How one positional argument becomes typed.

use crate::properties::decode;
use crate::{
    CloudProperties, CpiError, DiskCid, MiB, NetworkCid, Networks, Result, SnapshotCid,
    StemcellCid, VmCid,
};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// A type that can stand as a positional argument of a method.
pub trait Argument: Sized {
    /// Reads the argument found at `path` (`arguments[2]`); JSON null where it is missing.
    fn read(value: Value, path: &str) -> Result<Self>;

    /// Whether null, or nothing at all, is a fault.
    const REQUIRED: bool = true;
}

fn missing(path: &str, what: &str) -> CpiError {
    CpiError::cpi(format!("{path}: missing, expected {what}"))
}

macro_rules! plain_argument {
    ($($type:ty: $what:literal),* $(,)?) => {$(
        impl Argument for $type {
            fn read(value: Value, path: &str) -> Result<Self> {
                if value.is_null() {
                    return Err(missing(path, $what));
                }
                Ok(decode(value, path)?.value)
            }
        }
    )*};
}

plain_argument! {
    String: "a string",
    PathBuf: "a path",
    VmCid: "a VM CID",
    DiskCid: "a disk CID",
    StemcellCid: "a stemcell CID",
    SnapshotCid: "a snapshot CID",
    NetworkCid: "a network CID",
    MiB: "a size in MiB",
}

/// A hash that may be null: metadata, env, requirements.
impl Argument for Map<String, Value> {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        match value {
            Value::Null => Ok(Map::new()),
            Value::Object(map) => Ok(map),
            _ => Err(CpiError::cpi(format!("{path}: expected a hash"))),
        }
    }
}

/// Null and `{}` are the same: `create_stemcell` may get null (`update_stemcell.rb`).
impl Argument for CloudProperties {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        Ok(CloudProperties::new(path, Map::read(value, path)?))
    }
}

impl Argument for Networks {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        Networks::from_map(Map::read(value, path)?, path)
    }
}

/// Known persistent disks; null means none.
impl Argument for Vec<DiskCid> {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        match value {
            Value::Null => Ok(Vec::new()),
            value => Ok(decode(value, path)?.value),
        }
    }
}

/// An optional VM: null and the empty string both mean none, as lifecycle suites send them.
impl Argument for Option<VmCid> {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            Value::String(cid) if cid.is_empty() => Ok(None),
            value => VmCid::read(value, path).map(Some),
        }
    }
}
