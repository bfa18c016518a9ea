//! Verifying and placing orders, and what comes of them.

use crate::engine::{Answer, Call, Exception, number};
use crate::state::billing::{BillingItem, Resource};
use crate::state::catalogue::STAAS;
use crate::state::guest::Disk;
use crate::state::order::{GuestUpgrade, Order, OrderItem, Purchase, Status};
use crate::state::time::stamp;
use crate::state::{Cloud, Event, Step};
use crate::world::Phase;
use serde_json::{Value, json};

/// Tells what an order would come to, and places none.
pub fn verify(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let raw = call.object(0)?;
    containers(cloud, raw)?;
    let mut verified = raw.clone();
    verified["postTaxRecurring"] = json!("0");
    verified["postTaxSetup"] = json!("0");
    Ok(Answer::Value(verified))
}

pub fn place(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let raw = call.object(0)?;
    let (container, purchase) = containers(cloud, raw)?;
    if call.argument(1) == &Value::Bool(true) {
        return Err(Exception::public("Quotes are not for sale."));
    }
    let id = cloud.place(purchase, &container);
    Ok(Answer::Value(receipt(cloud, id, container)))
}

/// The one container of an order, which may stand in a list, and what it buys.
fn containers(cloud: &Cloud, raw: &Value) -> Result<(Value, Purchase), Exception> {
    let container = match raw.get("orderContainers").and_then(Value::as_array).map(Vec::as_slice) {
        None => raw.clone(),
        Some([one]) => one.clone(),
        Some(_) => return Err(Exception::public("One container is taken in an order.")),
    };
    let purchase = Purchase::read(cloud, &container)?;
    Ok((container, purchase))
}

fn receipt(cloud: &Cloud, id: u64, container: Value) -> Value {
    let Some(order) = cloud.orders.get(&id) else { return Value::Null };
    let items = order.items.iter().filter_map(|id| cloud.order_items.get(id)).map(|item| {
        json!({
            "id": item.id,
            "categoryCode": item.category,
            "description": item.description,
            "itemPriceId": item.price.to_string(),
        })
    });
    let items: Value = items.collect();
    json!({
        "orderId": id,
        "orderDate": stamp(order.created),
        "orderDetails": container,
        "placedOrder": {"id": id, "status": order.status.name(), "items": items},
    })
}

impl Cloud {
    /// Places an order; what it is for is made when it is approved.
    pub fn place(&mut self, purchase: Purchase, container: &Value) -> u64 {
        let id = self.add_order(purchase, container, None);
        self.after(Phase::OrderApproved, Event::Order(id));
        id
    }

    /// An order with its items, the most important one first.
    pub fn add_order(
        &mut self,
        purchase: Purchase,
        container: &Value,
        names: Option<(String, String)>,
    ) -> u64 {
        let id = self.new_id();
        let prices = container["prices"].as_array().into_iter().flatten();
        let mut chosen: Vec<(u64, String, String)> = prices
            .filter_map(|row| {
                let price = self.prices.get(&number(&row["id"])?)?;
                let item = self.items.get(&price.item)?;
                Some((price.id, price.category.clone(), item.description.clone()))
            })
            .collect();
        let names = names.or_else(|| match &purchase {
            Purchase::Server(new) => Some((new.hostname.clone(), new.domain.clone())),
            _ => None,
        });
        match &purchase {
            Purchase::Server(new) => {
                chosen.insert(0, (0, "server".to_owned(), new.preset.key_name.clone()));
            }
            Purchase::Guest(_) => {
                chosen.insert(0, (0, "guest_core".to_owned(), "Cores".to_owned()))
            }
            _ => {}
        }
        let preset = number(&container["presetId"]);
        let items = chosen
            .into_iter()
            .map(|(price, category, description)| {
                let item = OrderItem {
                    id: self.new_id(),
                    order: id,
                    category,
                    description,
                    price,
                    host_name: names.as_ref().map(|(host, _)| host.clone()),
                    domain_name: names.as_ref().map(|(_, domain)| domain.clone()),
                    preset,
                    billing_item: None,
                };
                let id = item.id;
                self.order_items.insert(id, item);
                id
            })
            .collect();
        let (created, user) = (self.now(), self.caller);
        let order = Order { id, status: Status::Pending, created, user, items, purchase };
        self.orders.insert(id, order);
        id
    }

