//! Networks that BOSH manages.

use super::OwnedResources;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloud_http::Deadline;
use cloudstack::api::{DeleteNetwork, ListNetworks, Network};
use cpi_kit::{OwnedResource, ResourceRole};
use journal::Absence;

/// The networks of exactly this name.
pub(crate) async fn named(cloud: &CloudStack, name: &str) -> CloudResult<Vec<Network>> {
    let of = ListNetworks { keyword: Some(name.to_owned()), ..ListNetworks::default() };
    let mut networks = cloud.list(of).await?;
    networks.retain(|network| network.name == name);
    Ok(networks)
}

/// Deletes a network; it may be gone already.
pub(crate) async fn delete(cloud: &CloudStack, id: &str, until: Deadline) -> CloudResult<()> {
    cloud.run_job(&DeleteNetwork { id: id.to_owned() }, until).await.ignore_not_found()
}

/// Makes sure that no network of this name is left.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing network {name}");
    let networks = named(cloud, name).await.during(Activity::DeleteNetwork, tried)?;
    let absence = if networks.is_empty() { Absence::MayAppear } else { Absence::Final };
    for network in networks {
        let until = cloud.undo_deadline(Wait::DeleteVm);
        delete(cloud, &network.id, until).await.during(Activity::DeleteNetwork, tried)?;
    }
    Ok(absence)
}

/// The networks that bear a name of ours.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let networks = cloud.list(ListNetworks::default()).await?.into_iter();
    let owned = networks.filter_map(|network| {
        Some(OwnedResource {
            ours: Some(cloud.names.parse(&network.name)?),
            kind: "network",
            cid: network.id,
            purpose: ResourceRole::Silent,
            used: None,
            target: Intent::Network { name: network.name.clone() },
            name: network.name,
        })
    });
    Ok(owned.collect())
}
