//! Making a stemcell of a VM.

use bosh_cpi::{Result, VmCid};
use serde_json::{Map, Value};

/// A VM of which a stemcell is to be made.
#[derive(Debug, Clone)]
pub struct Capture {
    /// The VM.
    pub vm: VmCid,
    /// What people see of the image.
    pub note: String,
    /// Who may use it.
    pub sharing: Sharing,
}

/// Who may use an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sharing {
    /// The account that made it: there may be secrets in it.
    #[default]
    Own,
    /// Every account.
    Public,
}

/// The image of a VM, which is ready to be used.
#[derive(Debug, Clone)]
pub struct Captured {
    /// Its id.
    pub image: String,
    /// What the `cloud_properties` of a light stemcell have to say.
    pub cloud_properties: Map<String, Value>,
}

/// What is done with an image before the operation counts as done: if it fails, the image goes.
pub type Keep<'a> = &'a mut dyn FnMut(&Captured) -> Result<()>;
