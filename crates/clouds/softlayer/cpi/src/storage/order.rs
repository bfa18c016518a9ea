//! Ordering a volume: checked, placed, followed to its volume, and given its name.

use super::catalogue::{self, PACKAGE, Priced, Speed};
use crate::SoftLayer;
use crate::connect::Answer;
use crate::errors::{self, Activity};
use crate::notes::Notes;
use crate::properties::{Tier, Wait};
use crate::steps::{Intent, ended};
use bosh_cpi::Result;
use cloud_http::Deadline;
use cpi_kit::Cacheable;
use journal::Operation;
use serde::{Deserialize, Serialize};
use softlayer::api::network_storage::{EditObject, StorageEdit};
use softlayer::api::product_order::{KeyName, PlaceOrder, STORAGE, VerifyOrder};
use softlayer::api::{NetworkStorage, Order};

/// A volume as it is ordered: what tells it from volumes of other orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskOrder {
    /// The data center's name.
    pub datacenter: String,
    /// In GB.
    pub size: u64,
    /// Of a performance volume.
    pub iops: Option<u64>,
    /// Of an endurance volume.
    pub tier: Option<Tier>,
    /// Whether it is billed by the hour.
    pub hourly: bool,
}

/// What a volume of a size and speed costs, as an earlier call found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PriceRow {
    size: u64,
    iops: Option<u64>,
    prices: Vec<u64>,
}

impl Cacheable for PriceRow {
    const NOUN: &'static str = "volume prices";
}

/// What create_disk wants.
pub(crate) struct Wish<'a> {
    pub(crate) datacenter: &'a str,
    /// In GB.
    pub(crate) size: u64,
    pub(crate) speed: Speed,
    /// Space for snapshots to buy at once, in GB.
    pub(crate) snapshot_space: Option<u64>,
    pub(crate) hourly: bool,
    /// Where its properties stand, for errors.
    pub(crate) path: &'a str,
}

impl DiskOrder {
    /// Whether a volume could be the one that was ordered.
    pub(crate) fn fits(&self, volume: &NetworkStorage) -> bool {
        let hourly = volume.billing_item.as_ref().and_then(|item| item.hourly_flag);
        let tier = volume.storage_tier_level.as_deref().and_then(Tier::of_level);
        let speed = match self.tier {
            Some(wanted) => tier == Some(wanted),
            None => tier.is_none() && volume.provisioned_iops == self.iops,
        };
        volume.capacity_gb == Some(self.size)
            && super::datacenter(volume) == Some(&self.datacenter)
            && speed
            && hourly.unwrap_or(self.hourly) == self.hourly
    }
}

impl SoftLayer {
    /// Orders a volume, and waits until it is there and has its name.
    pub(crate) async fn make_volume(
        &self,
        operation: &mut Operation<'_, Intent>,
        wish: &Wish<'_>,
        until: Deadline,
    ) -> Result<NetworkStorage> {
        let failed = |failure| {
            let tried = format!("creating a disk of {} GB in {}", wish.size, wish.datacenter);
            errors::answer(Activity::CreateDisk, tried, failure)
        };
        let path = format!("{}.datacenter", wish.path);
        let location = self.datacenter_id(wish.datacenter, &path).await?;
        let priced = self.priced(wish).await?;
        let order = DiskOrder {
            datacenter: wish.datacenter.to_owned(),
            size: priced.size,
            iops: priced.iops,
            tier: match wish.speed {
                Speed::Tier(tier) => Some(tier),
                Speed::Iops(_) => None,
            },
            hourly: wish.hourly,
        };
        let form = form(&order, &priced, location);
        let verify = VerifyOrder { order: form.clone().into() };
        let (before, verified) =
            tokio::join!(self.unnamed(&order), Box::pin(self.call(&verify, until)));
        if let Err(failure) = verified {
            self.cache.forget(&[price_key(wish)]);
            return Err(failed(failure));
        }
        let before = before.map_err(failed)?.iter().map(|volume| volume.id).collect();
        let placed = self.place_volume(operation, order, before, form, until).await;
        let order = placed.map_err(failed)?;
        self.name_volume(operation, order, until).await.map_err(failed)
    }

