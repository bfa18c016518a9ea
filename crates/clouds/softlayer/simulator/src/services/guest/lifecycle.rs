//! The life of a guest, from order to reclaim.

use crate::engine::{Answer, Call, Exception, number};
use crate::object_ref::Machine;
use crate::state::billing::Resource;
use crate::state::guest::{Guest, Power};
use crate::state::image::Image;
use crate::state::transaction::Transaction;
use crate::state::{Cloud, Event, Step};
use crate::world::Phase;

/// The transaction of what was deleted.
pub const RECLAIM: &str = "RECLAIM_WAIT";

pub fn delete(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    cloud.idle_guest(id)?;
    match cloud.billed_by(Resource::Guest(id)).map(|item| item.id) {
        Some(item) => cloud.end_billing(item),
        None => cloud.reclaim_guest(id),
    }
    Ok(true.into())
}

/// `["FORCE", {"imageTemplateId": 7, "sshKeyIds": [8]}]`: its disks are written anew.
pub fn reload(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let image = number(&call.argument(1)["imageTemplateId"]);
    if let Some(image) = image
        && !cloud.images.get(&image).is_some_and(Image::is_whole)
    {
        return Err(Exception::not_found(image));
    }
    let guest = cloud.idle_guest(id)?;
    if guest.deleted {
        return Err(Exception::public("Cannot find the billing item of the guest."));
    }
    guest.image = image.or(guest.image);
    guest.power = Power::Halted;
    cloud.begin(id, "OS Reload", "OS_RELOAD");
    if let Some(guest) = cloud.guests.get_mut(&id) {
        guest.reload = guest.transaction.clone();
    }
    cloud.after(Phase::GuestReloaded, Event::Guest(id, Step::Provisioned));
    Ok(Answer::Value("1".into()))
}

impl Cloud {
    /// A guest that the service is not busy with.
    pub fn idle_guest(&mut self, id: u64) -> Result<&mut Guest, Exception> {
        let guest = self.guests.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
        if guest.transaction.is_none() && guest.placed {
            return Ok(guest);
        }
        Err(Exception::public(format!(
            "The virtual guest {id} has an active transaction. Please wait until it is finished."
        )))
    }

    /// Nobody pays for it any more, and after a while it is gone.
    pub fn reclaim_guest(&mut self, id: u64) {
        self.begin(id, "Cloud Reclaim", RECLAIM);
        if let Some(guest) = self.guests.get_mut(&id) {
            guest.deleted = true;
            guest.power = Power::Halted;
        }
        self.after(Phase::GuestReclaimed, Event::Guest(id, Step::Reclaimed));
    }

    /// The service begins to do something with a guest.
    pub fn begin(&mut self, guest: u64, group: &'static str, status: &'static str) {
        let transaction = Transaction { id: self.new_id(), group, status, created: self.now() };
        if let Some(guest) = self.guests.get_mut(&guest) {
            guest.transaction = Some(transaction);
        }
    }

    /// A guest comes one step further.
    pub(crate) fn guest_step(&mut self, id: u64, step: Step) {
        if !self.guests.contains_key(&id) {
            return;
        }
        match step {
            Step::Placed => {
                self.begin(id, "Service Setup", "ASSIGN_PRIMARY_ADDRESSES");
                self.with_guest(id, |guest, _| guest.placed = true);
                self.after(Phase::GuestAddressed, Event::Guest(id, Step::Addressed));
            }
            Step::Addressed => {
                self.address_machine(Machine::Guest(id));
                self.after(Phase::GuestProvisioned, Event::Guest(id, Step::Provisioned));
            }
            Step::Provisioned => {
                self.with_guest(id, |guest, now| {
                    guest.provisioned = Some(now);
                    guest.power = Power::Running;
                    guest.boots += 1;
                    // It runs, and the service still has something to do with it.
                    if let Some(transaction) = &mut guest.transaction {
                        transaction.status = "SERVICE_SETUP";
                    }
                });
                self.after(Phase::GuestIdle, Event::Guest(id, Step::Idle));
            }
            Step::Idle => self.with_guest(id, |guest, _| guest.transaction = None),
            Step::Reclaimed => {
                self.guests.remove(&id);
                self.forget_machine(Machine::Guest(id));
            }
        }
    }

    /// A machine is gone: so are its network components, and its place at volumes.
    pub fn forget_machine(&mut self, machine: Machine) {
        self.nics.retain(|_, nic| nic.machine != machine);
        self.release_addresses(machine);
        self.allowed_hosts.retain(|_, host| host.machine != machine);
        for volume in self.volumes.values_mut() {
            volume.allowed.retain(|it| *it != machine);
        }
    }

    /// Gives each network component of a machine its own address.
    pub fn address_machine(&mut self, machine: Machine) {
        let wanting: Vec<(u64, u64)> = self
            .nics
            .values()
            .filter(|nic| nic.machine == machine && nic.address.is_none())
            .map(|nic| (nic.id, nic.subnet))
            .collect();
        for (id, subnet) in wanting {
            let address = self.take_address(subnet, machine);
            if let Some(nic) = self.nics.get_mut(&id) {
                nic.address = address;
            }
        }
    }

    fn with_guest(&mut self, id: u64, change: impl FnOnce(&mut Guest, jiff::Timestamp)) {
        let now = self.now();
        if let Some(guest) = self.guests.get_mut(&id) {
            change(guest, now);
        }
    }
}
