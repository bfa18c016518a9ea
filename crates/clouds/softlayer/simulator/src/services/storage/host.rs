//! `SoftLayer_Network_Storage_Allowed_Host`: the name and the password with which a machine
//! mounts volumes. A machine has one pair for all of them.

use crate::object_ref::{Machine, Node, ObjectRef};
use crate::state::Cloud;
use crate::state::volume::AllowedHost;
use serde_json::{Value, json};

impl Cloud {
    /// The pair of a machine, made when it is first let in somewhere.
    pub(crate) fn allowed_host(&mut self, machine: Machine) -> u64 {
        if let Some(known) = self.host_of(machine) {
            return known;
        }
        let id = self.new_id();
        let (letter, of) = match machine {
            Machine::Guest(id) => ('v', id),
            Machine::Hardware(id) => ('h', id),
        };
        let name = format!("sl02su{}-{letter}{of}", self.world.account);
        let host = AllowedHost {
            id,
            machine,
            iqn: format!("iqn.2020-03.com.ibm:{name}"),
            username: name.to_uppercase(),
            password: self.new_password(),
        };
        self.allowed_hosts.insert(id, host);
        id
    }

    /// The pair of a machine, if it has one.
    pub(crate) fn host_of(&self, machine: Machine) -> Option<u64> {
        self.allowed_hosts.values().find(|host| host.machine == machine).map(|host| host.id)
    }

    /// The volumes that a machine may mount.
    pub(crate) fn volumes_of(&self, machine: Machine) -> Vec<ObjectRef> {
        let volumes = self.volumes.values().filter(|it| it.allowed.contains(&machine));
        volumes.map(|it| ObjectRef::Volume(it.id)).collect()
    }
}

pub fn read_host(cloud: &Cloud, host: &AllowedHost, name: &str) -> Node {
    let (table, id) = match host.machine {
        Machine::Guest(id) => ("VIRTUAL_GUEST", id),
        Machine::Hardware(id) => ("HARDWARE", id),
    };
    match name {
        "id" => host.id.into(),
        "accountId" => cloud.world.account.into(),
        "credentialId" => (host.id + 1).into(),
        "name" => host.iqn.as_str().into(),
        "resourceTableId" => id.into(),
        "resourceTableName" => table.into(),
        "credential" => json!({
            "id": host.id + 1,
            "accountId": cloud.world.account,
            "nasCredentialTypeId": 2,
            "username": host.username,
            "password": host.password,
        })
        .into(),
        "assignedIscsiVolumes" | "assignedVolumes" => Node::Many(cloud.volumes_of(host.machine)),
        _ => Value::Null.into(),
    }
}