    /// Whether this user could order a volume there: by an order that is checked and not placed.
    pub(crate) async fn may_order_volumes(&self, datacenter: &str) -> Result<()> {
        let path = "default_datacenter";
        let wish = Wish {
            datacenter,
            size: 20,
            speed: Speed::Iops(None),
            snapshot_space: None,
            hourly: self.properties.storage.hourly_billing,
            path,
        };
        let location = self.datacenter_id(datacenter, path).await?;
        let priced = self.priced(&wish).await?;
        let (datacenter, Priced { size, iops, .. }) = (datacenter.to_owned(), &priced);
        let order =
            DiskOrder { datacenter, size: *size, iops: *iops, tier: None, hourly: wish.hourly };
        let verify = VerifyOrder { order: form(&order, &priced, location).into() };
        let verified = Box::pin(self.call(&verify, self.deadline(Wait::Lookup))).await;
        verified.map(drop).map_err(|failure| {
            errors::answer(Activity::Lookup, "verifying an order for a disk", failure)
        })
    }

    /// Places the order: a step of which an unknown outcome is looked up, never sent again.
    async fn place_volume(
        &self,
        operation: &mut Operation<'_, Intent>,
        order: DiskOrder,
        before: Vec<u64>,
        form: Order,
        until: Deadline,
    ) -> Answer<u64> {
        let name = self.names.disk(operation.id());
        let place = PlaceOrder { order: form.into(), save_as_quote: false };
        let target = Intent::Disk { name: name.clone(), order: order.clone(), before };
        let Intent::Disk { before, .. } = target.clone() else { unreachable!("it is one") };
        operation
            .step(
                target,
                async || ended(self.call(&place, until).await.map(|receipt| receipt.order_id)),
                async || self.adopted(&name, &order, &before).await,
            )
            .await
    }

    /// Waits for the volume of an order, and writes our name on it.
    async fn name_volume(
        &self,
        operation: &mut Operation<'_, Intent>,
        order: u64,
        until: Deadline,
    ) -> Answer<NetworkStorage> {
        let name = self.names.disk(operation.id());
        let act = async || {
            let volume = self.wait_for_volume_of(order, until).await?;
            let notes = Some(Notes::named(&name).text());
            let edit = EditObject { id: volume.id, template: StorageEdit { notes } };
            self.call(&edit, until).await?;
            Ok(volume)
        };
        let target = Intent::DiskOfOrder { name: name.clone(), order };
        // Written twice, the notes are the same.
        operation.step(target, async || ended(act().await), async || act().await.map(Some)).await
    }

    /// What the volume costs; remembered, since the catalogue is long and seldom changes.
    async fn priced(&self, wish: &Wish<'_>) -> Result<Priced> {
        let key = price_key(wish);
        if let Some(PriceRow { size, iops, prices }) = self.cache.get(&key) {
            return Ok(Priced { size, iops, prices });
        }
        let items = self.storage_items().await.map_err(|failure| {
            errors::answer(Activity::Lookup, "reading the catalogue of block storage", failure)
        })?;
        let mut priced = catalogue::volume(&items, wish.size, wish.speed, wish.path)?;
        if let Some(wanted) = wish.snapshot_space.filter(|wanted| *wanted > 0) {
            let speed = match wish.speed {
                Speed::Iops(_) => Speed::Iops(priced.iops),
                tier => tier,
            };
            let (_, price) = catalogue::snapshot_space(&items, wanted, speed).ok_or_else(|| {
                bosh_cpi::CpiError::cloud(format!(
                    "{}.snapshot_space: no volume of that kind can have {wanted} GB",
                    wish.path
                ))
            })?;
            priced.prices.push(price);
        }
        let Priced { size, iops, prices } = priced.clone();
        self.cache.put(&key, &PriceRow { size, iops, prices });
        Ok(priced)
    }
}

fn price_key(wish: &Wish<'_>) -> String {
    let Wish { size, speed, snapshot_space, .. } = wish;
    format!("{}\n{size} {speed:?} {snapshot_space:?}", PriceRow::NOUN)
}

fn form(order: &DiskOrder, priced: &Priced, location: u64) -> Order {
    Order {
        complex_type: STORAGE.into(),
        package_id: Some(PACKAGE),
        location: Some(location.to_string()),
        quantity: Some(1),
        use_hourly_pricing: Some(order.hourly),
        prices: priced.prices.iter().map(|id| (*id).into()).collect(),
        os_format_type: Some(KeyName { key_name: "LINUX".into() }),
        volume_size: Some(order.size),
        iops: order.iops,
        ..Order::default()
    }
}
