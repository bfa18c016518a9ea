//! What an account holds beyond its world: what a driver made and left there.

use crate::running::Shared;
use crate::state::Cloud;
use crate::thing::{Machine, Thing};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What an account holds beyond its world.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inventory {
    /// Virtual guests that are not gone.
    pub vms: Vec<VmEntry>,
    /// Images that somebody made.
    pub images: Vec<Entry>,
    /// SSH keys.
    pub ssh_keys: Vec<Entry>,
    /// What the service is doing.
    pub transactions: Vec<TransactionEntry>,
}

/// A thing with an id and a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its state, or what it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VmEntry {
    /// Its id.
    pub id: u64,
    /// Its name with its domain.
    pub name: String,
    /// `RUNNING`, `HALTED`; `RECLAIM_WAIT` for what is deleted.
    pub state: String,
    /// Its own addresses, the private one first.
    pub addresses: Vec<String>,
    /// Their MACs.
    pub macs: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Where its metadata service listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SocketAddr>,
}

/// What the service is doing with something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TransactionEntry {
    /// Its id.
    pub id: u64,
    /// With what: `guest 7`.
    pub on: String,
    /// What.
    pub status: String,
}

impl Inventory {
    /// What a running account holds now: what has fallen due is done.
    pub(crate) fn of_running(shared: &Shared) -> Self {
        let doors = shared.doors();
        Self::of(&shared.cloud(), &doors)
    }

    /// What `cloud` holds. `doors` are the metadata addresses of its machines.
    pub fn of(cloud: &Cloud, doors: &BTreeMap<String, SocketAddr>) -> Self {
        let entry = |id: u64, name: &str| Entry { id, name: name.to_owned(), state: None };
        let made = cloud.images.values().filter(|image| image.made);
        Self {
            vms: cloud
                .guests
                .values()
                .map(|guest| {
                    let machine = Machine::Guest(guest.id);
                    let state = match &guest.transaction {
                        Some(it) if guest.deleted => it.status,
                        _ if guest.power == crate::noun::guest::Power::Running => "RUNNING",
                        _ => "HALTED",
                    };
                    vm_entry(cloud, machine, guest.full_name(), state, &guest.tags, doors)
                })
                .collect(),
            images: made.map(|image| entry(image.id, &image.name)).collect(),
            ssh_keys: cloud.ssh_keys.values().map(|key| entry(key.id, &key.label)).collect(),
            transactions: cloud.transactions(),
        }
    }
}

fn vm_entry(
    cloud: &Cloud,
    machine: Machine,
    name: String,
    state: &str,
    tags: &[u64],
    doors: &BTreeMap<String, SocketAddr>,
) -> VmEntry {
    let nics: Vec<_> = cloud.nics.values().filter(|nic| nic.machine == machine).collect();
    VmEntry {
        id: cloud.thing_of(machine).id(),
        name,
        state: state.to_owned(),
        addresses: nics.iter().filter_map(|nic| nic.address).map(|it| it.to_string()).collect(),
        macs: nics.iter().map(|nic| nic.mac.clone()).collect(),
        tags: tags.iter().filter_map(|id| cloud.tags.get(id)).map(|it| it.name.clone()).collect(),
        metadata: doors.get(&machine.to_string()).copied(),
    }
}

impl Cloud {
    /// The machines, by the names under which the inventory's doors stand.
    pub(crate) fn machine_names(&self) -> Vec<String> {
        self.guests.keys().map(|id| Machine::Guest(*id).to_string()).collect()
    }

    /// The machine of that name.
    pub(crate) fn machine_named(&self, name: &str) -> Option<Machine> {
        let id = name.parse().ok()?;
        self.guests.contains_key(&id).then_some(Machine::Guest(id))
    }

    /// The object that a machine is.
    pub(crate) fn thing_of(&self, machine: Machine) -> Thing {
        match machine {
            Machine::Guest(id) | Machine::Hardware(id) => Thing::Guest(id),
        }
    }

    /// What the service is doing.
    pub(crate) fn transactions(&self) -> Vec<TransactionEntry> {
        let guests = self.guests.values().filter_map(|guest| {
            let it = guest.transaction.as_ref()?;
            Some(TransactionEntry {
                id: it.id,
                on: format!("guest {}", guest.id),
                status: it.status.to_owned(),
            })
        });
        guests.collect()
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Guest(id) => write!(f, "{id}"),
            Self::Hardware(id) => write!(f, "{id}"),
        }
    }
}
