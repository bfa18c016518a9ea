//! The load balancer rules that `lbs` names: found before the VM is deployed, since one that cannot
//! be made would cost a VM that runs.

use super::spec::VmSpec;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::properties::{LoadBalancer, given};
use crate::resources::load_balancer_rule;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{ListPublicIpAddresses, LoadBalancerRule, PublicIpAddress};

/// A load balancer rule that the VM will be behind.
pub(super) enum ResolvedRule {
    /// It exists; its id.
    Found(String),
    /// It has to be made, of this address and these ports.
    Missing { address: Box<PublicIpAddress>, public_port: u16, private_port: u16 },
}

/// Finds the rules, and what those are made of that do not exist.
pub(super) async fn resolve(cloud: &CloudStack, spec: &VmSpec) -> Result<Vec<ResolvedRule>> {
    let mut rules = Vec::new();
    for (at, lb) in spec.vm.lbs.iter().enumerate() {
        let path = format!("{}.lbs[{at}]", spec.path);
        let tried = || format!("{path}: looking up load balancer rule '{}'", lb.name);
        rules.push(resolve_one(cloud, lb, &path).await.during(Activity::CreateVm, tried)?);
    }
    Ok(rules)
}

async fn resolve_one(
    cloud: &CloudStack,
    lb: &LoadBalancer,
    path: &str,
) -> CloudResult<ResolvedRule> {
    if let Some(rule) = find(cloud, lb, path).await? {
        return Ok(ResolvedRule::Found(rule.id));
    }
    let missing = |what: &str| {
        CpiError::cpi(format!(
            "{path}.{what} is required: load balancer rule '{}' not found, and to make it takes \
             public_ip, public_port and private_port",
            lb.name
        ))
    };
    let ip = given(&lb.public_ip).ok_or_else(|| missing("public_ip"))?;
    let public_port = lb.public_port.ok_or_else(|| missing("public_port"))?;
    let private_port = lb.private_port.ok_or_else(|| missing("private_port"))?;
    let of = ListPublicIpAddresses {
        ipaddress: Some(ip.to_owned()),
        ..ListPublicIpAddresses::default()
    };
    let mut addresses = cloud.get(&of).await?.items.into_iter();
    let address = addresses.find(|address| address.ipaddress == ip).ok_or_else(|| {
        CpiError::cloud(format!("{path}.public_ip: public address {ip} not found for this account"))
    })?;
    Ok(ResolvedRule::Missing { address: Box::new(address), public_port, private_port })
}

/// The rule of that name; where several have it, the one of that address and port.
pub(super) async fn find(
    cloud: &CloudStack,
    lb: &LoadBalancer,
    path: &str,
) -> CloudResult<Option<LoadBalancerRule>> {
    let mut rules = load_balancer_rule::named(cloud, &lb.name).await?;
    if rules.len() > 1 {
        let is = |rule: &LoadBalancerRule| {
            given(&lb.public_ip).is_none_or(|ip| rule.publicip == ip)
                && lb.public_port.is_none_or(|port| rule.publicport == port.to_string())
        };
        let ids: Vec<_> = rules.iter().map(|rule| rule.id.clone()).collect();
        rules.retain(is);
        if rules.len() != 1 {
            return Err(CpiError::cloud(format!(
                "{path}: more than one load balancer rule is named '{}' ({}): public_ip and \
                 public_port must say which is meant",
                lb.name,
                ids.join(", ")
            ))
            .into());
        }
    }
    Ok(rules.pop())
}
