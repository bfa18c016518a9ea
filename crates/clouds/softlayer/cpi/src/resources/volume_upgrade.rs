//! Changing a volume's size or speed where it is, by an upgrade order.

use super::volume;
use crate::api::step_outcome;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::lookup::catalogue::{self, PACKAGE};
use crate::properties::{Speed, Wait};
use crate::session::SoftLayer;
use bosh_cpi::{CpiError, Result};
use cloud_http::Deadline;
use cpi_kit::Provider;
use softlayer::api::product_order::{PlaceOrder, STORAGE_UPGRADE, VerifyOrder};
use softlayer::api::{NetworkStorage, Order, StorageProgress};

/// Volumes of this version, and later ones, can be changed where they are.
const FIRST_VERSION: u64 = 2;

/// What a disk is to become.
pub(crate) struct Change<'a> {
    /// In GB.
    pub(crate) size: u64,
    pub(crate) speed: Speed,
    /// For errors.
    pub(crate) tried: &'a str,
}

impl Change<'_> {
    pub(crate) fn is_done(&self, volume: &NetworkStorage) -> bool {
        volume.capacity_gb == Some(self.size) && volume::speed(volume) == self.speed
    }
}

/// Changes a volume by an upgrade order, and waits until it is as wanted.
pub(crate) async fn change(
    cloud: &SoftLayer,
    method: &str,
    volume: &NetworkStorage,
    wanted: &Change<'_>,
) -> Result<()> {
    check_kind(volume, wanted.tried)?;
    let id = volume.id;
    cloud.wait_for_earlier_calls_on(&id.to_string()).await?;
    let until = cloud.deadline(Wait::ResizeDisk);
    let form = form(cloud, volume, wanted).await?;
    let (size, iops) = (wanted.size, form.iops);
    cloud
        .call(&VerifyOrder { order: form.clone().into() }, until)
        .await
        .during(Activity::ResizeDisk, || wanted.tried)?;
    let place = PlaceOrder { order: form.into(), save_as_quote: false };
    let is_done = move |it: &StorageProgress| {
        it.capacity_gb == Some(size) && (iops.is_none() || it.provisioned_iops == iops)
    };
    let changed = async |until: Deadline| -> CloudResult<()> {
        volume::wait_until_settled(cloud, id, "the volume's new size and speed", until, is_done)
            .await
            .map(drop)
    };
    cloud
        .operation(method, async |operation| {
            let done = operation.step(
                Intent::change(method, id),
                async || match cloud.call(&place, until).await {
                    Ok(_) => step_outcome(changed(until).await),
                    Err(failure) => step_outcome(Err(failure)),
                },
                // An order whose answer was lost shows in what it does. It is not sent again.
                async || changed(until).await.map(Some),
            );
            done.await.during(Activity::ResizeDisk, || wanted.tried)?;
            Ok(((), None))
        })
        .await
}

async fn form(cloud: &SoftLayer, volume: &NetworkStorage, wanted: &Change<'_>) -> Result<Order> {
    let items = catalogue::items(cloud).await;
    let items = items.during(Activity::Lookup, || "reading the catalogue of block storage")?;
    let priced = catalogue::upgrade(&items, wanted.size, wanted.speed, wanted.tried);
    // A larger volume may need more IOPS than it has.
    let priced = match (priced, wanted.speed) {
        (Err(_), Speed::Iops(Some(_))) if wanted.speed == volume::speed(volume) => {
            catalogue::upgrade(&items, wanted.size, Speed::Iops(None), wanted.tried)?
        }
        (priced, _) => priced?,
    };
    Ok(Order {
        complex_type: STORAGE_UPGRADE.into(),
        package_id: Some(PACKAGE),
        prices: priced.prices.iter().map(|id| (*id).into()).collect(),
        volume: Some(volume.id.into()),
        volume_size: Some(wanted.size),
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
