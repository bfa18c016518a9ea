//! `cloud_provider`: the CPI, and how its VM's agent is reached.

use super::fields::Fields;
use super::release::JobReference;
use bosh_agent::Mbus;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use url::Url;

/// The CPI of an environment, and the agent's address.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudProvider {
    /// The jobs of the CPI; one of them has the executable. None where the CPI needs no release.
    pub jobs: Vec<JobReference>,
    /// The only properties that the CPI's jobs see.
    pub properties: Map<String, Value>,
    /// Where the agent is reached.
    pub mbus: Mbus,
    /// PEM of the CA that signed the agent's certificate. Without it any certificate is taken.
    pub ca: Option<String>,
}

/// Reads it; nothing if something is wrong. Jobs are required if the CPI comes from a release.
pub(super) fn read(
    root: &Fields<'_>,
    releases: &BTreeSet<String>,
    from_release: bool,
) -> Option<CloudProvider> {
    let Some(fields) = root.map("cloud_provider") else {
        root.problem("cloud_provider", "is required");
        return None;
    };
    let jobs = jobs(&fields, releases, from_release);
    let properties = fields.json("properties").unwrap_or_default();
    let ca = certificate(&fields);
    let mbus = fields.required_text("mbus");
    if mbus.trim().is_empty() {
        return None;
    }
    match parse_mbus(&mbus) {
        Ok(mbus) => Some(CloudProvider { jobs, properties, mbus, ca }),
        Err(problem) => {
            fields.problem("mbus", problem);
            None
        }
    }
}

/// The CLI takes what is not an address, and fails when the VM has been made.
fn parse_mbus(text: &str) -> Result<Mbus, &'static str> {
    let url = Url::parse(text).map_err(|_| "must be a URL: https://user:password@host:port")?;
    if url.scheme() != "https" {
        return Err("must begin with https://");
    }
    if url.username().is_empty() || url.password().is_none() {
        return Err("must have a user and a password: https://user:password@host:port");
    }
    text.parse().map_err(|_| "must be a URL: https://user:password@host:port")
}

fn jobs(fields: &Fields<'_>, releases: &BTreeSet<String>, from_release: bool) -> Vec<JobReference> {
    let mut list = fields.maps("templates");
    let single = fields.map("template");
    if list.is_empty() {
        list.extend(single);
    }
    if list.is_empty() && from_release {
        fields.problem("templates", "must name the CPI's job and its release");
    }
    let mut names = BTreeSet::new();
    let mut jobs = Vec::new();
    for fields in list {
        if !from_release {
            // The CPI is given by other means, and its release may be left out.
            jobs.push(JobReference { name: fields.text("name"), release: fields.text("release") });
            continue;
        }
        let job = JobReference::read(&fields, releases);
        if !job.name.is_empty() && !names.insert(job.name.clone()) {
            fields.problem("name", format!("must be unique: '{}' is there twice", job.name));
        }
        jobs.push(job);
    }
    jobs
}

fn certificate(provider: &Fields<'_>) -> Option<String> {
    let fields = provider.map("cert")?;
    fields.pass(&["certificate", "private_key"]);
    let ca = fields.text("ca");
    if ca.is_empty() {
        return None;
    }
    if !ca.contains("-----BEGIN ") || !ca.contains("-----END ") {
        fields.problem("ca", "must be a certificate in PEM format");
    }
    Some(ca)
}
