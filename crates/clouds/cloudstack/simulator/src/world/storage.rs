//! Secondary storage: where images come in.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How images come in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecondaryStorage {
    /// Whether there is a secondary-storage VM: without one nothing is uploaded or fetched.
    pub running: bool,
    /// Whether the headers of an upload must be spelled as older storage VMs want them:
    /// `X-signature`, `X-metadata`, `X-expires`.
    pub exact_headers: bool,
    /// Whether a template that waits for its upload can be deleted. A real one cannot, before
    /// that has ended or its time is over.
    pub forgets_awaited_uploads: bool,
    /// `max.upload.volume.size`, in bytes.
    pub largest_upload: u64,
    /// How long after an upload the management server notices, in milliseconds
    /// (`upload.monitoring.interval` is a minute).
    pub upload_monitoring_ms: u64,
    /// `upload.operation.timeout`: how long an upload's address is good, in seconds.
    pub upload_operation_timeout: u64,
    /// Hosts from which images can be fetched, each with the port of 127.0.0.1 that stands for
    /// it. No other name can be resolved.
    pub hosts: BTreeMap<String, u16>,
    /// PEM certificates that the downloader trusts beside the system's.
    pub trusts: Option<String>,
}

impl Default for SecondaryStorage {
    fn default() -> Self {
        Self {
            running: true,
            exact_headers: false,
            forgets_awaited_uploads: true,
            largest_upload: 500 << 30,
            upload_monitoring_ms: 0,
            upload_operation_timeout: 3600,
            hosts: BTreeMap::new(),
            trusts: None,
        }
    }
}
