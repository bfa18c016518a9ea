//! What is told of a server.

use crate::object_ref::{Machine, Node, ObjectRef};
use crate::state::Cloud;
use crate::state::billing::Resource;
use crate::state::guest::Power;
use crate::state::network::Nic;
use crate::state::server::Server;
use crate::state::time::stamp;
use serde_json::{Value, json};

pub fn read(cloud: &Cloud, server: &Server, name: &str) -> Node {
    let machine = Machine::Hardware(server.id);
    let transaction =
        server.transaction.as_ref().map(|it| it.value(cloud.now(), ("hardwareId", server.id)));
    match name {
        "id" => server.id.into(),
        "accountId" => cloud.world.account.into(),
        "bareMetalInstanceFlag" => 0.into(),
        "domain" => server.domain.as_str().into(),
        "hostname" => server.hostname.as_str().into(),
        "fullyQualifiedDomainName" => server.full_name().into(),
        "globalIdentifier" => server.uuid.as_str().into(),
        "hardwareStatusId" => if server.provisioned.is_some() { 5 } else { 10 }.into(),
        "notes" => json!(server.notes).into(),
        "provisionDate" => json!(server.provisioned.map(stamp)).into(),
        "activeTransaction" => json!(transaction).into(),
        "activeTransactions" => json!(Vec::from_iter(transaction)).into(),
        "allowedHost" => Node::One(cloud.host_of(machine).map(ObjectRef::AllowedHost)),
        "allowedNetworkStorage" => Node::Many(cloud.volumes_of(machine)),
        "billingItem" => {
            let item = cloud.billed_by(Resource::Hardware(server.id));
            Node::One(item.map(|it| ObjectRef::BillingItem(it.id)))
        }
        "datacenter" => Node::One(Some(ObjectRef::Location(server.location))),
        "hardwareStatus" => match server.provisioned {
            Some(_) => json!({"id": 5, "status": "ACTIVE"}),
            None => json!({"id": 10, "status": "DEPLOY"}),
        }
        .into(),
        "hourlyBillingFlag" => server.hourly.into(),
        "memoryCapacity" => (server.memory >> 10).into(),
        "processorPhysicalCoreAmount" => server.cores.into(),
        "privateNetworkOnlyFlag" => {
            let public = |nic: &Nic| nic.machine == machine && nic.port == 1;
            (!cloud.nics.values().any(public)).into()
        }
        "serverPowerState" => match server.power {
            Power::Running => "on".into(),
            Power::Halted => "off".into(),
        },
        "sshKeys" => Node::Many(server.ssh_keys.iter().map(|id| ObjectRef::SshKey(*id)).collect()),
        "tagReferences" => cloud.tag_references(&server.tags, server.id, 1).into(),
        "userData" => {
            let kind = json!({"keyname": "USER_DATA", "name": "User Data"});
            let data = server.user_data.iter().map(|text| json!({"value": text, "type": kind}));
            json!(data.collect::<Vec<_>>()).into()
        }
        "operatingSystem" => match server.provisioned {
            None => Value::Null,
            Some(_) => json!({
                "id": server.id + 3,
                "hardwareId": server.id,
                "description": server.os,
                "passwords": [
                    {"id": server.id + 4, "username": "root", "password": server.password},
                ],
            }),
        }
        .into(),
        _ => cloud.network_of(machine, name),
    }
}
