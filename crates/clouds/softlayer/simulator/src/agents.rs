//! Machines as their agents find them: when they were booted, and which disks they have where.

use crate::object_ref::{Machine as Which, Node, ObjectRef};
use crate::shared::Shared;
use crate::state::Cloud;
use crate::state::guest::{Disk, Guest, Power};
use crate::state::server::Server;
use crate::{machines, metadata};
use serde_json::{Value, json};
use simulator_kit::agents::{DiskSeen, Machine, Machines, path_of};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tokio::runtime::Handle;

impl Machines for Shared {
    fn runtime(&self) -> Handle {
        Shared::runtime(self)
    }

    fn look(&self) -> (BTreeSet<String>, Vec<Machine>) {
        let mut cloud = self.cloud();
        cloud.settle();
        let guests = cloud.guests.values().filter(|it| !it.deleted);
        let servers = cloud.servers.values().filter(|it| !it.deleted);
        let here: Vec<(Which, bool, u64)> =
            guests
                .map(|it: &Guest| (Which::Guest(it.id), it.power == Power::Running, it.boots))
                .chain(servers.map(|it: &Server| {
                    (Which::Hardware(it.id), it.power == Power::Running, it.boots)
                }))
                .collect();
        let running = here.iter().filter(|(_, running, _)| *running);
        let running = running.map(|(machine, _, boots)| Machine {
            vm: machine.to_string(),
            boot: boots.to_string(),
            disks: disks(&cloud, *machine),
        });
        let running = running.collect();
        (here.iter().map(|(machine, ..)| machine.to_string()).collect(), running)
    }

    fn disks(&self, machine: &str) -> Vec<DiskSeen> {
        let mut cloud = self.cloud();
        cloud.settle();
        machines::find(&cloud, machine).map(|it| disks(&cloud, it)).unwrap_or_default()
    }

    fn metadata(&self, machine: &str) -> Option<SocketAddr> {
        metadata::addresses(self).get(machine).copied()
    }
}

/// A machine's own disks by letter, and the volumes that it may mount by what it logs in with.
fn disks(cloud: &Cloud, machine: Which) -> Vec<DiskSeen> {
    let own = match machine {
        Which::Guest(id) => cloud.guests.get(&id).map(own_disks).unwrap_or_default(),
        Which::Hardware(id) => vec![DiskSeen {
            volume: format!("{id}-a"),
            size: 1000 << 30,
            paths: vec!["/dev/sda".to_owned()],
        }],
    };
    let host = cloud.host_of(machine).and_then(|id| cloud.allowed_hosts.get(&id));
    let volumes = cloud.volumes.values().filter(|it| it.ready && it.allowed.contains(&machine));
    let seen = volumes.filter_map(|volume| {
        let host = host?;
        let targets = match cloud.read(ObjectRef::Volume(volume.id), "iscsiTargetIpAddresses") {
            Node::Value(Value::Array(targets)) => targets,
            _ => Vec::new(),
        };
        let login = |target: &Value| {
            path_of(&json!({"id": volume.id.to_string(), "iscsi_settings": {
                "target": target, "initiator_name": host.iqn, "username": host.username,
                "password": host.password,
            }}))
        };
        let paths = targets.iter().filter_map(login).collect();
        Some(DiskSeen { volume: volume.id.to_string(), size: volume.gb << 30, paths })
    });
    own.into_iter().chain(seen).collect()
}

/// Device 0 is `/dev/xvda`, swap is `/dev/xvdb`, and so on.
fn own_disks(guest: &Guest) -> Vec<DiskSeen> {
    let seen = |disk: &Disk| {
        let letter = u8::try_from(disk.device).ok().filter(|it| *it < 26).map(|it| b'a' + it);
        let path = letter.map(|letter| format!("/dev/xvd{}", char::from(letter)));
        let volume = disk.id.to_string();
        DiskSeen { volume, size: disk.gb << 30, paths: path.into_iter().collect() }
    };
    guest.disks.iter().map(seen).collect()
}
