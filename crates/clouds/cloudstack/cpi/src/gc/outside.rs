//! What was made outside of VMs and serves none any more: acquired addresses, load balancer
//! rules; and networks that BOSH manages.

use super::{Answer, if_allowed};
use crate::CloudStack;
use crate::outside::{Outside, OutsideThing, acquired_for};
use crate::steps::Intent;
use cloudstack::api::{
    ListLoadBalancerRuleInstances, ListLoadBalancerRules, ListNetworks, ListPublicIpAddresses,
    Network, PublicIpAddress,
};
use cpi_kit::{OwnedResource, ResourceRole};

const OF_NO_USE: ResourceRole = ResourceRole::Servant("it serves no VM");

/// Everything of ours outside of VMs.
pub(super) async fn owned_resources(cloud: &CloudStack) -> Answer<Vec<OwnedResource<Intent>>> {
    let mut things = acquired_addresses(cloud).await?;
    things.extend(own_balancers(cloud).await?);
    things.extend(own_networks(cloud).await?);
    Ok(things)
}

async fn acquired_addresses(cloud: &CloudStack) -> Answer<Vec<OwnedResource<Intent>>> {
    let addresses = if_allowed(cloud.list(ListPublicIpAddresses::default()).await)?;
    let thing = |address: PublicIpAddress| {
        let vm = acquired_for(&address)?.to_owned();
        let thing = OutsideThing { what: Outside::Address, id: address.id.clone() };
        Some(OwnedResource {
            kind: Outside::Address.name(),
            ours: Some(cloud.names.parse(&vm)?),
            purpose: OF_NO_USE,
            cid: address.id,
            name: address.ipaddress,
            used: address.isstaticnat.then_some("it leads to a VM"),
            target: Intent::Outside { thing, vm },
        })
    };
    Ok(addresses.into_iter().filter_map(thing).collect())
}

async fn own_balancers(cloud: &CloudStack) -> Answer<Vec<OwnedResource<Intent>>> {
    let mut things = Vec::new();
    for rule in if_allowed(cloud.list(ListLoadBalancerRules::default()).await)? {
        let ours = rule.description.as_deref().and_then(|note| cloud.names.parse_note(note));
        let Some(ours) = ours else { continue };
        let members = cloud.list(ListLoadBalancerRuleInstances { id: rule.id.clone() }).await?;
        let thing = OutsideThing { what: Outside::LoadBalancer, id: rule.id.clone() };
        things.push(OwnedResource {
            kind: Outside::LoadBalancer.name(),
            cid: rule.id,
            name: rule.name,
            ours: Some(ours),
            purpose: OF_NO_USE,
            used: (!members.is_empty()).then_some("a VM is behind it"),
            // Of no VM: whatever is behind it then keeps it.
            target: Intent::Outside { thing, vm: String::new() },
        });
    }
    Ok(things)
}

async fn own_networks(cloud: &CloudStack) -> Answer<Vec<OwnedResource<Intent>>> {
    let networks = cloud.list(ListNetworks::default()).await?;
    let thing = |network: Network| {
        let ours = cloud.names.parse(&network.name)?;
        Some(OwnedResource {
            kind: "network",
            cid: network.id,
            ours: Some(ours),
            purpose: ResourceRole::Silent,
            used: None,
            target: Intent::Network { name: network.name.clone() },
            name: network.name,
        })
    };
    Ok(networks.into_iter().filter_map(thing).collect())
}
