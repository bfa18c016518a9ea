//! Persistent disks: iSCSI volumes of block storage as a service.
//!
//! A volume is ordered, and an order has no name of ours: see [`lost`] for how one whose answer
//! was lost is found again, and why nothing foreign is ever taken for it.

pub(crate) mod catalogue;
mod lost;
mod order;
mod space;

pub use order::DiskOrder;
pub(crate) use order::Wish;
pub(crate) use space::speed;

use crate::SoftLayer;
use crate::cids::Machine;
use crate::connect::Answer;
use crate::errors::{self, Activity, Failure};
use bosh_cpi::{CpiError, Result};
use catalogue::PACKAGE;
use cloud_http::{Deadline, paused};
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};
use softlayer::api::network_storage::{GetObject, StorageProgress};
use softlayer::api::product_package::GetItems;
use softlayer::api::{Datacenter, NetworkStorage, ProductItem, account, billing, location};
use softlayer::phrases::NO_BILLING_ITEM;
use softlayer::{Code, Filter};
use std::time::Instant;

/// What a volume says while somebody else works on it, or while it is still being made.
pub(crate) const NOT_YET: &[Code] = &[Code::BlockingOperationInProgress, Code::AccessControlError];

const ISCSI: &str = "ISCSI";

/// A data center's id, by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct DatacenterRow {
    id: u64,
}

impl Cacheable for DatacenterRow {
    const NOUN: &'static str = "datacenter";
}

/// Whether a volume is more than something that waits to be reclaimed.
pub(crate) fn is_there(volume: &NetworkStorage) -> bool {
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

impl SoftLayer {
    /// A volume; None if there is none of this id, or one that was cancelled.
    pub(crate) async fn volume(&self, id: u64) -> Answer<Option<NetworkStorage>> {
        let volume: Option<NetworkStorage> = self.find(&GetObject { id }).await?;
        let is_volume = |volume: &NetworkStorage| {
            volume.nas_type.as_deref().is_none_or(|kind| kind == ISCSI) && is_there(volume)
        };
        Ok(volume.filter(is_volume))
    }

    /// Volumes that a filter keeps, without those that were cancelled.
    pub(crate) async fn volumes(&self, filter: &Filter) -> Answer<Vec<NetworkStorage>> {
        let all: Vec<NetworkStorage> =
            self.list(&account::GetIscsiNetworkStorage {}, filter).await?;
        Ok(all.into_iter().filter(is_there).collect())
    }

    /// The volume of an order; None while the order has not come so far.
    pub(crate) async fn volume_of_order(&self, order: u64) -> Answer<Option<NetworkStorage>> {
        let of_order = Filter::is("billingItem.orderItem.order.id", order);
        Ok(self.volumes(&of_order).await?.into_iter().next())
    }

    /// Waits for the volume of an order.
    async fn wait_for_volume_of(&self, order: u64, until: Deadline) -> Answer<NetworkStorage> {
        let begun = Instant::now();
        loop {
            if let Some(volume) = self.volume_of_order(order).await? {
                return Ok(volume);
            }
            if !paused(begun.elapsed(), until).await {
                let message = format!("order {order} has brought no volume in time");
                return Err(CpiError::cloud(message).into());
            }
        }
    }

    /// Waits until a volume is as `done` wants it, and nothing is being done to it.
    pub(crate) async fn settled(
        &self,
        id: u64,
        what: &str,
        until: Deadline,
        done: impl Fn(&StorageProgress) -> bool,
    ) -> Answer<StorageProgress> {
        let idle = |volume: &StorageProgress| {
            volume.active_transaction_count.unwrap_or(0) == 0
                && volume.active_transactions.is_empty()
        };
        let settled = |volume: StorageProgress| (idle(&volume) && done(&volume)).then_some(volume);
        self.wait_for(&GetObject { id }, what, until, settled).await
    }

    /// The id of a data center. `path` is where its name stands, for errors.
    pub(crate) async fn datacenter_id(&self, name: &str, path: &str) -> Result<u64> {
        let key = format!("{}\n{name}", DatacenterRow::NOUN);
        if let Some(row) = self.cache.get::<DatacenterRow>(&key) {
            return Ok(row.id);
        }
        let filter = Filter::is("name", name);
        let found = self.list::<Datacenter, _>(&location::GetDatacenters {}, &filter).await;
        let found = found.map_err(|failure| {
            errors::answer(Activity::Lookup, format!("{path}: looking up '{name}'"), failure)
        })?;
        let id = found
            .into_iter()
            .find_map(|place| place.id)
            .ok_or_else(|| CpiError::cloud(format!("{path}: there is no data center '{name}'")))?;
        self.cache.put(&key, &DatacenterRow { id });
        Ok(id)
    }

    /// The catalogue of storage.
    pub(crate) async fn storage_items(&self) -> Answer<Vec<ProductItem>> {
        self.list(&GetItems { id: PACKAGE }, &Filter::everything()).await
    }

    /// Cancels what is billed, now, with what belongs to it. What was cancelled is as it should
    /// be.
    pub(crate) async fn cancel(&self, item: u64, until: Deadline) -> Answer<()> {
        let cancel = billing::CancelItem {
            id: item,
            immediate: true,
            associated: true,
            reason: "No longer needed".into(),
            note: "cancelled by the BOSH CPI".into(),
        };
        match self.call(&cancel, until).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let message = format!("billing item {item}: SoftLayer says it is not cancelled");
                Err(CpiError::cloud(message).into())
            }
            Err(failure) if failure.is_gone() || failure.says(NO_BILLING_ITEM) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Cancels a volume.
    pub(crate) async fn cancel_volume(
        &self,
        volume: &NetworkStorage,
        until: Deadline,
    ) -> Answer<()> {
        match &volume.billing_item {
            Some(item) => Box::pin(self.cancel(item.id, until)).await,
            None => Ok(()),
        }
    }
}

/// An error for a failure that is ready to be answered.
pub(crate) fn ready(message: impl Into<String>) -> Failure {
    Failure::Ready(CpiError::cloud(message))
}
