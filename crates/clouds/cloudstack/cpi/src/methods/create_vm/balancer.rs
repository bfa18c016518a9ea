//! `lbs`: load balancer rules to put the VM behind, found or made.
//!
//! A rule that was made stays when its last VM goes: clients know its address, and the VM that
//! comes next is to find it. `gc` deletes those that nobody uses.

use super::Made;
use crate::CloudStack;
use crate::errors::Failure;
use crate::outside::Outside;
use crate::properties::{LoadBalancer, Wait, given};
use crate::steps::{Intent, ended};
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{
    AssignToLoadBalancerRule, CreateLoadBalancerRule, ListLoadBalancerRuleInstances,
    ListLoadBalancerRules, ListPublicIpAddresses, LoadBalancerRule,
};
use journal::Operation;

type Answer<T> = std::result::Result<T, Failure>;

/// What CloudStack does where nobody says otherwise.
const ALGORITHM: &str = "roundrobin";

/// The ways in which CloudStack balances.
const ALGORITHMS: &[&str] = &["roundrobin", "leastconn", "source"];

/// Refuses what no rule can be found or made by.
pub(super) fn check(wanted: &[LoadBalancer], path: &str) -> Result<()> {
    for (at, lb) in wanted.iter().enumerate() {
        if lb.name.trim().is_empty() {
            return Err(CpiError::cpi(format!("{path}.lbs[{at}].name: missing")));
        }
        if let Some(other) = given(&lb.algorithm).filter(|it| !ALGORITHMS.contains(it)) {
            return Err(CpiError::cpi(format!(
                "{path}.lbs[{at}].algorithm: expected one of {}, got '{other}'",
                ALGORITHMS.join(", ")
            )));
        }
    }
    Ok(())
}

/// Puts a new VM behind its load balancers.
pub(super) async fn join(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    made: &Made<'_>,
) -> Answer<()> {
    for (at, lb) in made.wishes.vm.lbs.iter().enumerate() {
        let path = format!("{}.lbs[{at}]", made.wishes.path);
        let rule = match find(cloud, lb, &path).await? {
            Some(rule) => rule.id,
            None => make(cloud, operation, made, lb, &path).await?,
        };
        assign(cloud, operation, &rule, &made.vm.id).await?;
    }
    Ok(())
}

/// The rule of that name; where several have it, the one of that address and port.
async fn find(
    cloud: &CloudStack,
    lb: &LoadBalancer,
    path: &str,
) -> Answer<Option<LoadBalancerRule>> {
    let of =
        ListLoadBalancerRules { name: Some(lb.name.clone()), ..ListLoadBalancerRules::default() };
    let mut rules = cloud.list(of).await?;
    rules.retain(|rule| rule.name == lb.name);
    if rules.len() > 1 {
        let is = |rule: &LoadBalancerRule| {
            given(&lb.public_ip).is_none_or(|ip| rule.publicip == ip)
                && lb.public_port.is_none_or(|port| rule.publicport == port.to_string())
        };
        let ids: Vec<_> = rules.iter().map(|rule| rule.id.clone()).collect();
        rules.retain(is);
        if rules.len() != 1 {
            return Err(CpiError::cloud(format!(
                "{path}: several load balancer rules are named '{}' ({}); public_ip and \
                 public_port must tell which is meant",
                lb.name,
                ids.join(", ")
            ))
            .into());
        }
    }
    Ok(rules.pop())
}

async fn make(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    made: &Made<'_>,
    lb: &LoadBalancer,
    path: &str,
) -> Answer<String> {
    let missing = |what: &str| {
        CpiError::cpi(format!(
            "{path}.{what}: missing; there is no load balancer rule '{}', and to make it takes \
             public_ip, public_port and private_port",
            lb.name
        ))
    };
    let ip = given(&lb.public_ip).ok_or_else(|| missing("public_ip"))?;
    let publicport = lb.public_port.ok_or_else(|| missing("public_port"))?;
    let privateport = lb.private_port.ok_or_else(|| missing("private_port"))?;
    let of = ListPublicIpAddresses {
        ipaddress: Some(ip.to_owned()),
        ..ListPublicIpAddresses::default()
    };
    let address = cloud.look(&of).await?.items.into_iter().next().ok_or_else(|| {
        CpiError::cloud(format!("{path}.public_ip: this account has no public address {ip}"))
    })?;
    let in_vpc = address.vpcid.is_some();
    let call = CreateLoadBalancerRule {
        name: lb.name.clone(),
        description: Some(cloud.names.note(operation.id())),
        algorithm: given(&lb.algorithm).unwrap_or(ALGORITHM).to_owned(),
        publicipid: address.id.clone(),
        publicport,
        privateport,
        networkid: Some(network(made, &address)),
        openfirewall: (!in_vpc).then_some(lb.open_firewall),
    };
    let name = &made.vm.name;
    match cloud.make_outside(operation, Outside::LoadBalancer, name, &call).await {
        Ok((id, _)) => Ok(id),
        // Another VM of the same deployment was faster.
        Err(failure) if failure.has_code(537) => match find(cloud, lb, path).await? {
            Some(rule) => Ok(rule.id),
            None => Err(failure),
        },
        Err(failure) => Err(failure),
    }
}

/// The network of the rule's VMs: the address's own; of a VPC the tier that the VM is in.
fn network(made: &Made<'_>, address: &cloudstack::api::PublicIpAddress) -> String {
    let nics = &made.vm.nic;
    let in_vpc = |vpc: &str| {
        nics.iter().find(|nic| nic.other.get("vpcid").and_then(|id| id.as_str()) == Some(vpc))
    };
    let own = match (&address.vpcid, &address.associatednetworkid) {
        (Some(vpc), _) => in_vpc(vpc).map(|nic| nic.networkid.clone()),
        (None, network) => network.clone(),
    };
    let default = || nics.first().map(|nic| nic.networkid.clone());
    own.or_else(default).unwrap_or_default()
}

async fn assign(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    rule: &str,
    vm: &str,
) -> Answer<()> {
    let until = cloud.deadline(Wait::CreateVm);
    let call =
        AssignToLoadBalancerRule { id: rule.to_owned(), virtualmachineids: vec![vm.to_owned()] };
    operation
        .step(
            // The cloud takes the VM out of the rule when it expunges it.
            Intent::change("load balancer", rule),
            async || ended(cloud.run(&call, until).await.map(drop)),
            async || {
                let of = ListLoadBalancerRuleInstances { id: rule.to_owned() };
                let members = cloud.list(of).await?;
                Ok(members.iter().any(|member| member.id == vm).then_some(()))
            },
        )
        .await
}
