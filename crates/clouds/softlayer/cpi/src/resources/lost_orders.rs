//! Volumes of orders whose answer was lost.
//!
//! An order for a volume has no field for a name of ours, and its answer, which alone tells its
//! id, may be lost. A volume gets our name in its notes as soon as its order's id is known, so
//! what a lost order has made is a volume *without* notes. It is taken for ours only if
//!
//! - it is of the data center, size, speed and billing that were ordered;
//! - it was not there when the order was about to be placed (the ids of all volumes like it that
//!   were there without notes stand in the journal beside the intent, so that no clock is asked);
//! - its order was placed by this very API user;
//! - its order is not the known order of another of our operations; and
//! - there are not more such volumes than there are orders of ours that were lost.
//!
//! While another process of this journal is between placing such an order and its answer, nobody
//! can tell, so that one waits. Where one volume too many is there, nothing is cancelled: a
//! person is told. So nothing that a person or another user has ordered is ever cancelled, and
//! nothing that we have ordered is forgotten: it stays in the journal until it is gone. What
//! remains is a volume that somebody orders with the API user of the CPI, like ours in every
//! respect, in the seconds in which an answer is lost: give the CPI a user of its own.

use super::ownership::{self, OwnedVolume};
use super::{billing_item, volume};
use crate::errors::{CloudResult, cloud_error};
use crate::intent::{DiskOrder, Intent};
use crate::notes::Notes;
use crate::properties::{Tier, Wait};
use crate::session::SoftLayer;
use cloud_http::{Deadline, paused};
use cpi_kit::Provider;
use journal::{Absence, OperationId, OperationState};
use softlayer::Filter;
use softlayer::api::product_order::GetBillingOrder;
use softlayer::api::{BilledOrder, BillingOrder, NetworkStorage, account};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long a volume is looked for at most when the answer to its order was lost. The journal looks
/// further.
const LONGEST_SEARCH: Duration = Duration::from_secs(10);

/// The category by which a volume is billed.
const SERVICE: &str = "storage_as_a_service";

/// A part of the state of an order that has still to be approved.
const PENDING: &str = "PENDING";

/// What the journal tells of orders like one of ours.
#[derive(Default)]
struct Claims {
    /// Orders whose volumes are known to be other operations'.
    orders: BTreeSet<u64>,
    /// How many operations, ours among them, have lost the answer to such an order.
    lost: usize,
    /// One that may be placing such an order right now.
    live: Option<OperationId>,
}

/// Volumes like this one that nobody has given a name.
pub(crate) async fn unnamed(
    cloud: &SoftLayer,
    order: &DiskOrder,
) -> CloudResult<Vec<NetworkStorage>> {
    let alike = Filter::is("capacityGb", order.size);
    let mut volumes = volume::list(cloud, &alike).await?;
    volumes.retain(|volume| fits(order, volume) && Notes::read(volume.notes.as_deref()).is_empty());
    volumes.sort_by_key(|volume| volume.id);
    Ok(volumes)
}

/// The order that was placed although its answer was lost; None if none was (yet).
pub(crate) async fn adopt(
    cloud: &SoftLayer,
    name: &str,
    order: &DiskOrder,
    before: &[u64],
) -> CloudResult<Option<u64>> {
    let until = Deadline::after(LONGEST_SEARCH.min(cloud.journal().patience().horizon));
    let begun = Instant::now();
    loop {
        let lost = lost_volumes(cloud, name, order, before).await?;
        if let Some(order) = lost.first().and_then(|volume| volume::order_id(volume)) {
            return Ok(Some(order));
        }
        // An order is approved a while after it was placed.
        if !paused(begun.elapsed(), until).await {
            return Ok(None);
        }
    }
}

/// Makes sure that nothing is left of an order for a volume.
pub(crate) async fn ensure_absent(
    cloud: &SoftLayer,
    name: &str,
    order: &DiskOrder,
    before: &[u64],
) -> CloudResult<Absence> {
    if is_order_known(cloud, name).await? {
        return Ok(Absence::Final); // its own step takes care of it
    }
    let until = cloud.undo_deadline(Wait::DeleteDisk);
    let mut volumes = list_by_name(cloud, name).await?;
    if volumes.is_empty() {
        volumes = lost_volumes(cloud, name, order, before).await?;
        volumes.truncate(1);
    }
    for volume in &volumes {
        volume::cancel(cloud, volume, until).await?;
    }
    Ok(if volumes.is_empty() { Absence::MayAppear } else { Absence::Final })
}

/// Makes sure that nothing is left of the volume of an order. One that still waits for its approval is
/// waited for, however long that takes.
pub(crate) async fn ensure_volume_of_order_absent(
    cloud: &SoftLayer,
    order: u64,
) -> CloudResult<Absence> {
    if let Some(volume) = volume::of_order(cloud, order).await? {
        volume::cancel(cloud, &volume, cloud.undo_deadline(Wait::DeleteDisk)).await?;
        return Ok(Absence::Final);
    }
    let found: Option<BilledOrder> = cloud.find(&GetBillingOrder { id: order }).await?;
    let Some(found) = found.filter(|found| found.id == order) else {
        return Ok(Absence::MayAppear);
    };
    match found.status.as_deref() {
        Some(status) if status.contains(PENDING) => Err(cloud_error(format!(
            "order {order} is {status}: its volume is cancelled once it is there"
        ))),
        // A list that shows no volume is not believed while something of the order is billed.
        _ if billing_item::of_order(&found, SERVICE).is_some() => Err(cloud_error(format!(
            "the volume of order {order} is billed, and not listed: it is cancelled once it is"
        ))),
        _ => Ok(Absence::MayAppear),
    }
}

