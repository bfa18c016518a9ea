//! `lbs`: load balancer rules to put the VM behind, found or made.

use super::created::CreatedVm;
use crate::api::change;
use crate::errors::CloudResult;
use crate::intent::{Intent, PublicResourceKind};
use crate::properties::{LoadBalancer, Wait, given};
use crate::resources::{load_balancer_rule, public_resource};
use crate::session::CloudStack;
use bosh_cpi::CpiError;
use cloudstack::api::{
    AssignToLoadBalancerRule, CreateLoadBalancerRule, ListPublicIpAddresses, LoadBalancerRule,
    PublicIpAddress,
};
use journal::Operation;

/// What CloudStack does where nobody says otherwise.
const ALGORITHM: &str = "roundrobin";

/// Puts a new VM behind its load balancers.
pub(super) async fn join_all(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
) -> CloudResult<()> {
    for (at, lb) in created.spec.vm.lbs.iter().enumerate() {
        let path = format!("{}.lbs[{at}]", created.spec.path);
        let rule = match find(cloud, lb, &path).await? {
            Some(rule) => rule.id,
            None => make(cloud, operation, created, lb, &path).await?,
        };
        join(cloud, operation, &rule, &created.vm.id).await?;
    }
    Ok(())
}

/// The rule of that name; where several have it, the one of that address and port.
async fn find(
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

async fn make(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
    lb: &LoadBalancer,
    path: &str,
) -> CloudResult<String> {
    let missing = |what: &str| {
        CpiError::cpi(format!(
            "{path}.{what} is required: load balancer rule '{}' not found, and to make it takes \
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
    let mut addresses = cloud.get(&of).await?.items.into_iter();
    let address = addresses.find(|address| address.ipaddress == ip).ok_or_else(|| {
        CpiError::cloud(format!("{path}.public_ip: public address {ip} not found for this account"))
    })?;
    let in_vpc = address.vpcid.is_some();
    let call = CreateLoadBalancerRule {
        name: lb.name.clone(),
        description: Some(cloud.names.note(operation.id())),
        algorithm: given(&lb.algorithm).unwrap_or(ALGORITHM).to_owned(),
        publicipid: address.id.clone(),
        publicport,
        privateport,
        networkid: Some(network(created, &address)),
        openfirewall: (!in_vpc).then_some(lb.open_firewall),
    };
    let (kind, name) = (PublicResourceKind::LoadBalancerRule, &created.vm.name);
    match public_resource::create(cloud, operation, kind, name, &call).await {
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
fn network(created: &CreatedVm<'_>, address: &PublicIpAddress) -> String {
    let nics = &created.vm.nic;
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

async fn join(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    rule: &str,
    vm: &str,
) -> CloudResult<()> {
    let until = cloud.deadline(Wait::CreateVm);
    let call =
        AssignToLoadBalancerRule { id: rule.to_owned(), virtualmachineids: vec![vm.to_owned()] };
    let send = async || cloud.run_job(&call, until).await.map(drop);
    let probe = async || {
        let members = load_balancer_rule::members(cloud, rule).await?.unwrap_or_default();
        Ok(members.iter().any(|member| member.id == vm).then_some(()))
    };
    // The cloud takes the VM out of the rule when it expunges it.
    change(operation, Intent::change("load balancer", rule), send, probe).await
}
