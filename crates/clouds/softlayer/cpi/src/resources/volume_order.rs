//! Ordering a volume: checked, placed, followed to its volume, and given its name.

use super::ownership::OwnedVolume;
use super::{lost_orders, volume};
use crate::api::step_outcome;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::{DiskOrder, Intent};
use crate::lookup::catalogue::{self, PACKAGE, Priced};
use crate::lookup::datacenter;
use crate::notes::Notes;
use crate::properties::{Speed, Wait};
use crate::session::SoftLayer;
use bosh_cpi::{CpiError, Result};
use cloud_http::Deadline;
use cpi_kit::Cacheable;
use journal::Operation;
use serde::{Deserialize, Serialize};
use softlayer::api::network_storage::{EditObject, StorageEdit};
use softlayer::api::product_order::{PlaceOrder, STORAGE, VerifyOrder};
use softlayer::api::{KeyName, Order};

/// What a volume of a size and speed costs, as an earlier call found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct VolumePrices {
    size: u64,
    iops: Option<u64>,
    prices: Vec<u64>,
}

impl Cacheable for VolumePrices {
    const NOUN: &'static str = "volume prices";
}

/// A volume as it is wanted.
pub(crate) struct VolumeSpec<'a> {
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

/// Orders a volume, and waits until it is there and has its name.
pub(crate) async fn create(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    spec: &VolumeSpec<'_>,
    until: Deadline,
) -> Result<OwnedVolume> {
    let tried = format!("creating a disk of {} GB in {}", spec.size, spec.datacenter);
    let path = format!("{}.datacenter", spec.path);
    let location = datacenter::id(cloud, spec.datacenter, &path).await?;
    let priced = priced(cloud, spec).await?;
    let order = DiskOrder {
        datacenter: spec.datacenter.to_owned(),
        size: priced.size,
        iops: priced.iops,
        tier: match spec.speed {
            Speed::Tier(tier) => Some(tier),
            Speed::Iops(_) => None,
        },
        hourly: spec.hourly,
    };
    let form = form(&order, &priced, location);
    let verify = VerifyOrder { order: form.clone().into() };
    let (before, verified) =
        tokio::join!(lost_orders::unnamed(cloud, &order), Box::pin(cloud.call(&verify, until)));
    if verified.is_err() {
        cloud.cache.forget(&[price_key(spec)]);
    }
    verified.during(Activity::CreateDisk, || &tried)?;
    let before =
        before.during(Activity::CreateDisk, || &tried)?.iter().map(|volume| volume.id).collect();
    let placed = place(cloud, operation, order, before, form, until).await;
    let order = placed.during(Activity::CreateDisk, || &tried)?;
    name_volume(cloud, operation, order, until).await.during(Activity::CreateDisk, || &tried)
}

/// Whether this user could order a volume there: by an order that is checked and not placed.
pub(crate) async fn check_permission(cloud: &SoftLayer, datacenter: &str) -> Result<()> {
    let path = "default_datacenter";
    let spec = VolumeSpec {
        datacenter,
        size: 20,
        speed: Speed::Iops(None),
        snapshot_space: None,
        hourly: cloud.properties.storage.hourly_billing,
        path,
    };
    let location = datacenter::id(cloud, datacenter, path).await?;
    let priced = priced(cloud, &spec).await?;
    let (datacenter, Priced { size, iops, .. }) = (datacenter.to_owned(), &priced);
    let order = DiskOrder { datacenter, size: *size, iops: *iops, tier: None, hourly: spec.hourly };
    let verify = VerifyOrder { order: form(&order, &priced, location).into() };
    let verified = Box::pin(cloud.call(&verify, cloud.deadline(Wait::Lookup))).await;
    verified.map(drop).during(Activity::Lookup, || "verifying an order for a disk")
}

/// Places the order: a step of which an unknown outcome is looked up, never sent again.
async fn place(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    order: DiskOrder,
    before: Vec<u64>,
    form: Order,
    until: Deadline,
) -> CloudResult<u64> {
    let name = cloud.names.disk(operation.id());
    let place = PlaceOrder { order: form.into(), save_as_quote: false };
    let target = Intent::Disk { name: name.clone(), order: order.clone(), before };
    let Intent::Disk { before, .. } = target.clone() else { unreachable!("it is one") };
    operation
        .step(
            target,
            async || step_outcome(cloud.call(&place, until).await.map(|receipt| receipt.order_id)),
            async || lost_orders::adopt(cloud, &name, &order, &before).await,
        )
        .await
}

/// Waits for the volume of an order, and writes our name on it.
async fn name_volume(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    order: u64,
    until: Deadline,
) -> CloudResult<OwnedVolume> {
    let name = cloud.names.disk(operation.id());
    let act = async || {
        let volume = volume::wait_for_order(cloud, order, until).await?;
        let notes = Some(Notes::named(&name).text());
        let edit = EditObject { id: volume.id, template: StorageEdit { notes } };
        cloud.call(&edit, until).await?;
        Ok(volume)
    };
    let target = Intent::DiskOfOrder { name: name.clone(), order };
    // Written twice, the notes are the same.
    operation.step(target, async || step_outcome(act().await), async || act().await.map(Some)).await
}

/// What the volume costs; remembered, since the catalogue is long and seldom changes.
async fn priced(cloud: &SoftLayer, spec: &VolumeSpec<'_>) -> Result<Priced> {
    let key = price_key(spec);
    if let Some(VolumePrices { size, iops, prices }) = cloud.cache.get(&key) {
        return Ok(Priced { size, iops, prices });
    }
    let items = catalogue::items(cloud).await;
    let items = items.during(Activity::Lookup, || "reading the catalogue of block storage")?;
    let mut priced = catalogue::volume(&items, spec.size, spec.speed, spec.path)?;
    if let Some(wanted) = spec.snapshot_space.filter(|wanted| *wanted > 0) {
        let speed = match spec.speed {
            Speed::Iops(_) => Speed::Iops(priced.iops),
            tier => tier,
        };
        let (_, price) = catalogue::snapshot_space(&items, wanted, speed).ok_or_else(|| {
            CpiError::cloud(format!(
                "{}.snapshot_space: SoftLayer does not sell {wanted} GB for a volume of that kind",
                spec.path
            ))
        })?;
        priced.prices.push(price);
    }
    let Priced { size, iops, prices } = priced.clone();
    cloud.cache.put(&key, &VolumePrices { size, iops, prices });
    Ok(priced)
}

fn price_key(spec: &VolumeSpec<'_>) -> String {
    let VolumeSpec { size, speed, snapshot_space, .. } = spec;
    format!("{}\n{size} {speed:?} {snapshot_space:?}", VolumePrices::NOUN)
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
