//! What the wishes stand for in the cloud. Lookups do not wait for each other.

use super::wishes::Wishes;
use crate::CloudStack;
use crate::lookup::{DiskOfferingRow, Found, NetworkRow, OfferingRow, TemplateRow, ZoneRow};
use bosh_cpi::{CpiError, Result};

/// What the wishes stand for.
pub(super) struct Ids {
    pub zone: Found<ZoneRow>,
    pub offering: Found<OfferingRow>,
    pub disk: Option<Found<DiskOfferingRow>>,
    pub template: Found<TemplateRow>,
    /// In the order of the NICs.
    pub networks: Vec<Found<NetworkRow>>,
}

impl Ids {
    pub(super) async fn find(cloud: &CloudStack, wishes: &Wishes) -> Result<Self> {
        let networks: Vec<_> = wishes.nics.iter().map(|nic| nic.network.clone()).collect();
        let disk = async {
            match &wishes.disk {
                Some(disk) => cloud.disk_offerings(&disk.offering).await.map(Some),
                None => Ok(None),
            }
        };
        let (zone, offering, disk, template, networks) = tokio::join!(
            cloud.zone(&wishes.zone),
            cloud.service_offerings(&wishes.offering),
            disk,
            cloud.template(&wishes.template, &wishes.zone),
            cloud.networks(&networks, &wishes.zone),
        );
        let zone = zone?; // first, since nothing of it fits in a wrong one
        if zone.basic {
            return Err(CpiError::not_supported(format!(
                "{}: '{}' is a basic zone; this release of the CPI makes VMs in advanced zones \
                 only",
                wishes.zone.path, zone.name
            )));
        }
        let here = &wishes.zone.text;
        let offering = offering?.in_zone(&wishes.offering, here)?;
        let disk = match (disk?, &wishes.disk) {
            (Some(found), Some(wish)) => Some(found.in_zone(&wish.offering, here)?),
            _ => None,
        };
        Ok(Self { zone, offering, disk, template: template?, networks: networks? })
    }

    /// Cache keys of what is remembered, not fresh.
    pub(super) fn remembered(&self) -> Vec<String> {
        let one = [
            self.zone.remembered(),
            self.offering.remembered(),
            self.disk.as_ref().and_then(Found::remembered),
            self.template.remembered(),
        ];
        let networks = self.networks.iter().map(Found::remembered);
        one.into_iter().chain(networks).flatten().map(str::to_owned).collect()
    }

    /// Whether the cloud says what was remembered.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let networks = |ids: &Self| ids.networks.iter().map(|n| n.id.clone()).collect::<Vec<_>>();
        *self.zone == *other.zone
            && *self.offering == *other.offering
            && self.disk.as_deref() == other.disk.as_deref()
            && *self.template == *other.template
            && networks(self) == networks(other)
    }
}
