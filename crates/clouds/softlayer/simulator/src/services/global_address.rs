//! `SoftLayer_Network_Subnet_IpAddress_Global`: addresses that lead to any machine.

use crate::engine::{Answer, Call, Exception, Service};
use crate::object_ref::{Node, ObjectRef};
use crate::state::network::GlobalAddress;
use crate::state::transaction::Transaction;
use crate::state::{Cloud, Event};
use crate::world::{Phase, Space};
use serde_json::{Value, json};
use std::net::Ipv4Addr;

pub static SERVICE: Service = Service {
    name: "SoftLayer_Network_Subnet_IpAddress_Global",
    find: Some(|cloud, id| {
        cloud.global_addresses.contains_key(&id).then_some(ObjectRef::GlobalAddress(id))
    }),
    own: None,
    methods: &[],
};

/// A global address is a subnet of one address. What stands behind its id here is the record.
const SUBNET: u64 = 2;

/// The record of the global address that is this subnet.
pub fn of_subnet(cloud: &Cloud, subnet: u64) -> Option<u64> {
    let id = subnet.checked_sub(SUBNET)?;
    cloud.global_addresses.contains_key(&id).then_some(id)
}

/// `["SoftLayer_Network_Subnet_IpAddress", "203.0.113.5"]`. False: it is routed so already.
pub fn route(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let (kind, text) = (call.text(0)?, call.text(1)?);
    if kind != "SoftLayer_Network_Subnet_IpAddress" {
        return Err(Exception::public(format!("Routes to {kind} are not simulated.")));
    }
    let wanted: Option<Ipv4Addr> = text.trim().parse().ok();
    let record = cloud.addresses.values().find(|it| Some(it.address) == wanted);
    let public = record.filter(|it| {
        let vlan = cloud.subnets.get(&it.subnet).and_then(|subnet| cloud.vlans.get(&subnet.vlan));
        // Of a primary subnet, only what a machine has can be a destination.
        vlan.is_some_and(|vlan| vlan.spec.space == Space::Public) && it.machine.is_some()
    });
    let record = public.map(|it| it.id).ok_or_else(|| {
        Exception::public(format!("'{text}' is not a public address in use of this account."))
    })?;
    change_route(cloud, call, Some(record))
}

/// False: it is not routed.
pub fn clear_route(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    change_route(cloud, call, None)
}

fn change_route(cloud: &mut Cloud, call: &Call, to: Option<u64>) -> Result<Answer, Exception> {
    let subnet = call.id()?;
    let id = of_subnet(cloud, subnet).ok_or_else(|| {
        Exception::public(format!("The subnet {subnet} is not routed by its owner."))
    })?;
    let (new, now) = (cloud.new_id(), cloud.now());
    let address = cloud.global_addresses.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if address.transaction.is_some() {
        return Err(Exception::public("The subnet is not ready: its route is being changed."));
    }
    if address.destination == to {
        return Ok(false.into());
    }
    let transaction =
        Transaction { id: new, group: "Global IP", status: "GLOBAL_IP_ROUTE", created: now };
    address.transaction = Some(transaction);
    address.destination = to;
    cloud.after(Phase::AddressRouted, Event::Routed(id));
    Ok(true.into())
}

pub fn read(cloud: &Cloud, address: &GlobalAddress, name: &str) -> Node {
    match name {
        "id" => address.id.into(),
        "ipAddressId" => (address.id + 1).into(),
        "typeId" => 1.into(),
        "destinationIpAddressId" => json!(address.destination).into(),
        "account" => Node::One(Some(ObjectRef::Account(cloud.world.account))),
        "activeTransaction" => {
            json!(address.transaction.as_ref().map(|it| it.value(cloud.now(), ("guestId", 0))))
                .into()
        }
        "destinationIpAddress" => Node::One(address.destination.map(ObjectRef::Address)),
        "ipAddress" => json!({
            "id": address.id + 1,
            "ipAddress": address.spec.address,
            "subnetId": address.id + SUBNET,
            "isBroadcast": false, "isGateway": false, "isNetwork": false, "isReserved": false,
        })
        .into(),
        _ => Value::Null.into(),
    }
}
