//! What an agent is told to run: the apply spec.
//!
//! Source: bosh-cli `agentclient/applyspec/apply_spec.go`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the agent is to run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApplySpec {
    /// The deployment.
    pub deployment: String,
    /// The instance group.
    pub name: String,
    /// 0, as there is one VM.
    pub index: u32,
    /// "0".
    pub id: String,
    /// "unknown".
    pub az: String,
    /// Compiled packages by name, those that others need included.
    pub packages: BTreeMap<String, PackageSpec>,
    /// The networks as `create_vm` got them.
    pub networks: Map<String, Value>,
    /// The jobs.
    pub job: JobSpec,
    /// The archive of all rendered templates.
    pub rendered_templates_archive: BlobRef,
    /// Anything but nothing: else the agent does not apply.
    pub configuration_hash: String,
}

/// The jobs of the instance group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobSpec {
    /// The instance group.
    pub name: String,
    /// One for each job.
    pub templates: Vec<JobTemplate>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobTemplate {
    /// Its name in the release.
    pub name: String,
    /// Its fingerprint.
    pub version: String,
    /// Empty: all jobs are in one archive.
    pub sha1: String,
    /// Empty, too.
    pub blobstore_id: String,
}

/// A compiled package in the agent's store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageSpec {
    /// Its name.
    pub name: String,
    /// Its fingerprint.
    pub version: String,
    /// The digest of the blob.
    pub sha1: String,
    /// The blob.
    pub blobstore_id: String,
}

/// A blob in the agent's store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// The blob.
    pub blobstore_id: String,
    /// Its digest.
    pub sha1: String,
}

impl ApplySpec {
    /// One without jobs: it makes the agent fill in the addresses of its networks.
    pub fn initial(deployment: &str, group: &str, networks: Map<String, Value>) -> Self {
        Self {
            deployment: deployment.to_owned(),
            name: group.to_owned(),
            index: 0,
            id: "0".to_owned(),
            az: "unknown".to_owned(),
            packages: BTreeMap::new(),
            networks,
            job: JobSpec { name: group.to_owned(), templates: Vec::new() },
            rendered_templates_archive: BlobRef::default(),
            configuration_hash: "unused-configuration-hash".to_owned(),
        }
    }

    /// The same with a job.
    pub fn with_job(mut self, name: &str, fingerprint: &str) -> Self {
        let (sha1, blobstore_id) = (String::new(), String::new());
        let (name, version) = (name.to_owned(), fingerprint.to_owned());
        self.job.templates.push(JobTemplate { name, version, sha1, blobstore_id });
        self
    }
}
