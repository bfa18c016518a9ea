//! What a template is to be, and where.

use super::image::Image;
use super::{hypervisor, os_type};
use crate::CloudStack;
use crate::lookup::{Wanted, ZoneRow};
use crate::properties::{PATH, StemcellProperties, given};
use bosh_cpi::{CpiError, Result};
use cloudstack::api::NewTemplate;
use serde_json::Value;

/// Where a template is to be, and on which hypervisor.
pub(super) struct Place {
    zones: Vec<ZoneRow>,
    pub hypervisor: String,
}

/// What a template is to be.
pub(super) struct Plan {
    place: Place,
    new: NewTemplate,
    /// The stemcell's name and version, for people.
    pub name: String,
    pub version: String,
}

impl Place {
    pub(super) async fn find(cloud: &CloudStack, stemcell: &StemcellProperties) -> Result<Self> {
        let mut zones: Vec<ZoneRow> = Vec::new();
        for wanted in wanted_zones(cloud)? {
            let zone = (*cloud.zone(&wanted).await?).clone();
            if zone.edge {
                return Err(CpiError::not_supported(format!(
                    "{}: zone '{}' is an edge zone: it has no secondary storage to bring an image \
                     into; have an admin register it there with direct download, and use it as a \
                     light stemcell",
                    wanted.path, zone.name
                )));
            }
            if !zones.contains(&zone) {
                zones.push(zone);
            }
        }
        let made_for = given(&stemcell.hypervisor);
        let hypervisor = hypervisor::choose(cloud, &zones[0], made_for).await?;
        Ok(Self { zones, hypervisor })
    }

    /// The ids of the zones; at least one.
    pub(super) fn zones(&self) -> Vec<&str> {
        self.zones.iter().map(|zone| zone.id.as_str()).collect()
    }

    /// Whether the template is wanted in that zone.
    pub(super) fn is_in(&self, zone: &str) -> bool {
        self.zones.iter().any(|wanted| wanted.id == zone)
    }
}

/// At least one.
fn wanted_zones(cloud: &CloudStack) -> Result<Vec<Wanted>> {
    let zones = &cloud.properties.stemcell.zones;
    if !zones.is_empty() {
        let wanted = |(at, text): (usize, &String)| {
            Wanted::new(text.trim(), format!("{PATH}.stemcell.zones[{at}]"))
        };
        return Ok(zones.iter().enumerate().map(wanted).collect());
    }
    match cloud.properties.default_zone() {
        Some(zone) => Ok(vec![Wanted::new(zone, format!("{PATH}.default_zone"))]),
        None => Err(CpiError::cpi(format!(
            "{PATH}.default_zone: missing; a stemcell needs a zone (or {PATH}.stemcell.zones)"
        ))),
    }
}

impl Plan {
    pub(super) async fn make(
        cloud: &CloudStack,
        stemcell: &StemcellProperties,
        place: Place,
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
            hypervisor: place.hypervisor.clone(),
            ostypeid: os_type::choose(cloud, &name, &place.hypervisor).await?,
            ispublic: cloud.properties.stemcell_is_public(),
            isfeatured: cloud.properties.stemcell.featured.then_some(true),
            requireshvm: cloud.properties.stemcell_requires_hvm(),
            checksum: Some(format!("{{SHA-256}}{}", image.sha256)),
            arch: arch(stemcell)?,
        };
        Ok(Self { place, new, name, version })
    }

    /// The same for an operation's template.
    pub(super) fn named(&self, name: &str) -> NewTemplate {
        NewTemplate { name: name.to_owned(), ..self.new.clone() }
    }

    /// The ids of the zones; at least one.
    pub(super) fn zones(&self) -> Vec<&str> {
        self.place.zones()
    }

    /// The zone that comes first.
    pub(super) fn first_zone(&self) -> &ZoneRow {
        &self.place.zones[0]
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
