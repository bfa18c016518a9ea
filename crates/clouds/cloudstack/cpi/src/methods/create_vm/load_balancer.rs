//! `lbs`: the VM is put behind its load balancer rules, which are made where they do not exist.

use super::created::CreatedVm;
use super::load_balancer_rules::{ResolvedRule, find};
use crate::api::change;
use crate::errors::CloudResult;
use crate::intent::{Intent, PublicResourceKind};
use crate::properties::{LoadBalancer, Wait, given};
use crate::resources::{load_balancer_rule, public_resource};
use crate::session::CloudStack;
use cloudstack::api::{AssignToLoadBalancerRule, CreateLoadBalancerRule, PublicIpAddress};
use journal::Operation;

/// What CloudStack does where nobody says otherwise.
const ALGORITHM: &str = "roundrobin";

/// Puts a new VM behind its load balancers.
pub(super) async fn join_all(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
) -> CloudResult<()> {
    let lbs = created.spec.vm.lbs.iter().zip(&created.resolved.load_balancer_rules);
    for (at, (lb, rule)) in lbs.enumerate() {
        let path = format!("{}.lbs[{at}]", created.spec.path);
        let rule = match rule {
            ResolvedRule::Found(rule) => rule.clone(),
            ResolvedRule::Missing { address, public_port, private_port } => {
                let ports = (*public_port, *private_port);
                make(cloud, operation, created, lb, &path, (address, ports)).await?
            }
        };
        join(cloud, operation, &rule, &created.vm.id).await?;
    }
    Ok(())
}

async fn make(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
    lb: &LoadBalancer,
    path: &str,
    (address, (publicport, privateport)): (&PublicIpAddress, (u16, u16)),
) -> CloudResult<String> {
    let in_vpc = address.vpcid.is_some();
    let call = CreateLoadBalancerRule {
        name: lb.name.clone(),
        description: Some(cloud.names.note(operation.id())),
        algorithm: given(&lb.algorithm).unwrap_or(ALGORITHM).to_owned(),
        publicipid: address.id.clone(),
        publicport,
        privateport,
        networkid: Some(network(created, address)),
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
