//! The life of a volume, from its order's approval to its reclaim.

use crate::engine::Exception;
use crate::state::billing::{BillingItem, Resource};
use crate::state::catalogue::{PERFORMANCE, STAAS};
use crate::state::order::{NewVolume, Purchase};
use crate::state::transaction::Transaction;
use crate::state::volume::Volume;
use crate::state::{Cloud, Event, Step};
use crate::world::Phase;

impl Cloud {
    /// Makes the volume of an order, which is billed from now on.
    pub(crate) fn make_volume(&mut self, order: u64, new: NewVolume) -> u64 {
        let (id, lun) = (self.new_id(), self.volumes.len() as u64 % 254);
        let volume = Volume {
            id,
            username: format!("SL02SEL{}-{}", self.world.account, id % 100_000),
            gb: new.gb,
            speed: new.speed,
            lun,
            location: new.location,
            snapshot_gb: 0,
            ready: false,
            busy: None,
            allowed: Vec::new(),
            notes: None,
            created: self.now(),
            legacy: new.legacy,
            parent: None,
            origin: new.origin.map(|(volume, _)| volume),
        };
        self.volumes.insert(id, volume);
        self.begin_on_volume(id, "Volume Provision", "VOLUME_PROVISION");
        let category = "storage_as_a_service";
        let item = BillingItem {
            id: self.new_id(),
            category: category.to_owned(),
            description: "Storage as a Service".to_owned(),
            hourly: new.hourly,
            location: new.location,
            package: if new.legacy { PERFORMANCE } else { STAAS },
            resource: Resource::Volume(id),
            parent: None,
            order_item: self.order_item(order, category),
            created: self.now(),
            cancelled: None,
            active: true,
        };
        self.bill(item);
        if new.snapshot_gb > 0 {
            self.give_snapshot_space(order, id, new.snapshot_gb);
            self.begin_on_volume(id, "Volume Provision", "VOLUME_PROVISION");
        }
        self.after(Phase::VolumeReady, Event::Volume(id, Step::Provisioned));
        id
    }

    /// The service begins to do something with a volume.
    pub(crate) fn begin_on_volume(
        &mut self,
        volume: u64,
        group: &'static str,
        status: &'static str,
    ) {
        let transaction = Transaction { id: self.new_id(), group, status, created: self.now() };
        if let Some(volume) = self.volumes.get_mut(&volume) {
            volume.busy = Some(transaction);
        }
    }

    /// A volume comes one step further.
    pub(crate) fn volume_step(&mut self, id: u64, step: Step) {
        match step {
            Step::Provisioned => {
                if let Some(volume) = self.volumes.get_mut(&id) {
                    (volume.ready, volume.busy) = (true, None);
                }
                let order = self.orders.values().find(|order| {
                    matches!(order.purchase, Purchase::Volume(_))
                        && order.items.iter().any(|item| {
                            let item = self.order_items.get(item).and_then(|it| it.billing_item);
                            let item = item.and_then(|it| self.billing_items.get(&it));
                            item.is_some_and(|it| it.resource == Resource::Volume(id))
                        })
                });
                if let Some(order) = order.map(|order| order.id) {
                    self.complete(order);
                }
            }
            Step::Idle => {
                if let Some(volume) = self.volumes.get_mut(&id) {
                    volume.busy = None;
                }
            }
            Step::Reclaimed => {
                self.volumes.remove(&id);
                self.volumes.retain(|_, it| it.snapshot_of() != Some(id));
            }
            Step::Placed | Step::Addressed => {}
        }
    }

    /// A volume that is no snapshot, and that the service is not busy with.
    pub(crate) fn free_volume(&mut self, id: u64) -> Result<&mut Volume, Exception> {
        self.check_free(id)?;
        self.volumes.get_mut(&id).ok_or_else(|| Exception::not_found(id))
    }

    /// Whether there is such a volume, and the service is not busy with it.
    pub(crate) fn check_free(&self, id: u64) -> Result<(), Exception> {
        let volume = self.volumes.get(&id).filter(|it| it.snapshot_of().is_none());
        let volume = volume.ok_or_else(|| Exception::not_found(id))?;
        if volume.busy.is_some() { Err(Exception::blocking()) } else { Ok(()) }
    }
}
