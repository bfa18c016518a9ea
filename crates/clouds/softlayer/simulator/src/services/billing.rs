//! `SoftLayer_Billing_Item`: what is paid for, until it is cancelled.

use crate::engine::{Answer, Call, Exception, Service, flag};
use crate::object_ref::{Node, ObjectRef};
use crate::state::billing::{BillingItem, Resource};
use crate::state::order::OrderItem;
use crate::state::time::stamp;
use crate::state::{Cloud, Event, Step};
use crate::world::Phase;
use serde_json::{Value, json};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Billing_Item",
    find: Some(|cloud, id| {
        cloud.billing_items.contains_key(&id).then_some(ObjectRef::BillingItem(id))
    }),
    own: None,
    methods: &[("cancelItem", cancel), ("cancelService", cancel)],
};

/// `[immediate, with what belongs to it, reason, note]`. What is paid by the hour is cancelled at
/// once, whatever is asked for.
fn cancel(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let item = cloud.billing_items.get(&id).cloned().ok_or_else(|| Exception::not_found(id))?;
    if !item.active || item.cancelled.is_some() {
        return Err(Exception::public(format!(
            "The billing item {id} is already cancelled or has a pending cancellation."
        )));
    }
    let immediate = item.hourly || flag(call.argument(0)) || call.method == "cancelService";
    match item.resource {
        Resource::Guest(guest) => drop(cloud.idle_guest(guest)?),
        Resource::Hardware(server) => {
            cloud.idle_server(server)?;
            if !item.hourly && flag(call.argument(0)) {
                return Err(Exception::public(
                    "Monthly hardware servers cannot be cancelled immediately.",
                ));
            }
        }
        Resource::Volume(volume) | Resource::SnapshotSpace(volume) => {
            cloud.free_volume(volume)?;
        }
    }
    if immediate {
        cloud.end_billing(id);
    } else {
        let now = cloud.now();
        if let Some(item) = cloud.billing_items.get_mut(&id) {
            item.cancelled = Some(now);
        }
    }
    Ok(true.into())
}

impl Cloud {
    /// Begins to bill.
    pub fn bill(&mut self, item: BillingItem) {
        if let Some(order_item) = self.order_items.get_mut(&item.order_item) {
            order_item.billing_item = Some(item.id);
        }
        self.billing_items.insert(item.id, item);
    }

    /// What this is billed by, if it is.
    pub fn billed_by(&self, resource: Resource) -> Option<&BillingItem> {
        self.billing_items.values().find(|item| item.active && item.resource == resource)
    }

    /// Ends billing of an item and of what belongs to it, and takes away what was billed.
    pub fn end_billing(&mut self, id: u64) {
        let now = self.now();
        let children: Vec<u64> = self
            .billing_items
            .values()
            .filter(|item| item.parent == Some(id) && item.active)
            .map(|item| item.id)
            .collect();
        for child in children {
            self.end_billing(child);
        }
        let Some(item) = self.billing_items.get_mut(&id) else { return };
        item.active = false;
        item.cancelled = Some(now);
        match item.resource {
            Resource::Guest(guest) => self.reclaim_guest(guest),
            Resource::Hardware(server) => self.reclaim_server(server),
            Resource::Volume(volume) => {
                self.begin_on_volume(volume, "Reclaim", "VOLUME_RECLAIM");
                self.after(Phase::VolumeReclaimed, Event::Volume(volume, Step::Reclaimed));
            }
            Resource::SnapshotSpace(volume) => {
                if let Some(volume) = self.volumes.get_mut(&volume) {
                    volume.snapshot_gb = 0;
                }
                self.volumes.retain(|_, it| it.snapshot_of() != Some(volume));
            }
        }
    }
}

pub fn read(cloud: &Cloud, item: &BillingItem, name: &str) -> Node {
    let children = |active: bool| {
        let mine = cloud.billing_items.values().filter(|it| it.parent == Some(item.id));
        let mine = mine.filter(|it| it.active || !active);
        Node::Many(mine.map(|it| ObjectRef::BillingItem(it.id)).collect())
    };
    let host = |of: fn(&OrderItem) -> &Option<String>| {
        json!(cloud.order_items.get(&item.order_item).and_then(|it| of(it).clone()))
    };
    match name {
        "id" => item.id.into(),
        "allowCancellationFlag" => 1.into(),
        "cancellationDate" => json!(item.cancelled.map(stamp)).into(),
        "categoryCode" => item.category.as_str().into(),
        "createDate" | "cycleStartDate" => stamp(item.created).into(),
        "description" => item.description.as_str().into(),
        "hostName" => host(|it| &it.host_name).into(),
        "domainName" => host(|it| &it.domain_name).into(),
        // Money is text.
        "currentHourlyCharge"
        | "hourlyRecurringFee"
        | "laborFee"
        | "oneTimeFee"
        | "recurringFee"
        | "setupFee" => "0".into(),
        "recurringMonths" => 1.into(),
        "serviceProviderId" => 1.into(),
        "orderItemId" => item.order_item.into(),
        "parentId" => json!(item.parent).into(),
        "resourceTableId" => item.resource.id().into(),
        "activeFlag" => item.active.into(),
        "hourlyFlag" => item.hourly.into(),
        "activeChildren" => children(true),
        "children" => children(false),
        "parent" => Node::One(item.parent.map(ObjectRef::BillingItem)),
        "location" => Node::One(Some(ObjectRef::Location(item.location))),
        "orderItem" => Node::One(Some(ObjectRef::OrderItem(item.order_item))),
        "package" => Node::One(Some(ObjectRef::Package(item.package))),
        _ => Value::Null.into(),
    }
}
