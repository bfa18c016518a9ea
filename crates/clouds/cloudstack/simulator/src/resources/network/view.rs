//! A network as clients see it.

use super::service;
use crate::engine::{Call, fields};
use crate::resources::tag;
use crate::state::clock::stamp;
use crate::state::{Cloud, Network, NetworkOffering};
use crate::world::NetworkKind;
use cloudstack::api;
use serde_json::{Map, Value, json};

/// How the caller sees a network.
pub fn view(cloud: &Cloud, call: &Call<'_>, network: &Network) -> api::Network {
    let offering = cloud.network_offering(&network.offering);
    api::Network {
        id: network.id.clone(),
        name: network.name.clone(),
        kind: network.kind.name().into(),
        state: network.state().into(),
        zoneid: Some(network.zone.clone()),
        gateway: network.range.map(|range| range.gateway.to_string()),
        netmask: network.range.map(|range| range.netmask().to_string()),
        cidr: network.range.map(|range| range.cidr()),
        vpcid: network.vpc.clone(),
        service: offering.map(service::of_network).unwrap_or_default(),
        tags: tag::of(cloud, &network.id),
        other: rest(cloud, call, network, offering),
    }
}

fn rest(
    cloud: &Cloud,
    call: &Call<'_>,
    network: &Network,
    offering: Option<&NetworkOffering>,
) -> Map<String, Value> {
    let admin = call.caller.is_admin();
    let zone = cloud.zones.ever(&network.zone);
    let vlan = network.vlan.as_deref().filter(|_| admin);
    let flag = |flag| offering.is_some_and(|offering| offering.spec.has(flag));
    let offers = |service| offering.is_some_and(|offering| offering.offers(service));
    let shared = network.kind == NetworkKind::Shared;
    let vpc = network.vpc.as_ref().and_then(|vpc| cloud.routing.vpcs.get(vpc));
    let acl = network.acl.as_ref().and_then(|acl| cloud.routing.acl_lists.get(acl));
    let name = offering.map(|offering| &offering.spec.name);
    let mut row = fields(json!({
        "displaytext": network.display_text,
        "broadcastdomaintype": if zone.is_some_and(|z| z.is_basic()) { "Native" } else { "Vlan" },
        "traffictype": "Guest",
        "zonename": cloud.zone_name(&network.zone),
        "networkofferingid": offering.map(|offering| &offering.id),
        "networkofferingname": name,
        "networkofferingdisplaytext": name,
        "networkofferingconservemode": flag("conservemode"),
        "networkofferingavailability": offering.map(|offering| &offering.spec.availability),
        "issystem": false,
        "related": network.id,
        "broadcasturi": vlan.map(|vlan| format!("vlan://{vlan}")),
        "vlan": vlan,
        "dns1": zone.map(|zone| &zone.spec.dns1),
        "acltype": if shared { "Domain" } else { "Account" },
        "subdomainaccess": shared.then_some(true),
        "networkdomain": network.range.map(|_| &network.domain),
        "physicalnetworkid": cloud.routing.physical.get(&network.zone),
        "ip6gateway": network.range6.map(|range| range.gateway()),
        "ip6cidr": network.range6.map(|range| range.cidr()),
        "restartrequired": false,
        "specifyvlan": flag("specifyvlan"),
        "specifyipranges": flag("specifyipranges"),
        "vpcname": vpc.map(|vpc| &vpc.name),
        "canusefordeploy": true,
        "ispersistent": false,
        "details": admin.then(|| json!({})),
        "displaynetwork": admin.then_some(true),
        "aclid": acl.map(|acl| &acl.id),
        "aclname": acl.map(|acl| &acl.name),
        "strechedl2subnet": false,
        "redundantrouter": false,
        "supportsvmautoscaling": flag("autoscaling"),
        "created": stamp(network.created),
        "receivedbytes": 0,
        "sentbytes": 0,
        "egressdefaultpolicy": offers("Firewall").then_some(flag("egressdefaultpolicy")),
        "publicmtu": 1500,
        "privatemtu": 1500,
        "hasannotations": false,
    }));
    match &network.owner {
        Some(owner) => row.extend(cloud.owner_fields(owner)),
        None => row.extend(fields(json!({
            "domainid": cloud.domain.id,
            "domain": cloud.domain.name,
            "domainpath": cloud.domain.name,
        }))),
    }
    row
}
