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
    methods: &[("route", route), ("unroute", unroute)],
};

fn route(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let text = call.text(0)?;
    let wanted: Option<Ipv4Addr> = text.trim().parse().ok();
    let record = cloud.addresses.values().find(|it| Some(it.address) == wanted);
    let public = record.filter(|it| {
        let vlan = cloud.subnets.get(&it.subnet).and_then(|subnet| cloud.vlans.get(&subnet.vlan));
        vlan.is_some_and(|vlan| vlan.spec.space == Space::Public)
    });
    let record = public.map(|it| it.id).ok_or_else(|| {
        Exception::public(format!("'{text}' is no public address of this account."))
    })?;
    lead(cloud, call.id()?, Some(record))
}

fn unroute(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    lead(cloud, call.id()?, None)
}

fn lead(cloud: &mut Cloud, id: u64, to: Option<u64>) -> Result<Answer, Exception> {
    let (new, now) = (cloud.new_id(), cloud.now());
    let address = cloud.global_addresses.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if address.transaction.is_some() {
        return Err(Exception::public("The global address has an active transaction."));
    }
    let transaction =
        Transaction { id: new, group: "Global IP", status: "GLOBAL_IP_ROUTE", created: now };
    let told = transaction.value(now, ("guestId", 0));
    address.transaction = Some(transaction);
    address.destination = to;
    cloud.after(Phase::AddressRouted, Event::Routed(id));
    Ok(Answer::Value(told))
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
            "isBroadcast": false, "isGateway": false, "isNetwork": false, "isReserved": false,
        })
        .into(),
        _ => Value::Null.into(),
    }
}
