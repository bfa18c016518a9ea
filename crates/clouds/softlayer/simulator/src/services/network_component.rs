//! `SoftLayer_Virtual_Guest_Network_Component`: how machines are on networks.

use crate::object_ref::{Machine, Node, ObjectRef};
use crate::state::Cloud;
use crate::state::network::Nic;
use crate::state::time::stamp;
use crate::world::Space;
use serde_json::json;

/// Where a network component will be.
#[derive(Debug, Clone)]
pub struct NicPlan {
    /// The VLAN.
    pub vlan: u64,
    /// The subnet.
    pub subnet: u64,
    /// Mbit/s.
    pub max_speed: u64,
    /// Security groups.
    pub security_groups: Vec<u64>,
}

impl Cloud {
    /// Adds a network component to a machine.
    pub(crate) fn add_nic(&mut self, machine: Machine, space: Space, plan: &NicPlan) {
        let id = self.new_id();
        let nic = Nic {
            id,
            uuid: self.new_uuid(),
            machine,
            port: space.port(),
            mac: self.new_mac(),
            vlan: plan.vlan,
            subnet: plan.subnet,
            address: None,
            max_speed: plan.max_speed,
            security_groups: plan.security_groups.clone(),
            created: self.now(),
        };
        self.nics.insert(id, nic);
    }
}

pub fn read(cloud: &Cloud, nic: &Nic, name: &str) -> Node {
    let of = |machine: Machine| match machine {
        Machine::Guest(id) => (Some(id), None),
        Machine::Hardware(id) => (None, Some(id)),
    };
    let record = || cloud.addresses.values().find(|it| Some(it.address) == nic.address);
    match name {
        "id" => nic.id.into(),
        "guestId" => json!(of(nic.machine).0).into(),
        "hardwareId" => json!(of(nic.machine).1).into(),
        "createDate" => stamp(nic.created).into(),
        "name" => "eth".into(),
        "port" => nic.port.into(),
        "macAddress" => nic.mac.as_str().into(),
        "maxSpeed" | "speed" => nic.max_speed.into(),
        "status" => if nic.address.is_some() { "ACTIVE" } else { "DISABLED" }.into(),
        "uuid" => nic.uuid.as_str().into(),
        "networkId" | "networkVlanId" => nic.vlan.into(),
        "guest" => Node::One(of(nic.machine).0.map(ObjectRef::Guest)),
        "networkVlan" => Node::One(Some(ObjectRef::Vlan(nic.vlan))),
        "primaryIpAddress" => json!(nic.address.map(|it| it.to_string())).into(),
        "primaryIpAddressRecord" => Node::One(record().map(|it| ObjectRef::Address(it.id))),
        "primarySubnet" => Node::One(nic.address.map(|_| ObjectRef::Subnet(nic.subnet))),
        "subnets" => {
            let here = cloud.subnets.values().filter(|it| it.vlan == nic.vlan);
            Node::Many(here.map(|it| ObjectRef::Subnet(it.id)).collect())
        }
        "ipAddressBindings" => bindings(cloud, nic),
        "securityGroupBindings" => {
            let binding = |group: &u64| json!({"id": nic.id + group, "networkComponentId": nic.id, "securityGroupId": group});
            json!(nic.security_groups.iter().map(binding).collect::<Vec<_>>()).into()
        }
        _ => json!(null).into(),
    }
}

fn bindings(cloud: &Cloud, nic: &Nic) -> Node {
    let record = cloud.addresses.values().find(|it| Some(it.address) == nic.address);
    let Some((record, subnet)) = record.zip(cloud.subnets.get(&nic.subnet)) else {
        return json!([]).into();
    };
    let range = subnet.range;
    json!([{
        "id": record.id,
        "ipAddressId": record.id,
        "port": nic.port,
        "type": "PRIMARY",
        "ipAddress": {
            "id": record.id,
            "ipAddress": record.address,
            "subnetId": subnet.id,
            "isGateway": false, "isBroadcast": false, "isNetwork": false, "isReserved": false,
            "note": record.note,
            "subnet": {
                "id": subnet.id,
                "networkVlanId": subnet.vlan,
                "netmask": range.netmask(),
                "gateway": subnet.address_at(1),
                "cidr": range.prefix_len(),
                "networkIdentifier": range.network(),
                "subnetType": "PRIMARY",
            },
        },
    }])
    .into()
}
