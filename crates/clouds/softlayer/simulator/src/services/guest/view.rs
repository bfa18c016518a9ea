//! What is told of a guest.

use crate::object_ref::{Machine, Node, ObjectRef};
use crate::state::Cloud;
use crate::state::billing::Resource;
use crate::state::guest::{Disk, Guest, Power};
use crate::state::time::stamp;
use crate::state::transaction::Transaction;
use serde_json::{Value, json};

pub fn read(cloud: &Cloud, guest: &Guest, name: &str) -> Node {
    let transaction = |it: &Option<Transaction>| {
        json!(it.as_ref().map(|it| it.value(cloud.now(), ("guestId", guest.id))))
    };
    match name {
        "id" => guest.id.into(),
        "accountId" => cloud.world.account.into(),
        "createDate" => stamp(guest.created).into(),
        "modifyDate" => json!(guest.modified.map(stamp)).into(),
        "provisionDate" => json!(guest.provisioned.map(stamp)).into(),
        "dedicatedAccountHostOnlyFlag" => guest.dedicated.into(),
        "domain" => guest.domain.as_str().into(),
        "hostname" => guest.hostname.as_str().into(),
        "fullyQualifiedDomainName" => guest.full_name().into(),
        "globalIdentifier" | "uuid" => guest.uuid.as_str().into(),
        "maxCpu" | "startCpus" => guest.cores.into(),
        "maxCpuUnits" => "CORE".into(),
        "maxMemory" => guest.memory.into(),
        "notes" => json!(guest.notes).into(),
        "placementGroupId" => json!(guest.placement_group).into(),
        "statusId" => 1001.into(),
        "typeId" => 0.into(),
        "activeTransaction" => transaction(&guest.transaction).into(),
        "activeTransactions" => json!(
            guest
                .transaction
                .iter()
                .map(|it| it.value(cloud.now(), ("guestId", guest.id)))
                .collect::<Vec<_>>()
        )
        .into(),
        "activeTransactionCount" => u64::from(guest.transaction.is_some()).into(),
        "lastTransaction" => transaction(&guest.transaction).into(),
        "lastOperatingSystemReload" => transaction(&guest.reload).into(),
        "account" => Node::One(Some(ObjectRef::Account(cloud.world.account))),
        "bootMode" => json!(guest.boot_mode).into(),
        "datacenter" | "location" => Node::One(Some(ObjectRef::Location(guest.location))),
        "blockDeviceTemplateGroup" => Node::One(guest.image.map(ObjectRef::Image)),
        "blockDevices" => disks(guest).into(),
        "hourlyBillingFlag" => guest.hourly.into(),
        "localDiskFlag" => guest.local_disk.into(),
        "privateNetworkOnlyFlag" => guest.private_only.into(),
        "transientGuestFlag" => guest.transient.into(),
        "powerState" => power(guest.power).into(),
        "status" => status(guest).into(),
        "sshKeys" => Node::Many(guest.ssh_keys.iter().map(|id| ObjectRef::SshKey(*id)).collect()),
        "tagReferences" => cloud.tag_references(&guest.tags, guest.id, 2).into(),
        "userData" => {
            let kind = json!({"keyname": "USER_DATA", "name": "User Data"});
            let data = guest.user_data.iter().map(|text| json!({"value": text, "type": kind}));
            json!(data.collect::<Vec<_>>()).into()
        }
        "allowedHost" => {
            let host = cloud.host_of(Machine::Guest(guest.id));
            Node::One(host.map(ObjectRef::AllowedHost))
        }
        "allowedNetworkStorage" => Node::Many(cloud.volumes_of(Machine::Guest(guest.id))),
        "billingItem" => {
            let item = cloud.billed_by(Resource::Guest(guest.id));
            Node::One(item.map(|it| ObjectRef::BillingItem(it.id)))
        }
        "dedicatedHost" => Node::One(guest.dedicated_host.map(ObjectRef::DedicatedHost)),
        "placementGroup" => Node::One(guest.placement_group.map(ObjectRef::PlacementGroup)),
        "operatingSystem" => match guest.provisioned {
            None => Value::Null,
            Some(_) => json!({
                "id": guest.id + 3,
                "passwords": [
                    {"id": guest.id + 4, "username": "root", "password": guest.password},
                ],
            }),
        }
        .into(),
        "postInstallScriptUri" => json!(guest.script).into(),
        _ => cloud.network_of(Machine::Guest(guest.id), name),
    }
}

impl Cloud {
    /// What is told of the network components of a machine; null for what is none of them.
    pub fn network_of(&self, machine: Machine, name: &str) -> Node {
        let on = |port: Option<u64>| {
            let mine = self.nics.values().filter(move |nic| nic.machine == machine);
            mine.filter(move |nic| port.is_none_or(|port| nic.port == port))
        };
        let all = |port| Node::Many(on(port).map(|nic| ObjectRef::Nic(nic.id)).collect());
        let first = |port| Node::One(on(Some(port)).next().map(|nic| ObjectRef::Nic(nic.id)));
        let address =
            |port| json!(on(Some(port)).find_map(|nic| nic.address).map(|it| it.to_string()));
        match name {
            "networkComponents" => all(None),
            "backendNetworkComponents" => all(Some(0)),
            "frontendNetworkComponents" => all(Some(1)),
            "primaryBackendNetworkComponent" => first(0),
            "primaryNetworkComponent" => first(1),
            "primaryBackendIpAddress" => address(0).into(),
            "primaryIpAddress" => address(1).into(),
            _ => json!(null).into(),
        }
    }
}

pub fn power(power: Power) -> Value {
    match power {
        Power::Running => {
            json!({"keyName": "RUNNING", "name": "Running", "description": "Running"})
        }
        Power::Halted => json!({"keyName": "HALTED", "name": "Halted", "description": "Halted"}),
    }
}

fn status(guest: &Guest) -> Value {
    match guest.deleted {
        true => json!({"keyName": "DISCONNECTED", "name": "Disconnected"}),
        false => json!({"keyName": "ACTIVE", "name": "Active"}),
    }
}

/// Metadata comes on a disk of its own, if there was some when the guest was ordered.
fn disks(guest: &Guest) -> Value {
    let device = |disk: &Disk| {
        let kind = match disk.device {
            1 => json!({"keyName": "SWAP", "name": "Swap"}),
            _ => json!({"keyName": "SYSTEM", "name": "System"}),
        };
        json!({
            "id": disk.id,
            // A number, as a text.
            "device": disk.device.to_string(),
            "mountMode": "RW",
            "mountType": "Disk",
            "bootableFlag": u64::from(disk.device == 0),
            "diskImageId": disk.id + 1,
            "guestId": guest.id,
            "statusId": 1,
            "diskImage": {
                "id": disk.id + 1,
                "capacity": disk.gb,
                "name": format!("{}-{}", guest.hostname, disk.device),
                "units": "GB",
                "description": format!("{} - Disk {}", guest.full_name(), disk.device),
                "type": kind,
                "metadataFlag": false,
            },
        })
    };
    guest.disks.iter().map(device).collect()
}
