//! The life of a server, from its order's approval to its reclaim.

use crate::engine::Exception;
use crate::object_ref::Machine;
use crate::services::network_component::NicPlan;
use crate::state::billing::{BillingItem, Resource};
use crate::state::catalogue::HARDWARE;
use crate::state::guest::Power;
use crate::state::order::NewServer;
use crate::state::server::Server;
use crate::state::transaction::Transaction;
use crate::state::{Cloud, Event, Step};
use crate::world::{Phase, Space};

impl Cloud {
    /// Makes the server of an order, which is billed from now on.
    pub(crate) fn make_server(&mut self, order: u64, new: NewServer) {
        let id = self.new_id();
        let machine = Machine::Hardware(id);
        let plan =
            |(vlan, subnet)| NicPlan { vlan, subnet, max_speed: 1000, security_groups: Vec::new() };
        self.add_nic(machine, Space::Private, &plan(new.private));
        if let Some(public) = new.public {
            self.add_nic(machine, Space::Public, &plan(public));
        }
        let category = "server";
        let item = BillingItem {
            id: self.new_id(),
            category: category.to_owned(),
            description: new.preset.key_name.clone(),
            hourly: new.hourly,
            location: new.location,
            package: HARDWARE,
            resource: Resource::Hardware(id),
            parent: None,
            order_item: self.order_item(order, category),
            created: self.now(),
            cancelled: None,
            active: true,
        };
        self.bill(item);
        let server = Server {
            id,
            uuid: self.new_uuid(),
            hostname: new.hostname,
            domain: new.domain,
            created: self.now(),
            provisioned: None,
            location: new.location,
            cores: new.preset.cores,
            memory: new.preset.memory,
            preset: new.preset.key_name,
            hourly: new.hourly,
            os: new.os,
            ssh_keys: new.ssh_keys,
            scripts: new.scripts,
            user_data: new.user_data,
            notes: None,
            tags: Vec::new(),
            power: Power::Halted,
            boots: 0,
            transaction: None,
            password: self.new_password(),
            deleted: false,
        };
        self.servers.insert(id, server);
        self.begin_on_server(id, "Server Provision", "HARDWARE_PROVISION");
        self.after(Phase::HardwareProvisioned, Event::Server(id, order, Step::Provisioned));
    }

    fn begin_on_server(&mut self, id: u64, group: &'static str, status: &'static str) {
        let transaction = Transaction { id: self.new_id(), group, status, created: self.now() };
        if let Some(server) = self.servers.get_mut(&id) {
            server.transaction = Some(transaction);
        }
    }

    /// A server comes one step further.
    pub(crate) fn server_step(&mut self, id: u64, order: u64, step: Step) {
        let now = self.now();
        match step {
            Step::Provisioned => {
                self.address_machine(Machine::Hardware(id));
                if let Some(server) = self.servers.get_mut(&id) {
                    server.provisioned = Some(now);
                    server.power = Power::Running;
                    server.boots += 1;
                }
                self.complete(order);
                self.after(Phase::GuestIdle, Event::Server(id, order, Step::Idle));
            }
            Step::Idle => {
                if let Some(server) = self.servers.get_mut(&id) {
                    server.transaction = None;
                }
            }
            Step::Reclaimed => {
                self.servers.remove(&id);
                self.forget_machine(Machine::Hardware(id));
            }
            Step::Placed | Step::Addressed => {}
        }
    }

    /// A server that the service is not busy with.
    pub(crate) fn idle_server(&mut self, id: u64) -> Result<&mut Server, Exception> {
        let server = self.servers.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
        if server.transaction.is_none() {
            return Ok(server);
        }
        Err(Exception::public(format!(
            "The server {id} has an active transaction. Please wait until it is finished."
        )))
    }

    /// Nobody pays for it any more, and after a while it is gone.
    pub(crate) fn reclaim_server(&mut self, id: u64) {
        self.begin_on_server(id, "Server Reclaim", "RECLAIM_WAIT");
        if let Some(server) = self.servers.get_mut(&id) {
            server.deleted = true;
            server.power = Power::Halted;
        }
        self.after(Phase::HardwareReclaimed, Event::Server(id, 0, Step::Reclaimed));
    }
}
