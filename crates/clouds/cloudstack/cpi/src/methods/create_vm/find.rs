//! What the wishes stand for in the cloud. Lookups do not wait for each other.

use super::guard::Guards;
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
    /// In the order of the NICs; none in a basic zone, which has one network and takes none.
    pub networks: Vec<Found<NetworkRow>>,
    /// Those that vip networks name, in their order.
    pub vip_networks: Vec<Found<NetworkRow>>,
    /// The security groups as the deploy call takes them.
    pub guards: Guards,
}

impl Ids {
    pub(super) async fn find(cloud: &CloudStack, wishes: &Wishes) -> Result<Self> {
        let disk = async {
            match &wishes.disk {
                Some(disk) => cloud.disk_offerings(&disk.offering).await.map(Some),
                None => Ok(None),
            }
        };
        let (zone, offering, disk, template, networks, guards) = tokio::join!(
            cloud.zone(&wishes.zone),
            cloud.service_offerings(&wishes.offering),
            disk,
            cloud.template(&wishes.template, &wishes.zone),
            networks(cloud, wishes),
            wishes.guard.find(cloud),
        );
        let zone = zone?; // first, since nothing of it fits in a wrong one
        let mut networks = match zone.basic {
            true if wishes.nics.len() > 1 => return Err(one_network(&zone)),
            true => Vec::new(),
            false => networks?,
        };
        let vip_networks = networks.split_off(wishes.nics.len().min(networks.len()));
        let here = &wishes.zone.text;
        let offering = offering?.in_zone(&wishes.offering, here)?;
        let disk = match (disk?, &wishes.disk) {
            (Some(found), Some(wish)) => Some(found.in_zone(&wish.offering, here)?),
            _ => None,
        };
        Ok(Self {
            zone,
            offering,
            disk,
            template: template?,
            networks,
            vip_networks,
            guards: guards?,
        })
    }

    /// Cache keys of what is remembered, not fresh.
    pub(super) fn remembered(&self) -> Vec<String> {
        let one = [
            self.zone.remembered(),
            self.offering.remembered(),
            self.disk.as_ref().and_then(Found::remembered),
            self.template.remembered(),
        ];
        let networks = self.networks.iter().chain(&self.vip_networks).map(Found::remembered);
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

/// The networks that the NICs name. A basic zone has one, which nobody need name.
async fn networks(cloud: &CloudStack, wishes: &Wishes) -> Result<Vec<Found<NetworkRow>>> {
    let unnamed = wishes.nics.iter().find(|nic| nic.network.network.text.is_empty());
    if unnamed.is_some() || cloud.remembers_basic(&wishes.zone) {
        let zone = cloud.zone(&wishes.zone).await?;
        match unnamed {
            _ if zone.basic => return Ok(Vec::new()),
            None => {}
            Some(nic) => {
                let path = &nic.network.network.path;
                return Err(CpiError::cpi(format!("{path}: missing; which network is it?")));
            }
        }
    }
    let behind = wishes.vips.iter().filter_map(|vip| vip.network.clone());
    let networks: Vec<_> =
        wishes.nics.iter().map(|nic| nic.network.clone()).chain(behind).collect();
    cloud.networks(&networks, &wishes.zone).await
}

fn one_network(zone: &ZoneRow) -> CpiError {
    CpiError::not_supported(format!(
        "arguments[3]: several networks, but '{}' is a basic zone, in which a VM has one NIC",
        zone.name
    ))
}