/// Volumes with this name in their notes.
async fn list_by_name(cloud: &SoftLayer, name: &str) -> CloudResult<Vec<OwnedVolume>> {
    let volumes = volume::list(cloud, &Filter::contains("notes", name)).await?;
    ownership::by_name(cloud, name, volumes).await
}

/// The volumes that are of lost orders of ours; see the module's words for why.
async fn lost_volumes(
    cloud: &SoftLayer,
    name: &str,
    order: &DiskOrder,
    before: &[u64],
) -> CloudResult<Vec<OwnedVolume>> {
    let mut volumes = unnamed(cloud, order).await?;
    volumes.retain(|volume| !before.contains(&volume.id));
    if volumes.is_empty() {
        return Ok(Vec::new());
    }
    let claims = claims(cloud, name, order).await?;
    volumes
        .retain(|volume| volume::order_id(volume).is_some_and(|id| !claims.orders.contains(&id)));
    let mut own = Vec::new();
    for volume in volumes {
        if is_own_order(cloud, &volume).await? {
            own.push(volume);
        }
    }
    if own.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(live) = claims.live {
        return Err(cloud_error(format!(
            "operation {live} may be ordering the same kind of disk right now: whose a volume \
             is will be known when it has ended"
        )));
    }
    if own.len() > claims.lost {
        let ids: Vec<_> = own.iter().map(|volume| volume.id.to_string()).collect();
        return Err(cloud_error(format!(
            "volumes {} are all like the one whose order was lost: none is touched; write \
             anything into the notes of those that are not the CPI's",
            ids.join(", ")
        )));
    }
    let mut owned = Vec::new();
    for volume in own {
        // What was listed is looked at once more: it must be as it was, by its id.
        let fresh = volume::find(cloud, volume.id).await?;
        let still = |it: &OwnedVolume| {
            fits(order, it)
                && Notes::read(it.notes.as_deref()).is_empty()
                && volume::order_id(it) == volume::order_id(&volume)
        };
        owned.extend(fresh.filter(still));
    }
    Ok(owned)
}

/// Whether the operation that gave this name has learned its order's id.
async fn is_order_known(cloud: &SoftLayer, name: &str) -> CloudResult<bool> {
    let Some(ours) = cloud.names.parse(name) else { return Ok(false) };
    let steps = cloud.ledger().await?.steps(ours.operation).await?;
    let mut targets = steps.iter().map(|step| serde_json::from_str(&step.target));
    Ok(targets.any(|target| matches!(target, Ok(Intent::DiskOfOrder { .. }))))
}

/// What other operations of this journal have to do with orders like this one.
async fn claims(cloud: &SoftLayer, name: &str, order: &DiskOrder) -> CloudResult<Claims> {
    let journal = cloud.ledger().await?;
    let mut claims = Claims { lost: 1, ..Claims::default() };
    for row in journal.operations().await? {
        let own = cloud.names.disk(row.id) == name;
        let mut placed = None;
        let mut known = None;
        for step in journal.steps(row.id).await? {
            match serde_json::from_str(&step.target) {
                Ok(Intent::Disk { order, .. }) => placed = Some(order),
                Ok(Intent::DiskOfOrder { order, .. }) => known = Some(order),
                _ => {}
            }
        }
        if let Some(known) = known.filter(|_| !own) {
            claims.orders.insert(known);
        } else if placed.as_ref() == Some(order) && !own && row.state.is_unfinished() {
            match row.state == OperationState::Open && journal.is_live(row.id).await? {
                true => claims.live = Some(row.id),
                false => claims.lost += 1,
            }
        }
    }
    Ok(claims)
}

/// Whether this API user has placed a volume's order.
async fn is_own_order(cloud: &SoftLayer, volume: &NetworkStorage) -> CloudResult<bool> {
    let Some(id) = volume::order_id(volume) else { return Ok(false) };
    let order: Option<BillingOrder> = cloud.find(&GetBillingOrder { id }).await?;
    let Some(buyer) = order.and_then(|order| order.user_record) else { return Ok(false) };
    let until = cloud.deadline(Wait::Lookup);
    let user = cloud.call(&account::GetCurrentUser {}, until).await?;
    Ok(buyer.id == Some(user.id))
}

/// Whether a volume could be the one that was ordered.
fn fits(order: &DiskOrder, volume: &NetworkStorage) -> bool {
    let hourly = volume.billing_item.as_ref().and_then(|item| item.hourly_flag);
    let tier = volume.storage_tier_level.as_deref().and_then(Tier::of_level);
    let speed = match order.tier {
        Some(wanted) => tier == Some(wanted),
        None => tier.is_none() && volume.provisioned_iops == order.iops,
    };
    volume.capacity_gb == Some(order.size)
        && volume::datacenter(volume) == Some(&order.datacenter)
        && speed
        && hourly.unwrap_or(order.hourly) == order.hourly
}
