//! `SoftLayer_Account`: the lists of everything.

use crate::engine::{Answer, Service};
use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::state::account::Account;
use crate::world::Space;
use serde_json::json;

pub static SERVICE: Service = Service {
    name: "SoftLayer_Account",
    find: Some(|cloud, id| cloud.accounts.contains_key(&id).then_some(ObjectRef::Account(id))),
    own: Some(|cloud| ObjectRef::Account(cloud.world.account)),
    methods: &[("getCurrentUser", |cloud, _| Ok(Answer::One(ObjectRef::User(cloud.caller))))],
};

pub fn read(cloud: &Cloud, account: &Account, name: &str) -> Node {
    let guests = |hourly: Option<bool>| {
        let wanted = cloud.guests.values().filter(|it| hourly.is_none_or(|h| it.hourly == h));
        Node::Many(wanted.map(|it| ObjectRef::Guest(it.id)).collect())
    };
    let vlans = |space: Option<Space>| {
        let wanted = cloud.vlans.values().filter(|it| space.is_none_or(|s| it.spec.space == s));
        Node::Many(wanted.map(|it| ObjectRef::Vlan(it.id)).collect())
    };
    let subnets = |space: Option<Space>| {
        let wanted = cloud.subnets.values().filter(|it| {
            let vlan = cloud.vlans.get(&it.vlan);
            space.is_none_or(|s| vlan.is_some_and(|vlan| vlan.spec.space == s))
        });
        Node::Many(wanted.map(|it| ObjectRef::Subnet(it.id)).collect())
    };
    match name {
        "id" => account.id.into(),
        "companyName" => "Example".into(),
        "country" => "US".into(),
        "brandId" => 2.into(),
        "accountStatusId" => 1001.into(),
        "users" => Node::Many(cloud.users.keys().map(|id| ObjectRef::User(*id)).collect()),
        "virtualGuests" => guests(None),
        "hourlyVirtualGuests" => guests(Some(true)),
        "monthlyVirtualGuests" => guests(Some(false)),
        "networkVlans" => vlans(None),
        "publicNetworkVlans" => vlans(Some(Space::Public)),
        "privateNetworkVlans" => vlans(Some(Space::Private)),
        "subnets" => subnets(None),
        "privateSubnets" => subnets(Some(Space::Private)),
        "publicSubnets" => subnets(Some(Space::Public)),
        "hardware" => Node::Many(cloud.servers.keys().map(|id| ObjectRef::Server(*id)).collect()),
        "iscsiNetworkStorage" | "networkStorage" => {
            let volumes = cloud.volumes.values().filter(|it| it.snapshot_of().is_none());
            Node::Many(volumes.map(|it| ObjectRef::Volume(it.id)).collect())
        }
        "orders" => Node::Many(cloud.orders.keys().map(|id| ObjectRef::Order(*id)).collect()),
        "allBillingItems" | "allTopLevelBillingItems" => {
            let items = cloud.billing_items.values().filter(|it| it.active);
            let items = items.filter(|it| name == "allBillingItems" || it.parent.is_none());
            Node::Many(items.map(|it| ObjectRef::BillingItem(it.id)).collect())
        }
        "globalIpRecords" => Node::Many(
            cloud.global_addresses.keys().map(|id| ObjectRef::GlobalAddress(*id)).collect(),
        ),
        "placementGroups" => Node::Many(
            cloud.placement_groups.keys().map(|id| ObjectRef::PlacementGroup(*id)).collect(),
        ),
        "dedicatedHosts" => Node::Many(
            cloud.dedicated_hosts.keys().map(|id| ObjectRef::DedicatedHost(*id)).collect(),
        ),
        "sshKeys" => Node::Many(cloud.ssh_keys.keys().map(|id| ObjectRef::SshKey(*id)).collect()),
        "blockDeviceTemplateGroups" | "privateBlockDeviceTemplateGroups" => {
            let own = cloud.images.values().filter(|it| it.account == Some(account.id));
            Node::Many(own.map(|it| ObjectRef::Image(it.id)).collect())
        }
        _ => json!(null).into(),
    }
}
