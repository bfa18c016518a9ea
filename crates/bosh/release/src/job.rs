//! A job of a release: what it says of itself, and its templates.

use crate::archive::{self, Files};
use crate::property::template_properties;
use crate::{ReleaseError, yaml};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// `job.MF`, which is the job's spec.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct JobSpec {
    /// Its name.
    pub name: String,
    /// Where each template goes, by its path under `templates`.
    #[serde(default, deserialize_with = "or_empty")]
    pub templates: BTreeMap<String, String>,
    /// The packages that it needs.
    #[serde(default, deserialize_with = "or_empty")]
    pub packages: Vec<String>,
    /// Its properties, by their paths.
    #[serde(default, deserialize_with = "or_empty")]
    pub properties: BTreeMap<String, PropertySpec>,
}

/// A property of a job.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PropertySpec {
    /// What it means.
    #[serde(default, deserialize_with = "or_empty")]
    pub description: String,
    /// What BOSH fills in; null for nothing.
    #[serde(default)]
    pub default: Value,
    /// What an operator might give.
    #[serde(default)]
    pub example: Value,
}

/// A key without a value is one that is not there.
fn or_empty<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl JobSpec {
    /// Reads `job.MF`.
    ///
    /// # Errors
    /// `Document`.
    pub fn parse(text: &str) -> Result<Self, ReleaseError> {
        yaml::read("job.MF", text)
    }

    /// The values that templates see of what is given: those of the job's properties only, with
    /// the defaults.
    pub fn values(&self, given: &Value) -> Value {
        let empty = Map::new();
        Value::Object(template_properties(self, &empty, &empty, Some(given)))
    }
}

/// A job of a release.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its name in the release.
    pub name: String,
    /// What tells its content from any other's.
    pub fingerprint: String,
    /// What it says of itself.
    pub spec: JobSpec,
    /// `monit` and `templates/…`.
    files: Files,
}

impl Job {
    /// Reads the archive of a job.
    pub(crate) fn read(name: &str, fingerprint: &str, packed: &[u8]) -> Result<Self, ReleaseError> {
        let what = format!("jobs/{name}.tgz");
        let files = archive::unpack(packed).map_err(ReleaseError::archive(&what))?;
        let text = files.get("job.MF").ok_or_else(|| missing(&what, "job.MF"))?;
        let text = String::from_utf8_lossy(&text.bytes);
        let spec: JobSpec = yaml::read(&format!("{what}: job.MF"), &text)?;
        let job = Self { name: name.to_owned(), fingerprint: fingerprint.to_owned(), spec, files };
        job.check(&what)?;
        Ok(job)
    }

    fn check(&self, what: &str) -> Result<(), ReleaseError> {
        for (source, target) in &self.spec.templates {
            for path in [source, target] {
                if !archive::is_safe(path) {
                    return Err(ReleaseError::Document {
                        document: format!("{what}: job.MF"),
                        reason: format!(
                            "the template path '{path}' must be relative, without '..'"
                        ),
                    });
                }
            }
            self.template(source).ok_or_else(|| missing(what, &format!("templates/{source}")))?;
        }
        Ok(())
    }

    /// The bytes of a template.
    pub fn template(&self, source: &str) -> Option<&[u8]> {
        self.files.get(&format!("templates/{source}")).map(|file| file.bytes.as_slice())
    }

    /// The bytes of `monit`; a job without it has an empty one.
    pub fn monit(&self) -> &[u8] {
        self.files.get("monit").map(|file| file.bytes.as_slice()).unwrap_or_default()
    }

    /// Whether it has a template that becomes this file: a CPI's is `bin/cpi`.
    pub fn renders(&self, target: &str) -> bool {
        self.spec.templates.values().any(|path| path == target)
    }
}

fn missing(archive: &str, file: &str) -> ReleaseError {
    ReleaseError::Missing { archive: archive.to_owned(), file: file.to_owned() }
}
