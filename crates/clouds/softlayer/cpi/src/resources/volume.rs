//! Persistent disks: iSCSI volumes of block storage as a service.
//!
//! A volume is ordered, and an order has no name of ours: see [`lost_orders`](super::lost_orders)
//! for how one whose answer was lost is found again, and why nothing foreign is ever taken for it.

use super::billing_item::{self, Cancellation};
use super::ownership::{self, OwnedVolume};
use crate::cids::Machine;
use crate::errors::{CloudResult, cloud_error};
use crate::properties::{Speed, Tier, Wait};
use crate::session::SoftLayer;
use cloud_http::{Deadline, paused};
use journal::Absence;
use softlayer::api::network_storage::{GetObject, StorageProgress};
use softlayer::api::{Datacenter, NetworkStorage, account};
use softlayer::{Code, Filter};
use std::time::Instant;

/// The exceptions by which a volume says that somebody else works on it, or that it is still being
/// made.
pub(crate) const BUSY: &[Code] = &[Code::BlockingOperationInProgress, Code::AccessControlError];

const ISCSI: &str = "ISCSI";

/// Whether a volume is more than something that waits to be reclaimed.
pub(crate) fn is_live(volume: &NetworkStorage) -> bool {
    volume.billing_item.is_some()
}

/// The machines that may mount a volume.
pub(crate) fn holders(volume: &NetworkStorage) -> Vec<Machine> {
    let guests = volume.allowed_virtual_guests.iter().map(|guest| Machine::Guest(guest.id));
    let servers = volume.allowed_hardware.iter().map(|server| Machine::Server(server.id));
    guests.chain(servers).collect()
}

/// The name of a volume's data center.
pub(crate) fn datacenter(volume: &NetworkStorage) -> Option<&str> {
    let place: &Datacenter = volume.service_resource.as_ref()?.datacenter.as_ref()?;
    Some(&place.name)
}

/// How fast a volume is.
pub(crate) fn speed(volume: &NetworkStorage) -> Speed {
    match volume.storage_tier_level.as_deref().and_then(Tier::of_level) {
        Some(tier) => Speed::Tier(tier),
        None => Speed::Iops(volume.provisioned_iops),
    }
}

/// Whether a volume is larger than it was asked for only because there are no smaller ones.
pub(crate) fn is_smallest(volume: &NetworkStorage, wanted: u64) -> bool {
    const LEAST: u64 = 20;
    matches!(speed(volume), Speed::Iops(_)) && volume.capacity_gb == Some(LEAST) && wanted < LEAST
}

/// A volume; None if there is none of this id, or one that was cancelled.
pub(crate) async fn find(cloud: &SoftLayer, id: u64) -> CloudResult<Option<OwnedVolume>> {
    let volume: Option<NetworkStorage> = cloud.find(&GetObject { id }).await?;
    let is_volume = |volume: &NetworkStorage| {
        volume.nas_type.as_deref().is_none_or(|kind| kind == ISCSI) && is_live(volume)
    };
    match volume.filter(is_volume) {
        Some(volume) => ownership::by_id(cloud, &id.to_string(), volume).map(Some),
        None => Ok(None),
    }
}

/// Volumes that a filter keeps, without those that were cancelled.
pub(crate) async fn list(cloud: &SoftLayer, filter: &Filter) -> CloudResult<Vec<NetworkStorage>> {
    let all: Vec<NetworkStorage> = cloud.list(&account::GetIscsiNetworkStorage {}, filter).await?;
    Ok(all.into_iter().filter(is_live).collect())
}

/// The volume of an order; None while the order has not come so far. The order's id is ours, and the
/// volume must be that order's.
pub(crate) async fn of_order(cloud: &SoftLayer, order: u64) -> CloudResult<Option<OwnedVolume>> {
    let of_order = Filter::is("billingItem.orderItem.order.id", order);
    let volumes = list(cloud, &of_order).await?.into_iter();
    let mut volumes = volumes.filter(|volume| order_id(volume) == Some(order));
    match volumes.next() {
        Some(volume) => ownership::by_id(cloud, &volume.id.to_string(), volume).map(Some),
        None => Ok(None),
    }
}

/// The order by which a volume was bought.
pub(crate) fn order_id(volume: &NetworkStorage) -> Option<u64> {
    volume.billing_item.as_ref()?.order_item.as_ref()?.order.as_ref()?.id
}

/// Waits for the volume of an order.
pub(crate) async fn wait_for_order(
    cloud: &SoftLayer,
    order: u64,
    until: Deadline,
) -> CloudResult<OwnedVolume> {
    let begun = Instant::now();
    loop {
        if let Some(volume) = of_order(cloud, order).await? {
            return Ok(volume);
        }
        if !paused(begun.elapsed(), until).await {
            return Err(cloud_error(format!("order {order} has brought no volume in time")));
        }
    }
}

/// Waits until a volume is as `done` wants it, and nothing is being done to it.
pub(crate) async fn wait_until_settled(
    cloud: &SoftLayer,
    id: u64,
    what: &str,
    until: Deadline,
    done: impl Fn(&StorageProgress) -> bool,
) -> CloudResult<StorageProgress> {
    let idle = |volume: &StorageProgress| {
        volume.active_transaction_count.unwrap_or(0) == 0 && volume.active_transactions.is_empty()
    };
    let settled = |volume: StorageProgress| (idle(&volume) && done(&volume)).then_some(volume);
    cloud.wait_for(&GetObject { id }, what, until, settled).await
}

/// Cancels a volume.
pub(crate) async fn cancel(
    cloud: &SoftLayer,
    volume: &OwnedVolume,
    until: Deadline,
) -> CloudResult<()> {
    match &volume.billing_item {
        Some(item) => {
            billing_item::cancel(cloud, item.id, Cancellation::WithAssociated, until).await
        }
        None => Ok(()),
    }
}

/// Makes sure that a volume, which is ours by its id, is gone. Where a name is known of it, it must
/// still bear that.
pub(crate) async fn ensure_absent(
    cloud: &SoftLayer,
    id: u64,
    name: Option<&str>,
) -> CloudResult<Absence> {
    let Some(mut volume) = find(cloud, id).await? else { return Ok(Absence::MayAppear) };
    if let Some(name) = name {
        volume = ownership::by_id_and_name(cloud, &id.to_string(), name, (**volume).clone())?;
    }
    cancel(cloud, &volume, cloud.undo_deadline(Wait::DeleteDisk)).await?;
    Ok(Absence::Final)
}
