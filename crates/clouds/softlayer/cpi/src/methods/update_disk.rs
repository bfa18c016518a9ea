//! `update_disk`: gives a volume other IOPS, another tier or another size where it is, by an
//! upgrade order. What SoftLayer does not do in place is NotSupported, so that the director
//! makes a new disk and copies.

use super::create_disk;
use crate::SoftLayer;
use crate::cids::{disk_id, no_disk};
use crate::connect::Answer;
use crate::errors::{self, Activity};
use crate::properties::{self, DiskProperties, Wait, given};
use crate::steps::{Intent, ended};
use crate::storage::catalogue::{self, PACKAGE, Speed};
use crate::storage::{datacenter, speed};
use bosh_cpi::method::UpdateDisk;
use bosh_cpi::{CpiError, DiskCid, Result};
use cloud_http::Deadline;
use cpi_kit::Provider;
use softlayer::api::product_order::{PlaceOrder, STORAGE_UPGRADE, VerifyOrder};
use softlayer::api::{NetworkStorage, Order, StorageProgress};

/// Volumes of this version, and later ones, can be changed where they are.
const FIRST_VERSION: u64 = 2;

pub(crate) async fn run(cloud: &SoftLayer, call: UpdateDisk) -> Result<Option<DiskCid>> {
    let cid = &call.disk_cid;
    let tried = format!("updating disk {cid}");
    let failed = |failure| errors::answer(Activity::ResizeDisk, &tried, failure);
    let path = call.cloud_properties.path().to_owned();
    let wanted: DiskProperties = properties::read(&call.cloud_properties, cloud.properties.strict)?;
    let id = disk_id(cid).ok_or_else(|| no_disk(cid))?;
    let volume = cloud.volume(id).await.map_err(failed)?.ok_or_else(|| no_disk(cid))?;
    check_place(&volume, &wanted, &path)?;
    let has = volume.capacity_gb.unwrap_or_default();
    let size = call.size.ceil_gib().0;
    if size < has && !is_smallest(&volume, size) {
        let message = format!("{tried}: it has {has} GB, and no disk can be made smaller");
        return Err(CpiError::not_supported(message));
    }
    let speed = match (create_disk::speed(&wanted, &path)?, speed(&volume)) {
        (Speed::Tier(_), Speed::Iops(_)) | (Speed::Iops(_), Speed::Tier(_)) => {
            let message =
                format!("{tried}: a tier does not become IOPS, nor IOPS a tier, in place");
            return Err(CpiError::not_supported(message));
        }
        // Whoever says nothing keeps what is there.
        (Speed::Iops(None), there) => there,
        (wanted, _) => wanted,
    };
    let change = Change { size: size.max(has), speed, tried: &tried };
    if !change.is_done(&volume) {
        make(cloud, "update_disk", &volume, &change).await?;
    }
    Ok(Some(call.disk_cid))
}

/// What a disk is to become.
pub(super) struct Change<'a> {
    /// In GB.
    pub(super) size: u64,
    pub(super) speed: Speed,
    /// For errors.
    pub(super) tried: &'a str,
}

impl Change<'_> {
    fn is_done(&self, volume: &NetworkStorage) -> bool {
        volume.capacity_gb == Some(self.size) && speed(volume) == self.speed
    }
}

/// Changes a volume by an upgrade order, and waits until it is as wanted.
pub(super) async fn make(
    cloud: &SoftLayer,
    method: &str,
    volume: &NetworkStorage,
    change: &Change<'_>,
) -> Result<()> {
    let failed = |failure| errors::answer(Activity::ResizeDisk, change.tried, failure);
    check_kind(volume, change.tried)?;
    let id = volume.id;
    cloud.wait_for_earlier_calls_on(&id.to_string()).await?;
    let until = cloud.deadline(Wait::ResizeDisk);
    let form = form(cloud, volume, change).await?;
    let (size, iops) = (change.size, form.iops);
    cloud.call(&VerifyOrder { order: form.clone().into() }, until).await.map_err(failed)?;
    let place = PlaceOrder { order: form.into(), save_as_quote: false };
    let is_done = move |it: &StorageProgress| {
        it.capacity_gb == Some(size) && (iops.is_none() || it.provisioned_iops == iops)
    };
    let changed = async |until: Deadline| -> Answer<()> {
        cloud.settled(id, "the volume's new size and speed", until, is_done).await.map(drop)
    };
    cloud
        .operation(method, async |operation| {
            let done = operation.step(
                Intent::change(method, id),
                async || match cloud.call(&place, until).await {
                    Ok(_) => ended(changed(until).await),
                    Err(failure) => ended(Err(failure)),
                },
                // An order whose answer was lost shows in what it does. It is not sent again.
                async || changed(until).await.map(Some),
            );
            done.await.map_err(failed)?;
            Ok(((), None))
        })
        .await
}

async fn form(cloud: &SoftLayer, volume: &NetworkStorage, change: &Change<'_>) -> Result<Order> {
    let items = cloud.storage_items().await.map_err(|failure| {
        errors::answer(Activity::Lookup, "reading the catalogue of block storage", failure)
    })?;
    let priced = catalogue::upgrade(&items, change.size, change.speed, change.tried);
    // A larger volume may need more IOPS than it has.
    let priced = match (priced, change.speed) {
        (Err(_), Speed::Iops(Some(_))) if change.speed == speed(volume) => {
            catalogue::upgrade(&items, change.size, Speed::Iops(None), change.tried)?
        }
        (priced, _) => priced?,
    };
    Ok(Order {
        complex_type: STORAGE_UPGRADE.into(),
        package_id: Some(PACKAGE),
        prices: priced.prices.iter().map(|id| (*id).into()).collect(),
        volume: Some(volume.id.into()),
        volume_size: Some(change.size),
        iops: priced.iops,
        ..Order::default()
    })
}

/// Whether SoftLayer changes such a volume in place.
fn check_kind(volume: &NetworkStorage, tried: &str) -> Result<()> {
    let is_new = volume.staas_version.is_some_and(|version| version >= FIRST_VERSION);
    if is_new && volume.has_encryption_at_rest == Some(true) {
        return Ok(());
    }
    Err(CpiError::not_supported(format!(
        "{tried}: SoftLayer changes encrypted volumes of storage as a service version \
         {FIRST_VERSION} only; the director copies this one to a new disk instead"
    )))
}

/// A volume does not move to another data center.
fn check_place(volume: &NetworkStorage, wanted: &DiskProperties, path: &str) -> Result<()> {
    match (given(&wanted.datacenter), datacenter(volume)) {
        (Some(wanted), Some(there)) if wanted != there => Err(CpiError::not_supported(format!(
            "{path}.datacenter: '{wanted}', but the disk is in {there}"
        ))),
        _ => Ok(()),
    }
}

/// Whether a volume is larger than it was asked for only because there are no smaller ones.
fn is_smallest(volume: &NetworkStorage, wanted: u64) -> bool {
    const LEAST: u64 = 20;
    matches!(speed(volume), Speed::Iops(_)) && volume.capacity_gb == Some(LEAST) && wanted < LEAST
}
