//! Networks that BOSH manages.

use super::{OwnedResources, select};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloud_http::Deadline;
use cloudstack::api::{ListNetworks, Network};
use cloudstack::phrases::NETWORK_IS_GONE;
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};
use journal::Absence;

/// The networks of exactly this name that are the account's own.
pub(crate) async fn owned_by_name(
    cloud: &CloudStack,
    name: &str,
) -> CloudResult<Vec<Owned<Network>>> {
    let of = ListNetworks { keyword: Some(name.to_owned()), ..ListNetworks::default() };
    let rows = cloud.list(of).await?;
    Ok(select(cloud, Claim::journaled_name(name), rows).await)
}

/// Deletes a network; it may be gone already.
pub(crate) async fn delete(
    cloud: &CloudStack,
    network: &Permit<Network>,
    until: Deadline,
) -> CloudResult<()> {
    let deleted = cloud.destroy_by_job(&permit::delete_network(network), until).await;
    match deleted.ignore_not_found() {
        Err(failure) if failure.has_code(431) && failure.says(NETWORK_IS_GONE) => Ok(()),
        deleted => deleted,
    }
}

/// Makes sure that no network of this name is left.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing network {name}");
    let networks = owned_by_name(cloud, name).await.during(Activity::DeleteNetwork, tried)?;
    let absence = if networks.is_empty() { Absence::MayAppear } else { Absence::Final };
    for network in &networks {
        let until = cloud.undo_deadline(Wait::DeleteVm);
        delete(cloud, &network.into(), until).await.during(Activity::DeleteNetwork, tried)?;
    }
    Ok(absence)
}

/// Deletes the network that the garbage collection has listed, if it is still what it was.
pub(crate) async fn delete_listed(cloud: &CloudStack, id: &str, name: &str) -> CloudResult<()> {
    let of = ListNetworks { keyword: Some(name.to_owned()), ..ListNetworks::default() };
    let rows = cloud.list(of).await?;
    for network in select(cloud, Claim::listed(id, name), rows).await {
        delete(cloud, &(&network).into(), cloud.undo_deadline(Wait::DeleteVm)).await?;
    }
    Ok(())
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
