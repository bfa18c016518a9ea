//! The space for a disk's snapshots, which is bought.

use super::billing_item::{self, Cancellation};
use super::{snapshot, volume};
use crate::api::step_outcome;
use crate::errors::{CloudResult, cloud_error};
use crate::intent::Intent;
use crate::lookup::catalogue::{self, PACKAGE};
use crate::properties::Wait;
use crate::session::SoftLayer;
use cloud_http::Deadline;
use journal::{Absence, Operation};
use softlayer::api::product_order::{PlaceOrder, SNAPSHOT_SPACE, VerifyOrder};
use softlayer::api::{NetworkStorage, Order};

const CATEGORY: &str = "storage_snapshot_space";

/// Buys space for snapshots of a volume that has none, in percent of its size.
pub(crate) async fn buy(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    volume: &NetworkStorage,
    until: Deadline,
) -> CloudResult<()> {
    let order = order(cloud, volume).await?;
    let id = volume.id;
    cloud.call(&VerifyOrder { order: order.clone().into() }, until).await?;
    let place = PlaceOrder { order: order.into(), save_as_quote: false };
    let bought = async |until| {
        let has_space = |it: &softlayer::api::StorageProgress| {
            it.snapshot_capacity_gb.is_some_and(|space| space > 0)
        };
        let what = "the space for its snapshots";
        volume::wait_until_settled(cloud, id, what, until, has_space).await.map(drop)
    };
    operation
        .step(
            Intent::SnapshotSpace { disk: id.to_string() },
            async || match cloud.call(&place, until).await {
                Ok(_) => step_outcome(bought(until).await),
                Err(failure) => step_outcome(Err(failure)),
            },
            async || bought(cloud.undo_deadline(Wait::SnapshotDisk)).await.map(Some),
        )
        .await
}

async fn order(cloud: &SoftLayer, volume: &NetworkStorage) -> CloudResult<Order> {
    let size = volume.capacity_gb.unwrap_or_default();
    let percent = u64::from(cloud.properties.storage.snapshot_space_percent);
    let wanted = (size * percent).div_ceil(100).max(1);
    let items = catalogue::items(cloud).await?;
    let speed = volume::speed(volume);
    let (_, price) = catalogue::snapshot_space(&items, wanted, speed).ok_or_else(|| {
        cloud_error(format!(
            "SoftLayer does not sell {wanted} GB of space for snapshots of this disk"
        ))
    })?;
    let billing = volume.billing_item.as_ref();
    let location = billing.and_then(|item| item.location.as_ref()).map(|place| place.id);
    let place = volume.service_resource.as_ref().and_then(|it| it.datacenter.as_ref());
    let location = location.or_else(|| place.and_then(|place| place.id));
    Ok(Order {
        complex_type: SNAPSHOT_SPACE.into(),
        package_id: Some(PACKAGE),
        location: location.map(|id| id.to_string()),
        quantity: Some(1),
        use_hourly_pricing: billing.and_then(|item| item.hourly_flag),
        prices: vec![price.into()],
        volume_id: Some(volume.id),
        ..Order::default()
    })
}

/// Makes sure that a disk has no more space for snapshots than before, which was none. Where
/// snapshots are in it by now it stays, for they are somebody's.
pub(crate) async fn ensure_absent(cloud: &SoftLayer, disk: u64) -> CloudResult<Absence> {
    let Some(volume) = volume::find(cloud, disk).await? else { return Ok(Absence::Final) };
    let children = volume.billing_item.iter().flat_map(|item| &item.active_children);
    let space = children.filter(|child| child.category_code.as_deref() == Some(CATEGORY));
    let Some(item) = space.map(|child| child.id).next() else { return Ok(Absence::MayAppear) };
    if !snapshot::list(cloud, disk).await?.is_empty() {
        return Ok(Absence::Final);
    }
    let until = cloud.undo_deadline(Wait::DeleteDisk);
    billing_item::cancel(cloud, item, Cancellation::WithAssociated, until).await?;
    Ok(Absence::Final)
}
