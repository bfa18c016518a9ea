//! `createObject`: from the moment that it is answered, the guest is paid for.

use crate::engine::{Answer, Call, Exception};
use crate::object_ref::Machine;
use crate::services::guest::template::Template;
use crate::state::billing::{BillingItem, Resource};
use crate::state::catalogue::{FLAVORS, GUESTS};
use crate::state::guest::{Disk, Guest, Power};
use crate::state::order::Purchase;
use crate::state::time::stamp;
use crate::state::{Cloud, Event, Step};
use crate::world::{Phase, Space};
use serde_json::{Value, json};

pub fn create(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let template = Template::read(cloud, call.object(0)?)?;
    if cloud.guests.len() >= cloud.world.settings.guests {
        return Err(Exception::public("The limit of virtual guests of this account is reached."));
    }
    if cloud.world.settings.capacity.is_some_and(|most| cloud.guests.len() >= most) {
        return Err(Exception::public("There is insufficient capacity to complete the request."));
    }
    let id = cloud.make_guest(template);
    Ok(Answer::Value(first_answer(cloud, id)))
}

pub fn generate_order_template(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let raw = call.object(0)?;
    let template = Template::read(cloud, raw)?;
    let guest = json!({
        "hostname": template.hostname,
        "domain": template.domain,
        "primaryBackendNetworkComponent": raw["primaryBackendNetworkComponent"],
        "primaryNetworkComponent": raw["primaryNetworkComponent"],
    });
    Ok(Answer::Value(json!({
        "complexType": "SoftLayer_Container_Product_Order_Virtual_Guest",
        "location": template.location.to_string(),
        "quantity": 1,
        "useHourlyPricing": template.hourly,
        "presetId": template.size.flavor.map(|flavor| flavor.id),
        "imageTemplateId": template.image,
        "virtualGuests": [guest],
    })))
}

impl Cloud {
    /// Makes a guest, and lets its life begin.
    pub fn make_guest(&mut self, template: Template) -> u64 {
        let id = self.new_id();
        let machine = Machine::Guest(id);
        let preset = template.size.flavor.as_ref().map(|flavor| flavor.id);
        let private_only = template.public.is_none();
        self.add_nic(machine, Space::Private, &template.private);
        if let Some(plan) = &template.public {
            self.add_nic(machine, Space::Public, plan);
        }
        let guest = Guest {
            id,
            uuid: self.new_uuid(),
            created: self.now(),
            modified: None,
            provisioned: None,
            disks: self.disks_of(&template),
            cores: template.size.cores,
            memory: template.size.memory,
            flavor: template.size.flavor.map(|flavor| flavor.key_name),
            private_only,
            notes: None,
            tags: Vec::new(),
            placed: false,
            power: Power::Halted,
            boots: 0,
            transaction: None,
            reload: None,
            password: self.new_password(),
            deleted: false,
            hostname: template.hostname,
            domain: template.domain,
            location: template.location,
            image: template.image,
            os_code: template.os_code,
            hourly: template.hourly,
            transient: template.transient,
            local_disk: template.local_disk,
            dedicated: template.dedicated,
            dedicated_host: template.dedicated_host,
            placement_group: template.placement_group,
            ssh_keys: template.ssh_keys,
            user_data: template.user_data,
            script: template.script,
            boot_mode: template.boot_mode,
        };
        self.guests.insert(id, guest);
        self.bill_guest(id, preset);
        self.after(Phase::GuestPlaced, Event::Guest(id, Step::Placed));
        id
    }

    /// A guest has an order, too, as if it had been placed.
    fn bill_guest(&mut self, id: u64, preset: Option<u64>) {
        let Some(guest) = self.guests.get(&id).cloned() else { return };
        let names = Some((guest.hostname.clone(), guest.domain.clone()));
        let order = self.add_order(Purchase::Guest(id), &json!({"presetId": preset}), names);
        let category = "guest_core";
        let item = BillingItem {
            id: self.new_id(),
            category: category.to_owned(),
            description: format!("{} x 2.0 GHz or higher Cores", guest.cores),
            hourly: guest.hourly,
            location: guest.location,
            package: if preset.is_some() { FLAVORS } else { GUESTS },
            resource: Resource::Guest(id),
            parent: None,
            order_item: self.order_item(order, category),
            created: self.now(),
            cancelled: None,
            active: true,
        };
        self.bill(item);
        self.after(Phase::OrderApproved, Event::Order(order));
    }

    /// The first disk is as large as wanted, or as the flavor or the image says.
    fn disks_of(&mut self, template: &Template) -> Vec<Disk> {
        let of_image = template
            .image
            .and_then(|id| self.images.get(&id))
            .and_then(|image| image.copies.iter().map(|copy| copy.bytes.div_ceil(1 << 30)).max());
        let of_flavor = template.size.flavor.as_ref().map(|flavor| flavor.disk);
        let wanted = template.disks.iter().find(|(device, _)| *device == 0).map(|(_, gb)| *gb);
        let first = wanted.or(of_flavor).or(of_image).unwrap_or(25);
        let more = template.disks.iter().filter(|(device, _)| *device > 1);
        let all: Vec<(u64, u64)> = [(0, first), (1, 2)].into_iter().chain(more.copied()).collect();
        all.into_iter().map(|(device, gb)| Disk { id: self.new_id(), device, gb }).collect()
    }
}

/// What is answered at once: no address, and no date of provisioning.
fn first_answer(cloud: &Cloud, id: u64) -> Value {
    let Some(guest) = cloud.guests.get(&id) else { return Value::Null };
    json!({
        "id": guest.id,
        "globalIdentifier": guest.uuid,
        "hostname": guest.hostname,
        "domain": guest.domain,
        "fullyQualifiedDomainName": guest.full_name(),
        "accountId": cloud.world.account,
        "createDate": stamp(guest.created),
        "startCpus": guest.cores,
        "maxCpu": guest.cores,
        "maxCpuUnits": "CORE",
        "maxMemory": guest.memory,
        "statusId": 1001,
        "dedicatedAccountHostOnlyFlag": guest.dedicated,
        "privateNetworkOnlyFlag": guest.private_only,
        "modifyDate": null,
    })
}
