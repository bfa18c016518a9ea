//! The space for a disk's snapshots, which is bought.

use super::catalogue::{self, PACKAGE, Speed};
use super::ready;
use crate::SoftLayer;
use crate::connect::Answer;
use crate::properties::{Tier, Wait};
use crate::steps::{Intent, ended};
use cloud_http::Deadline;
use journal::{Absence, Operation};
use softlayer::api::product_order::{PlaceOrder, SNAPSHOT_SPACE, VerifyOrder};
use softlayer::api::{NetworkStorage, Order};

const CATEGORY: &str = "storage_snapshot_space";

/// How fast a volume is.
pub(crate) fn speed(volume: &NetworkStorage) -> Speed {
    match volume.storage_tier_level.as_deref().and_then(Tier::of_level) {
        Some(tier) => Speed::Tier(tier),
        None => Speed::Iops(volume.provisioned_iops),
    }
}

impl SoftLayer {
    /// Buys space for snapshots of a volume that has none, in percent of its size.
    pub(crate) async fn buy_space(
        &self,
        operation: &mut Operation<'_, Intent>,
        volume: &NetworkStorage,
        until: Deadline,
    ) -> Answer<()> {
        let form = self.space_form(volume).await?;
        let id = volume.id;
        self.call(&VerifyOrder { order: form.clone().into() }, until).await?;
        let place = PlaceOrder { order: form.into(), save_as_quote: false };
        let there = async |until| {
            let has_space = |it: &softlayer::api::StorageProgress| {
                it.snapshot_capacity_gb.is_some_and(|space| space > 0)
            };
            self.settled(id, "the space for its snapshots", until, has_space).await.map(drop)
        };
        operation
            .step(
                Intent::SnapshotSpace { disk: id.to_string() },
                async || match self.call(&place, until).await {
                    Ok(_) => ended(there(until).await),
                    Err(failure) => ended(Err(failure)),
                },
                async || there(self.undo_deadline(Wait::SnapshotDisk)).await.map(Some),
            )
            .await
    }

    async fn space_form(&self, volume: &NetworkStorage) -> Answer<Order> {
        let size = volume.capacity_gb.unwrap_or_default();
        let percent = u64::from(self.properties.storage.snapshot_space_percent);
        let wanted = (size * percent).div_ceil(100).max(1);
        let items = self.storage_items().await?;
        let (_, price) =
            catalogue::snapshot_space(&items, wanted, speed(volume)).ok_or_else(|| {
                ready(format!("no space for snapshots of {wanted} GB can be bought for this disk"))
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

    /// Undo: a disk has no more space for snapshots than before, which was none. Where snapshots
    /// are in it by now it stays, for they are somebody's.
    pub(crate) async fn no_space(&self, disk: u64) -> Answer<Absence> {
        let Some(volume) = self.volume(disk).await? else { return Ok(Absence::Final) };
        let children = volume.billing_item.iter().flat_map(|item| &item.active_children);
        let space = children.filter(|child| child.category_code.as_deref() == Some(CATEGORY));
        let Some(item) = space.map(|child| child.id).next() else { return Ok(Absence::MayAppear) };
        if !self.snapshots_of(disk).await?.is_empty() {
            return Ok(Absence::Final);
        }
        Box::pin(self.cancel(item, self.undo_deadline(Wait::DeleteDisk))).await?;
        Ok(Absence::Final)
    }
}
