//! What was made outside of VMs and serves none any more: acquired addresses, load balancer
//! rules; and networks that BOSH manages.

use super::{Found, GcPolicy, Verdict};
use crate::CloudStack;
use crate::errors::{self, Doing, Failure};
use crate::naming::Ours;
use crate::outside::{Outside, OutsideThing, acquired_for};
use crate::steps::Target;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{
    ListLoadBalancerRuleInstances, ListLoadBalancerRules, ListNetworks, ListPublicIpAddresses,
};

/// A thing of ours.
struct Thing {
    kind: &'static str,
    cid: String,
    name: String,
    ours: Ours,
    used: Option<&'static str>,
    target: Target,
}

impl CloudStack {
    /// Everything of ours outside of VMs, with what becomes of it and why.
    pub(super) async fn outside_garbage(&self, policy: &GcPolicy) -> Result<Vec<Found>> {
        let failed = |failure| errors::answer(Doing::Lookup, "looking for garbage", failure);
        let mut found = Vec::new();
        for thing in self.outside_things().await.map_err(failed)? {
            let live = self.ledger().await?.is_live(thing.ours.operation).await;
            let live = live.map_err(|e| CpiError::cpi(e.to_string()))?;
            let (verdict, reason) = judge(&thing, live, policy);
            let age = thing.ours.operation.age().as_secs();
            let Thing { kind, cid, name, target, .. } = thing;
            found.push(Found { kind, cid, name, age, verdict, reason, target: Some(target) });
        }
        Ok(found)
    }

    async fn outside_things(&self) -> std::result::Result<Vec<Thing>, Failure> {
        let mut things = self.acquired_addresses().await?;
        things.extend(self.own_balancers().await?);
        things.extend(self.own_networks().await?);
        Ok(things)
    }

    async fn acquired_addresses(&self) -> std::result::Result<Vec<Thing>, Failure> {
        let addresses = if_allowed(self.list(ListPublicIpAddresses::default()).await)?;
        let thing = |address: cloudstack::api::PublicIpAddress| {
            let vm = acquired_for(&address)?.to_owned();
            let thing = OutsideThing { what: Outside::Address, id: address.id.clone() };
            Some(Thing {
                kind: Outside::Address.name(),
                ours: self.names.parse(&vm)?,
                cid: address.id,
                name: address.ipaddress,
                used: address.isstaticnat.then_some("it leads to a VM"),
                target: Target::Outside { thing, vm },
            })
        };
        Ok(addresses.into_iter().filter_map(thing).collect())
    }

    async fn own_balancers(&self) -> std::result::Result<Vec<Thing>, Failure> {
        let mut things = Vec::new();
        for rule in if_allowed(self.list(ListLoadBalancerRules::default()).await)? {
            let ours = rule.description.as_deref().and_then(|note| self.names.parse_note(note));
            let Some(ours) = ours else { continue };
            let members = self.list(ListLoadBalancerRuleInstances { id: rule.id.clone() }).await?;
            let thing = OutsideThing { what: Outside::LoadBalancer, id: rule.id.clone() };
            things.push(Thing {
                kind: Outside::LoadBalancer.name(),
                cid: rule.id,
                name: rule.name,
                ours,
                used: (!members.is_empty()).then_some("a VM is behind it"),
                // Of no VM: whatever is behind it then keeps it.
                target: Target::Outside { thing, vm: String::new() },
            });
        }
        Ok(things)
    }

    async fn own_networks(&self) -> std::result::Result<Vec<Thing>, Failure> {
        let networks = self.list(ListNetworks::default()).await?;
        let thing = |network: cloudstack::api::Network| {
            let ours = self.names.parse(&network.name)?;
            let target = Target::Network { name: network.name.clone() };
            let (cid, name) = (network.id, network.name);
            Some(Thing { kind: NETWORK, cid, name, ours, used: None, target })
        };
        Ok(networks.into_iter().filter_map(thing).collect())
    }
}

const NETWORK: &str = "network";

fn judge(thing: &Thing, live: bool, policy: &GcPolicy) -> (Verdict, &'static str) {
    if policy.known.as_ref().is_some_and(|known| known.contains(&thing.cid)) {
        return (Verdict::Keep, "the director knows it (--keep)");
    }
    if let Some(used) = thing.used {
        return (Verdict::Keep, used);
    }
    if live {
        return (Verdict::Keep, "a call is working on it");
    }
    // The director names it to nobody until it deletes it.
    if thing.kind == NETWORK && policy.known.is_none() {
        return (Verdict::List, "a network that BOSH manages: give --keep to decide");
    }
    if thing.ours.operation.age() < policy.older_than {
        return (Verdict::List, "younger than --older-than");
    }
    (Verdict::Delete, "it serves no VM")
}

/// A zone or a role without such things has made none of them either.
fn if_allowed<T>(
    rows: std::result::Result<Vec<T>, Failure>,
) -> std::result::Result<Vec<T>, Failure> {
    match rows {
        Err(failure) if failure.has_code(432) => Ok(Vec::new()),
        rows => rows,
    }
}
