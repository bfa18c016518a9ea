//! Errors in the director's words.

use serde::Serialize;

/// What a CPI method returns.
pub type Result<T> = std::result::Result<T, CpiError>;

/// The error types that the director knows (`clouds/external_cpi.rb`, `KNOWN_RPC_ERRORS`).
/// Any other type becomes "Unknown CPI error" there, so there is no other here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The CPI itself is at fault, or was called wrongly.
    CpiError,
    /// The cloud refused or failed.
    CloudError,
    /// The method exists, but this cloud cannot do what was asked. The director then takes the
    /// long way (for `resize_disk` and `update_disk`: a new disk and a copy).
    NotSupported,
    /// The method does not exist here. Ignored by the director for optional methods.
    NotImplemented,
    /// No such VM; ignored by the director when it deletes.
    VmNotFound,
    /// No such disk; ignored by the director when it deletes orphans.
    DiskNotFound,
    /// The disk is not attached to that VM.
    DiskNotAttached,
    /// No such network; ignored by the director when it deletes.
    NetworkNotFound,
    /// The cloud has no room for the disk.
    NoDiskSpace,
    /// The VM could not be made; with `ok_to_retry` the director tries again.
    VmCreationFailed,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [ErrorKind; 10] = [
        Self::CpiError,
        Self::CloudError,
        Self::NotSupported,
        Self::NotImplemented,
        Self::VmNotFound,
        Self::DiskNotFound,
        Self::DiskNotAttached,
        Self::NetworkNotFound,
        Self::NoDiskSpace,
        Self::VmCreationFailed,
    ];

    /// The Ruby class name that the director matches.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CpiError => "Bosh::Clouds::CpiError",
            Self::CloudError => "Bosh::Clouds::CloudError",
            Self::NotSupported => "Bosh::Clouds::NotSupported",
            Self::NotImplemented => "Bosh::Clouds::NotImplemented",
            Self::VmNotFound => "Bosh::Clouds::VMNotFound",
            Self::DiskNotFound => "Bosh::Clouds::DiskNotFound",
            Self::DiskNotAttached => "Bosh::Clouds::DiskNotAttached",
            Self::NetworkNotFound => "Bosh::Clouds::NetworkNotFound",
            Self::NoDiskSpace => "Bosh::Clouds::NoDiskSpace",
            Self::VmCreationFailed => "Bosh::Clouds::VMCreationFailed",
        }
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

/// An error as it is answered to the director.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CpiError {
    /// The type that the director acts on.
    pub kind: ErrorKind,
    /// What was tried, on what, what the cloud said, and what to do.
    pub message: String,
    /// Whether the same call may succeed when repeated. The director reads it for
    /// [`ErrorKind::VmCreationFailed`] only (`create_vm_step.rb`).
    pub ok_to_retry: bool,
}

impl CpiError {
    /// An error that is not worth repeating.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), ok_to_retry: false }
    }

    /// The CPI was called wrongly, or is wrongly configured.
    pub fn cpi(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::CpiError, message)
    }

    /// The cloud refused or failed.
    pub fn cloud(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::CloudError, message)
    }

    /// This cloud cannot do what was asked.
    pub fn not_supported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotSupported, message)
    }

    /// The method is not there.
    pub fn not_implemented(method: &str) -> Self {
        Self::new(ErrorKind::NotImplemented, format!("this CPI does not implement '{method}'"))
    }

    /// The same error, marked as worth repeating or not.
    pub fn retry(mut self, ok_to_retry: bool) -> Self {
        self.ok_to_retry = ok_to_retry;
        self
    }

    /// The same error with what was being done in front: `creating VM 'vm-1': …`.
    pub fn while_doing(mut self, what: impl std::fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}
