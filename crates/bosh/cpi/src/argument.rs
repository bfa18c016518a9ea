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

    /// The CIDs that it names: who names one knows it.
    fn cids(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Whether null, or nothing at all, is a fault.
    const REQUIRED: bool = true;
}

/// The arguments of a request, taken one after the other. A missing one reads as null.
pub(crate) struct Arguments {
    values: std::vec::IntoIter<Value>,
    index: usize,
}

impl Arguments {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter(), index: 0 }
    }

    pub(crate) fn next<T: Argument>(&mut self) -> Result<T> {
        let path = format!("arguments[{}]", self.index);
        self.index += 1;
        T::read(self.values.next().unwrap_or_default(), &path)
    }
}

/// What a value is, without telling it: it may be a secret.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty string",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "a hash",
    }
}

fn unexpected(path: &str, expected: &str, got: &Value) -> CpiError {
    CpiError::cpi(format!("{path}: expected {expected}, got {}", kind(got)))
}

fn hash(value: Value, path: &str) -> Result<Map<String, Value>> {
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => Ok(map),
        other => Err(unexpected(path, "a hash", &other)),
    }
}

macro_rules! text_argument {
    ($($type:ty: $what:literal => { $($cids:item)? }),* $(,)?) => {$(
        /// A text that is never empty.
        impl Argument for $type {
            fn read(value: Value, path: &str) -> Result<Self> {
                match value {
                    Value::String(text) if !text.is_empty() => Ok(decode(text.into(), path)?.value),
                    other => Err(unexpected(path, $what, &other)),
                }
            }
            $($cids)?
        }
    )*};
}

macro_rules! cid_argument {
    ($($type:ty: $what:literal),* $(,)?) => {
        text_argument! {$(
            $type: $what => { fn cids(&self) -> Vec<&str> { vec![self.as_str()] } }
        ),*}
    };
}

cid_argument! {
    VmCid: "a VM CID",
    DiskCid: "a disk CID",
    StemcellCid: "a stemcell CID",
    SnapshotCid: "a snapshot CID",
    NetworkCid: "a network CID",
}

text_argument! {
    String: "a string" => { },
}

/// Any text; a light stemcell's image may have no path at all.
impl Argument for PathBuf {
    fn read(value: Value, path: &str) -> Result<Self> {
        match value {
            Value::String(text) => Ok(text.into()),
            other => Err(unexpected(path, "a path", &other)),
        }
    }
}

impl Argument for MiB {
    fn read(value: Value, path: &str) -> Result<Self> {
        match value.as_u64() {
            Some(size) if size > 0 => Ok(MiB(size)),
            _ => match &value {
                Value::Number(number) => Err(CpiError::cpi(format!(
                    "{path}: expected a size in MiB, a whole number above 0, got {number}"
                ))),
                other => Err(unexpected(path, "a size in MiB, a whole number above 0", other)),
            },
        }
    }
}

/// A hash that may be null: metadata, env, requirements.
impl Argument for Map<String, Value> {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        hash(value, path)
    }
}

/// Null and `{}` are the same: `create_stemcell` may get null (`update_stemcell.rb`).
impl Argument for CloudProperties {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        Ok(CloudProperties::new(path, hash(value, path)?))
    }
}

impl Argument for Networks {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        Networks::from_map(hash(value, path)?, path)
    }
}

/// Known persistent disks; null means none.
impl Argument for Vec<DiskCid> {
    const REQUIRED: bool = false;
    fn read(value: Value, path: &str) -> Result<Self> {
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Array(list) => list
                .into_iter()
                .enumerate()
                .map(|(index, cid)| DiskCid::read(cid, &format!("{path}[{index}]")))
                .collect(),
            other => Err(unexpected(path, "an array of disk CIDs", &other)),
        }
    }

    fn cids(&self) -> Vec<&str> {
        self.iter().map(DiskCid::as_str).collect()
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

    fn cids(&self) -> Vec<&str> {
        self.iter().map(VmCid::as_str).collect()
    }
}
