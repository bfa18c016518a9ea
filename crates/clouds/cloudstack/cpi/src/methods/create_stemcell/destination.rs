//! Where a template is to be, and on which hypervisor.

use super::hypervisor;
use crate::lookup;
use crate::lookup::zone::ZoneFacts;
use crate::name_ref::NameRef;
use crate::properties::{PATH, StemcellProperties, given};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};

/// Where a template is to be, and on which hypervisor.
pub(super) struct Destination {
    pub zones: Vec<ZoneFacts>,
    pub hypervisor: String,
}

impl Destination {
    pub(super) async fn find(cloud: &CloudStack, stemcell: &StemcellProperties) -> Result<Self> {
        let mut zones: Vec<ZoneFacts> = Vec::new();
        for wanted in wanted_zones(cloud)? {
            let zone = (*lookup::zone::find(cloud, &wanted).await?).clone();
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
    pub(super) fn zone_ids(&self) -> Vec<&str> {
        self.zones.iter().map(|zone| zone.id.as_str()).collect()
    }

    /// Whether the template is wanted in that zone.
    pub(super) fn is_in(&self, zone: &str) -> bool {
        self.zones.iter().any(|wanted| wanted.id == zone)
    }
}

/// At least one.
fn wanted_zones(cloud: &CloudStack) -> Result<Vec<NameRef>> {
    let zones = &cloud.properties.stemcell.zones;
    if !zones.is_empty() {
        let wanted = |(at, text): (usize, &String)| {
            NameRef::new(text.trim(), format!("{PATH}.stemcell.zones[{at}]"))
        };
        return Ok(zones.iter().enumerate().map(wanted).collect());
    }
    match cloud.properties.default_zone() {
        Some(zone) => Ok(vec![NameRef::new(zone, format!("{PATH}.default_zone"))]),
        None => Err(CpiError::cpi(format!(
            "{PATH}.default_zone or {PATH}.stemcell.zones is required: a stemcell needs a zone"
        ))),
    }
}
