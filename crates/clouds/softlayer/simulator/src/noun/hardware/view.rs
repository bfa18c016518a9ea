//! What is told of a server.

use super::Server;
use crate::kind::{Kind, Leads};
use crate::noun::billing::Resource;
use crate::noun::guest::USER_DATA;
use crate::noun::storage::HOST;
use crate::noun::{billing, location, nic, ssh_key, storage, tag, transaction};
use crate::state::{Cloud, stamp};
use crate::thing::{Machine, Node, Thing};
use serde_json::{Value, json};

pub static KIND: Kind = Kind {
    name: "SoftLayer_Hardware_Server",
    locals: &[
        "id",
        "accountId",
        "bareMetalInstanceFlag",
        "domain",
        "fullyQualifiedDomainName",
        "globalIdentifier",
        "hardwareStatusId",
        "hostname",
        "manufacturerSerialNumber",
        "networkManagementIpAddress",
        "notes",
        "provisionDate",
        "serviceProviderId",
    ],
    relations: &[
        ("activeTransaction", Leads::One(&transaction::KIND)),
        ("activeTransactions", Leads::Many(&transaction::KIND)),
        ("allowedHost", Leads::One(&HOST)),
        ("allowedNetworkStorage", Leads::Many(&storage::KIND)),
        ("backendNetworkComponents", Leads::Many(&nic::KIND)),
        ("frontendNetworkComponents", Leads::Many(&nic::KIND)),
        ("networkComponents", Leads::Many(&nic::KIND)),
        ("primaryBackendNetworkComponent", Leads::One(&nic::KIND)),
        ("primaryNetworkComponent", Leads::One(&nic::KIND)),
        ("primaryIpAddress", Leads::Value),
        ("primaryBackendIpAddress", Leads::Value),
        ("billingItem", Leads::One(&billing::KIND)),
        ("datacenter", Leads::One(&location::KIND)),
        ("hardwareStatus", Leads::One(&STATUS)),
        ("hourlyBillingFlag", Leads::Value),
        ("memoryCapacity", Leads::Value),
        ("processorPhysicalCoreAmount", Leads::Value),
        ("privateNetworkOnlyFlag", Leads::Value),
        ("serverPowerState", Leads::Value),
        ("sshKeys", Leads::Many(&ssh_key::KIND)),
        ("tagReferences", Leads::Many(&tag::REFERENCE)),
        ("userData", Leads::Many(&USER_DATA)),
        ("operatingSystem", Leads::One(&SYSTEM)),
    ],
};

static STATUS: Kind =
    Kind { name: "SoftLayer_Hardware_Status", locals: &["id", "status"], relations: &[] };

static SYSTEM: Kind = Kind {
    name: "SoftLayer_Software_Component_OperatingSystem",
    locals: &["id", "hardwareId"],
    relations: &[("passwords", Leads::Many(&PASSWORD)), ("description", Leads::Value)],
};

static PASSWORD: Kind = Kind {
    name: "SoftLayer_Software_Component_Password",
    locals: &["id", "username", "password"],
    relations: &[],
};

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
        "allowedHost" => Node::One(cloud.host_of(machine).map(Thing::AllowedHost)),
        "allowedNetworkStorage" => Node::Many(cloud.volumes_of(machine)),
        "billingItem" => {
            let item = cloud.billed_by(Resource::Hardware(server.id));
            Node::One(item.map(|it| Thing::BillingItem(it.id)))
        }
        "datacenter" => Node::One(Some(Thing::Location(server.location))),
        "hardwareStatus" => match server.provisioned {
            Some(_) => json!({"id": 5, "status": "ACTIVE"}),
            None => json!({"id": 10, "status": "DEPLOY"}),
        }
        .into(),
        "hourlyBillingFlag" => server.hourly.into(),
        "memoryCapacity" => (server.memory >> 10).into(),
        "processorPhysicalCoreAmount" => server.cores.into(),
        "privateNetworkOnlyFlag" => {
            let public = |nic: &crate::noun::nic::Nic| nic.machine == machine && nic.port == 1;
            (!cloud.nics.values().any(public)).into()
        }
        "serverPowerState" => match server.power {
            crate::noun::guest::Power::Running => "on".into(),
            crate::noun::guest::Power::Halted => "off".into(),
        },
        "sshKeys" => Node::Many(server.ssh_keys.iter().map(|id| Thing::SshKey(*id)).collect()),
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
