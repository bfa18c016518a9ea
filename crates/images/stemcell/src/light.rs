//! Light stemcells: a tarball with a manifest that names a template, and an empty image.

use crate::error::StemcellError;
use crate::manifest::{EMPTY_SHA1, Manifest};
use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value};
use std::io::{self, Write};

impl Manifest {
    /// The manifest of a light stemcell: a name, a version, the operating system
    /// (`ubuntu-jammy`) that a deployment manifest may ask for, and the format that the cloud's CPI
    /// accepts (`cloudstack-light`).
    pub fn light(
        name: &str,
        version: &str,
        operating_system: &str,
        format: &str,
        cloud_properties: Map<String, Value>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            bosh_protocol: Some(1.into()),
            api_version: Some(3),
            sha1: EMPTY_SHA1.to_owned(),
            operating_system: Some(operating_system.to_owned()),
            stemcell_formats: vec![format.to_owned()],
            cloud_properties,
            other: Map::new(),
        }
    }

    /// The light counterpart of this stemcell, in the format that the cloud's CPI accepts: its
    /// name, version and all other fields, with these cloud properties over its own.
    pub fn lightened(mut self, format: &str, cloud_properties: Map<String, Value>) -> Self {
        self.sha1 = EMPTY_SHA1.to_owned();
        self.stemcell_formats = vec![format.to_owned()];
        self.cloud_properties.extend(cloud_properties);
        self
    }

    /// As YAML: one line per field, with JSON to its right, which YAML is a superset of.
    fn to_yaml(&self) -> Result<String, StemcellError> {
        let fields = serde_json::to_value(self).map_err(|error| StemcellError::Malformed {
            what: "stemcell.MF",
            reason: error.to_string(),
        })?;
        let fields = fields.as_object().into_iter().flatten();
        let lines = fields.map(|(key, value)| format!("{key}: {value}\n"));
        Ok(format!("---\n{}", lines.collect::<String>()))
    }
}

/// Writes a light stemcell. The same manifest makes the same bytes.
///
/// # Errors
/// `Malformed` where the manifest is not that of a light stemcell; `Output` where `output`
/// cannot be written.
pub fn lighten(manifest: &Manifest, output: impl Write) -> Result<(), StemcellError> {
    if manifest.sha1 != EMPTY_SHA1 {
        return Err(StemcellError::Malformed {
            what: "stemcell.MF",
            reason: format!("sha1 is {}, expected that of an empty image", manifest.sha1),
        });
    }
    let yaml = manifest.to_yaml()?;
    // No time, no name: the header would differ with each run.
    let gzip = GzBuilder::new().mtime(0).write(output, Compression::best());
    let mut tar = tar::Builder::new(gzip);
    append(&mut tar, "stemcell.MF", yaml.as_bytes())
        .and_then(|()| append(&mut tar, "image", b""))
        .and_then(|()| tar.into_inner())
        .and_then(|gzip| gzip.finish())
        .and_then(|mut output| output.flush())
        .map_err(StemcellError::Output)
}

fn append(tar: &mut tar::Builder<impl Write>, name: &str, content: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_entry_type(tar::EntryType::Regular);
    tar.append_data(&mut header, name, content)
}