    /// The item of an order that is billed for it.
    pub fn order_item(&self, order: u64, category: &str) -> u64 {
        let items = self.orders.get(&order).map(|order| order.items.as_slice()).unwrap_or_default();
        let named = |id: &&u64| self.order_items.get(id).is_some_and(|it| it.category == category);
        items.iter().find(named).or(items.first()).copied().unwrap_or_default()
    }

    /// An order is approved: what it is for is made, or begun.
    pub(crate) fn approve(&mut self, id: u64) {
        let Some(order) = self.orders.get_mut(&id) else { return };
        order.status = Status::Approved;
        match order.purchase.clone() {
            // It was made with its order.
            Purchase::Guest(_) => self.complete(id),
            Purchase::Volume(new) => {
                self.make_volume(id, new);
            }
            Purchase::VolumeUpgrade { volume, .. } | Purchase::SnapshotSpace { volume, .. } => {
                self.begin_on_volume(volume, "Volume Modify", "VOLUME_MODIFY");
                self.after(Phase::VolumeChanged, Event::OrderDone(id));
            }
            Purchase::GuestUpgrade(upgrade) => {
                self.begin(upgrade.guest, "Cloud Migrate", "CLOUD_MIGRATE");
                self.after(Phase::GuestUpgraded, Event::OrderDone(id));
            }
            Purchase::Server(new) => self.make_server(id, *new),
        }
    }

    /// What an order is for is done, or there.
    pub(crate) fn complete(&mut self, id: u64) {
        let Some(order) = self.orders.get_mut(&id) else { return };
        order.status = Status::Completed;
        match order.purchase.clone() {
            Purchase::VolumeUpgrade { volume, gb, speed } => {
                if let Some(volume) = self.volumes.get_mut(&volume) {
                    (volume.gb, volume.speed, volume.busy) = (gb, speed, None);
                }
            }
            Purchase::SnapshotSpace { volume, gb } => self.give_snapshot_space(id, volume, gb),
            Purchase::GuestUpgrade(upgrade) => self.upgrade_guest(upgrade),
            Purchase::Guest(_) | Purchase::Volume(_) | Purchase::Server(_) => {}
        }
    }

    /// Nothing comes of an order.
    pub(crate) fn decline(&mut self, id: u64) {
        if let Some(order) = self.orders.get_mut(&id) {
            order.status = Status::Cancelled;
        }
    }

    pub(crate) fn give_snapshot_space(&mut self, order: u64, volume: u64, gb: u64) {
        let Some(it) = self.volumes.get_mut(&volume) else { return };
        (it.snapshot_gb, it.busy) = (gb, None);
        let resource = Resource::SnapshotSpace(volume);
        let Some(parent) = self.billed_by(Resource::Volume(volume)).cloned() else { return };
        // More of it is billed in place of what there was.
        if let Some(old) = self.billed_by(resource).map(|item| item.id)
            && let Some(old) = self.billing_items.get_mut(&old)
        {
            old.active = false;
        }
        let category = "storage_snapshot_space";
        let item = BillingItem {
            id: self.new_id(),
            category: category.to_owned(),
            description: format!("{gb} GB Storage Space"),
            hourly: parent.hourly,
            location: parent.location,
            package: STAAS,
            resource,
            parent: Some(parent.id),
            order_item: self.order_item(order, category),
            created: self.now(),
            cancelled: None,
            active: true,
        };
        self.bill(item);
    }

    fn upgrade_guest(&mut self, upgrade: GuestUpgrade) {
        let new_ids: Vec<u64> = upgrade.disks.iter().map(|_| self.new_id()).collect();
        let Some(guest) = self.guests.get_mut(&upgrade.guest) else { return };
        guest.cores = upgrade.cores.unwrap_or(guest.cores);
        guest.memory = upgrade.memory.unwrap_or(guest.memory);
        guest.flavor = upgrade.flavor.or(guest.flavor.take());
        for ((device, gb), id) in upgrade.disks.into_iter().zip(new_ids) {
            match guest.disks.iter_mut().find(|disk| disk.device == device) {
                Some(disk) => disk.gb = gb,
                None => guest.disks.push(Disk { id, device, gb }),
            }
        }
        guest.boots += 1;
        self.guest_step(upgrade.guest, Step::Idle);
    }
}
