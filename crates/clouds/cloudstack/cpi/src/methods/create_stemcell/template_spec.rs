//! What a template is to be.

use super::destination::Destination;
use super::image::Image;
use super::os_type;
use crate::lookup::zone::ZoneFacts;
use crate::properties::{StemcellProperties, given};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::NewTemplate;
use serde_json::Value;

/// What a template is to be.
pub(super) struct TemplateSpec {
    destination: Destination,
    new: NewTemplate,
    /// The stemcell's name and version, for people.
    pub name: String,
    pub version: String,
}

impl TemplateSpec {
    pub(super) async fn make(
        cloud: &CloudStack,
        stemcell: &StemcellProperties,
        destination: Destination,
        image: &Image,
    ) -> Result<Self> {
        let name = given(&stemcell.name).unwrap_or_default().to_owned();
        let version = match &stemcell.version {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let shown = format!("{name} {version}");
        let shown = if name.is_empty() { "a BOSH stemcell" } else { shown.trim() };
        let new = NewTemplate {
            name: String::new(),
            displaytext: shown.to_owned(),
            format: image.format.to_owned(),
            hypervisor: destination.hypervisor.clone(),
            ostypeid: os_type::choose(cloud, &name, &destination.hypervisor).await?,
            ispublic: cloud.properties.stemcell_is_public(),
            isfeatured: cloud.properties.stemcell.featured.then_some(true),
            requireshvm: cloud.properties.stemcell_requires_hvm(),
            checksum: Some(format!("{{SHA-256}}{}", image.sha256)),
            arch: arch(stemcell)?,
        };
        Ok(Self { destination, new, name, version })
    }

    /// The same for an operation's template.
    pub(super) fn named(&self, name: &str) -> NewTemplate {
        NewTemplate { name: name.to_owned(), ..self.new.clone() }
    }

    /// The ids of the zones; at least one.
    pub(super) fn zone_ids(&self) -> Vec<&str> {
        self.destination.zone_ids()
    }

    /// The zone that comes first.
    pub(super) fn first_zone(&self) -> &ZoneFacts {
        &self.destination.zones[0]
    }
}

/// Said only where it is not what every template is: releases before 4.20 do not know it.
fn arch(stemcell: &StemcellProperties) -> Result<Option<String>> {
    match given(&stemcell.architecture) {
        None | Some("x86_64" | "amd64") => Ok(None),
        Some("aarch64" | "arm64") => Ok(Some("aarch64".to_owned())),
        Some(other) => Err(CpiError::cloud(format!(
            "the stemcell is for {other}; CloudStack knows x86_64 and aarch64"
        ))),
    }
}
