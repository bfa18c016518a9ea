//! `SoftLayer_Account`: the lists of everything.

use super::{
    Service, address, global_address, guest, hardware, image, order, placement, ssh_key, storage,
    user, vlan,
};
use crate::kind::{Kind, Leads};
use crate::state::Cloud;
use crate::thing::{Node, Thing};
use crate::world::Space;
use serde_json::json;

/// The account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its number.
    pub id: u64,
}

pub static KIND: Kind = Kind {
    name: "SoftLayer_Account",
    locals: &["id", "companyName", "brandId", "country", "accountStatusId", "createDate"],
    relations: &[
        ("blockDeviceTemplateGroups", Leads::Many(&image::KIND)),
        ("privateBlockDeviceTemplateGroups", Leads::Many(&image::KIND)),
        ("currentUser", Leads::One(&user::KIND)),
        ("users", Leads::Many(&user::KIND)),
        ("virtualGuests", Leads::Many(&guest::KIND)),
        ("hourlyVirtualGuests", Leads::Many(&guest::KIND)),
        ("monthlyVirtualGuests", Leads::Many(&guest::KIND)),
        ("networkVlans", Leads::Many(&vlan::KIND)),
        ("publicNetworkVlans", Leads::Many(&vlan::KIND)),
        ("privateNetworkVlans", Leads::Many(&vlan::KIND)),
        ("subnets", Leads::Many(&address::SUBNET)),
        ("privateSubnets", Leads::Many(&address::SUBNET)),
        ("publicSubnets", Leads::Many(&address::SUBNET)),
        ("hardware", Leads::Many(&hardware::KIND)),
        ("iscsiNetworkStorage", Leads::Many(&storage::KIND)),
        ("networkStorage", Leads::Many(&storage::KIND)),
        ("orders", Leads::Many(&order::KIND)),
        ("allBillingItems", Leads::Many(&super::billing::KIND)),
        ("allTopLevelBillingItems", Leads::Many(&super::billing::KIND)),
        ("globalIpRecords", Leads::Many(&global_address::KIND)),
        ("placementGroups", Leads::Many(&placement::GROUP)),
        ("dedicatedHosts", Leads::Many(&placement::HOST)),
        ("sshKeys", Leads::Many(&ssh_key::KIND)),
    ],
};

pub static SERVICE: Service = Service {
    name: "SoftLayer_Account",
    kind: &KIND,
    find: Some(|cloud, id| cloud.accounts.contains_key(&id).then_some(Thing::Account(id))),
    own: Some(|cloud| Thing::Account(cloud.world.account)),
    methods: &[],
};

pub fn read(cloud: &Cloud, account: &Account, name: &str) -> Node {
    let guests = |hourly: Option<bool>| {
        let wanted = cloud.guests.values().filter(|it| hourly.is_none_or(|h| it.hourly == h));
        Node::Many(wanted.map(|it| Thing::Guest(it.id)).collect())
    };
    let vlans = |space: Option<Space>| {
        let wanted = cloud.vlans.values().filter(|it| space.is_none_or(|s| it.spec.space == s));
        Node::Many(wanted.map(|it| Thing::Vlan(it.id)).collect())
    };
    let subnets = |space: Option<Space>| {
        let wanted = cloud.subnets.values().filter(|it| {
            let vlan = cloud.vlans.get(&it.vlan);
            space.is_none_or(|s| vlan.is_some_and(|vlan| vlan.spec.space == s))
        });
        Node::Many(wanted.map(|it| Thing::Subnet(it.id)).collect())
    };
    match name {
        "id" => account.id.into(),
        "companyName" => "Example".into(),
        "country" => "US".into(),
        "brandId" => 2.into(),
        "accountStatusId" => 1001.into(),
        "currentUser" => Node::One(Some(Thing::User(cloud.caller))),
        "users" => Node::Many(cloud.users.keys().map(|id| Thing::User(*id)).collect()),
        "virtualGuests" => guests(None),
        "hourlyVirtualGuests" => guests(Some(true)),
        "monthlyVirtualGuests" => guests(Some(false)),
        "networkVlans" => vlans(None),
        "publicNetworkVlans" => vlans(Some(Space::Public)),
        "privateNetworkVlans" => vlans(Some(Space::Private)),
        "subnets" => subnets(None),
        "privateSubnets" => subnets(Some(Space::Private)),
        "publicSubnets" => subnets(Some(Space::Public)),
        "hardware" => Node::Many(cloud.servers.keys().map(|id| Thing::Server(*id)).collect()),
        "iscsiNetworkStorage" | "networkStorage" => {
            let volumes = cloud.volumes.values().filter(|it| it.snapshot_of().is_none());
            Node::Many(volumes.map(|it| Thing::Volume(it.id)).collect())
        }
        "orders" => Node::Many(cloud.orders.keys().map(|id| Thing::Order(*id)).collect()),
        "allBillingItems" | "allTopLevelBillingItems" => {
            let items = cloud.billing_items.values().filter(|it| it.active);
            let items = items.filter(|it| name == "allBillingItems" || it.parent.is_none());
            Node::Many(items.map(|it| Thing::BillingItem(it.id)).collect())
        }
        "globalIpRecords" => {
            Node::Many(cloud.global_addresses.keys().map(|id| Thing::GlobalAddress(*id)).collect())
        }
        "placementGroups" => {
            Node::Many(cloud.placement_groups.keys().map(|id| Thing::PlacementGroup(*id)).collect())
        }
        "dedicatedHosts" => {
            Node::Many(cloud.dedicated_hosts.keys().map(|id| Thing::DedicatedHost(*id)).collect())
        }
        "sshKeys" => Node::Many(cloud.ssh_keys.keys().map(|id| Thing::SshKey(*id)).collect()),
        "blockDeviceTemplateGroups" | "privateBlockDeviceTemplateGroups" => {
            let own = cloud.images.values().filter(|it| it.account == Some(account.id));
            Node::Many(own.map(|it| Thing::Image(it.id)).collect())
        }
        _ => json!(null).into(),
    }
}
