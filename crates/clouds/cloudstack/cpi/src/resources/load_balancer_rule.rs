//! Load balancer rules. One that was made stays when its last VM goes: clients know its address,
//! and the VM that comes next is to find it. The garbage collection deletes those that serve none.

use super::{OwnedResources, find_own, if_allowed};
use crate::errors::{CloudResult, ResultExt};
use crate::intent::{Intent, PublicResource, PublicResourceKind};
use crate::session::CloudStack;
use cloudstack::api::{
    ListLoadBalancerRuleInstances, ListLoadBalancerRules, LoadBalancerRule, VirtualMachine,
};
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};

/// The rules of exactly this name.
pub(crate) async fn named(cloud: &CloudStack, name: &str) -> CloudResult<Vec<LoadBalancerRule>> {
    let of =
        ListLoadBalancerRules { name: Some(name.to_owned()), ..ListLoadBalancerRules::default() };
    let mut rules = cloud.list(of).await?;
    rules.retain(|rule| rule.name == name);
    Ok(rules)
}

/// The account's own rule of this id.
pub(super) async fn by_id(
    cloud: &CloudStack,
    id: &str,
) -> CloudResult<Option<Owned<LoadBalancerRule>>> {
    let of = ListLoadBalancerRules {
        id: Some(id.to_owned()),
        listall: Some(true),
        ..ListLoadBalancerRules::default()
    };
    find_own(cloud, of, Claim::journaled_id(id)).await
}

/// The VMs behind a rule; None if there is no such rule.
pub(crate) async fn members(
    cloud: &CloudStack,
    rule: &str,
) -> CloudResult<Option<Vec<VirtualMachine>>> {
    let of = ListLoadBalancerRuleInstances { id: rule.to_owned() };
    cloud.list(of).await.or_none_if_gone()
}

/// The rules whose description is ours.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let mut owned = Vec::new();
    for rule in if_allowed(cloud.list(ListLoadBalancerRules::default()).await)? {
        let ours = rule.description.as_deref().and_then(|note| cloud.names.parse_note(note));
        let Some(ours) = ours else { continue };
        let members = members(cloud, &rule.id).await?.unwrap_or_default();
        let resource =
            PublicResource { kind: PublicResourceKind::LoadBalancerRule, id: rule.id.clone() };
        owned.push(OwnedResource {
            kind: resource.kind.name(),
            cid: rule.id,
            name: rule.name,
            ours: Some(ours),
            purpose: ResourceRole::Servant("it serves no VM"),
            used: (!members.is_empty()).then_some("a VM is behind it"),
            // Of no VM: whatever is behind it then keeps it.
            target: Intent::PublicResource { resource, vm: String::new() },
        });
    }
    Ok(owned)
}
