//! What an account holds beyond its world: what a driver made and left there.

use crate::metadata;
use crate::object_ref::Machine;
use crate::shared::Shared;
use crate::state::Cloud;
use crate::state::billing::{BillingItem, Resource};
use crate::state::guest::Power;
use crate::state::order::Status;
use crate::state::transaction::Transaction;
use crate::state::volume::Volume;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What an account holds beyond its world.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inventory {
    /// Virtual guests that are not gone.
    pub vms: Vec<VmEntry>,
    /// Hardware servers that are not gone.
    pub servers: Vec<VmEntry>,
    /// Volumes that are not gone.
    pub volumes: Vec<VolumeEntry>,
    /// Snapshots.
    pub snapshots: Vec<Entry>,
    /// What is paid for.
    pub billed: Vec<BilledEntry>,
    /// Orders of which nothing has come yet.
    pub open_orders: Vec<Entry>,
    /// Global addresses that lead somewhere.
    pub routes: Vec<Entry>,
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
    /// Its notes.
    pub notes: String,
    /// Where its metadata service listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SocketAddr>,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VolumeEntry {
    /// Its id.
    pub id: u64,
    /// Its notes.
    pub notes: String,
    /// `READY`, `PROVISIONING`; `RECLAIM` for what is cancelled.
    pub state: String,
    /// GB.
    pub size: u64,
    /// IOPS.
    pub iops: u64,
    /// GB of snapshot space.
    pub snapshot_space: u64,
    /// The machines that may mount it.
    pub machines: Vec<u64>,
}

/// Something that is paid for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BilledEntry {
    /// The billing item.
    pub id: u64,
    /// `guest_core`, `server`, `storage_as_a_service`, `storage_snapshot_space`.
    pub category: String,
    /// The guest, server or volume.
    pub resource: u64,
    /// Whether it is paid by the hour.
    pub hourly: bool,
    /// Whether it is cancelled for the end of the month.
    pub ends: bool,
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
        let metadata = metadata::addresses(shared);
        Self::of(&shared.cloud(), &metadata)
    }

    /// What `cloud` holds. `metadata` are the addresses of its machines' metadata services.
    pub fn of(cloud: &Cloud, metadata: &BTreeMap<String, SocketAddr>) -> Self {
        let entry = |id: u64, name: &str| Entry { id, name: name.to_owned(), state: None };
        let made = cloud.images.values().filter(|image| image.made);
        Self {
            vms: cloud
                .guests
                .values()
                .map(|guest| {
                    let machine = Machine::Guest(guest.id);
                    let state = machine_state(guest.deleted, guest.power);
                    let (name, notes) = (guest.full_name(), guest.notes.clone());
                    vm_entry(cloud, machine, (name, notes), state, &guest.tags, metadata)
                })
                .collect(),
            servers: cloud
                .servers
                .values()
                .map(|server| {
                    let machine = Machine::Hardware(server.id);
                    let state = machine_state(server.deleted, server.power);
                    let (name, notes) = (server.full_name(), server.notes.clone());
                    vm_entry(cloud, machine, (name, notes), state, &server.tags, metadata)
                })
                .collect(),
            volumes: {
                let volumes = cloud.volumes.values().filter(|it| it.snapshot_of().is_none());
                volumes.map(|it| volume_entry(cloud, it)).collect()
            },
            snapshots: cloud
                .volumes
                .values()
                .filter_map(|it| {
                    let name = it.notes.clone().unwrap_or_default();
                    it.snapshot_of().map(|of| Entry {
                        id: it.id,
                        name,
                        state: Some(of.to_string()),
                    })
                })
                .collect(),
            billed: cloud.billing_items.values().filter(|it| it.active).map(billed_entry).collect(),
            open_orders: cloud
                .orders
                .values()
                .filter(|it| matches!(it.status, Status::Pending | Status::Approved))
                .map(|it| entry(it.id, it.status.name()))
                .collect(),
            routes: cloud
                .global_addresses
                .values()
                .filter_map(|it| {
                    let to = cloud.addresses.get(&it.destination?)?.address.to_string();
                    Some(Entry { id: it.id, name: it.spec.address.clone(), state: Some(to) })
                })
                .collect(),
            images: made.map(|image| entry(image.id, &image.name)).collect(),
            ssh_keys: cloud.ssh_keys.values().map(|key| entry(key.id, &key.label)).collect(),
            transactions: transactions(cloud),
        }
    }
}

fn machine_state(deleted: bool, power: Power) -> &'static str {
    match (deleted, power) {
        (true, _) => "RECLAIM_WAIT",
        (false, Power::Running) => "RUNNING",
        (false, Power::Halted) => "HALTED",
    }
}

fn volume_entry(cloud: &Cloud, volume: &Volume) -> VolumeEntry {
    let state = match (cloud.billed_by(Resource::Volume(volume.id)), volume.ready) {
        (None, _) => "RECLAIM",
        (Some(_), true) => "READY",
        (Some(_), false) => "PROVISIONING",
    };
    VolumeEntry {
        id: volume.id,
        notes: volume.notes.clone().unwrap_or_default(),
        state: state.to_owned(),
        size: volume.gb,
        iops: volume.speed.iops(volume.gb),
        snapshot_space: volume.snapshot_gb,
        machines: volume.allowed.iter().map(|it| it.id()).collect(),
    }
}

fn billed_entry(item: &BillingItem) -> BilledEntry {
    BilledEntry {
        id: item.id,
        category: item.category.clone(),
        resource: item.resource.id(),
        hourly: item.hourly,
        ends: item.cancelled.is_some(),
    }
}

fn vm_entry(
    cloud: &Cloud,
    machine: Machine,
    (name, notes): (String, Option<String>),
    state: &str,
    tags: &[u64],
    metadata: &BTreeMap<String, SocketAddr>,
) -> VmEntry {
    let nics: Vec<_> = cloud.nics.values().filter(|nic| nic.machine == machine).collect();
    VmEntry {
        id: machine.id(),
        name,
        state: state.to_owned(),
        addresses: nics.iter().filter_map(|nic| nic.address).map(|it| it.to_string()).collect(),
        macs: nics.iter().map(|nic| nic.mac.clone()).collect(),
        tags: tags.iter().filter_map(|id| cloud.tags.get(id)).map(|it| it.name.clone()).collect(),
        notes: notes.unwrap_or_default(),
        metadata: metadata.get(&machine.to_string()).copied(),
    }
}

/// What the service is doing.
pub(crate) fn transactions(cloud: &Cloud) -> Vec<TransactionEntry> {
    let guests = cloud.guests.values().filter_map(|guest| {
        let it = guest.transaction.as_ref()?;
        Some(TransactionEntry {
            id: it.id,
            on: format!("guest {}", guest.id),
            status: it.status.to_owned(),
        })
    });
    let entry = |it: &Transaction, on: String| TransactionEntry {
        id: it.id,
        on,
        status: it.status.to_owned(),
    };
    let servers = cloud.servers.values().filter_map(|server| {
        server.transaction.as_ref().map(|it| entry(it, format!("server {}", server.id)))
    });
    let volumes = cloud.volumes.values().filter_map(|volume| {
        volume.busy.as_ref().map(|it| entry(it, format!("volume {}", volume.id)))
    });
    let images = cloud.images.values().filter_map(|image| {
        image.transaction.as_ref().map(|it| entry(it, format!("image {}", image.id)))
    });
    guests.chain(servers).chain(volumes).chain(images).collect()
}
