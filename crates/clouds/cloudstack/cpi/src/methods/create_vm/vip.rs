//! Vip networks: public addresses that lead to the VM, and what they let in.

use super::created::{CreatedNic, CreatedVm};
use super::public_addresses::{self, check_takeover, holder, ip_text};
use super::resolve::ResolvedVip;
use super::spec::vip::VipSpec;
use crate::api::change;
use crate::errors::CloudResult;
use crate::intent::{Intent, PublicResourceKind};
use crate::properties::{FirewallRule, Wait};
use crate::resources::public_ip::{self, ACQUIRED_FOR};
use crate::resources::{firewall_rule, public_resource, static_nat};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Networks, Result};
use cloudstack::api::{AssociateIpAddress, CreateTags, Nic, PublicIpAddress, TagPair, TaggedType};
use cpi_kit::Owned;
use journal::Operation;
use serde_json::json;

/// How often an address is taken over at most that other VMs take over at the same time.
const MAX_TAKEOVERS: usize = 8;

/// The address leads to another VM, or has rules.
const LEADS_ELSEWHERE: i64 = 537;

/// The NIC that a public address leads to.
struct NicTarget {
    network: String,
    vpc: Option<String>,
}

/// Gives a new VM its public addresses; `networks` are completed with those that were acquired.
pub(super) async fn attach_all(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
    networks: &mut Networks,
) -> CloudResult<()> {
    for vip in &created.resolved.vips {
        let ip = attach(cloud, operation, created, vip).await?;
        let mut named = networks.iter_mut();
        if let Some((_, network)) = named.find(|(name, _)| *name == vip.spec.name)
            && network.ip.is_none()
        {
            network.set("ip", json!(ip));
        }
    }
    Ok(())
}

async fn attach(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
    vip: &ResolvedVip<'_>,
) -> CloudResult<String> {
    let acquired = match vip.spec.acquire {
        true => acquire(cloud, operation, created, vip).await?,
        false => None,
    };
    let (address, nic) = match acquired {
        Some(new) => new,
        None => {
            let address = match &vip.address {
                Some(address) => address.clone(),
                None => public_addresses::require(cloud, vip.spec).await?,
            };
            let nic = nic_for(created, vip, Some(&address))?;
            release_from_holder(cloud, operation, vip.spec, &address).await?;
            (address.into_row(), nic)
        }
    };
    if nic.vpc.is_some() && !vip.spec.firewall.is_empty() {
        return Err(CpiError::not_supported(format!(
            "{}.firewall: {} belongs to a VPC, whose tiers have ACLs in place of firewall rules",
            vip.spec.path, address.ipaddress
        ))
        .into());
    }
    lead(cloud, operation, created, vip.spec, &address.id, &nic).await?;
    for rule in &vip.spec.firewall {
        create_firewall_rule(cloud, operation, created, &address.id, rule).await?;
    }
    Ok(address.ipaddress)
}

/// Leads the address to the VM. Where several VMs take it over at once, each has it in turn, and
/// the last one keeps it.
async fn lead(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
    spec: &VipSpec,
    address: &str,
    nic: &NicTarget,
) -> CloudResult<()> {
    for _ in 1..MAX_TAKEOVERS {
        let enabled =
            static_nat::enable(cloud, operation, address, &created.vm.id, &nic.network).await;
        match enabled {
            Err(failure) if failure.has_code(LEADS_ELSEWHERE) => {
                let there = public_ip::by_id(cloud, address).await?;
                let Some(there) = there.filter(|it| it.isstaticnat) else { return Err(failure) };
                release_from_holder(cloud, operation, spec, &there).await?;
            }
            enabled => return enabled,
        }
    }
    static_nat::enable(cloud, operation, address, &created.vm.id, &nic.network).await
}

/// Takes an address for the VM, and marks it as to be given back with it. None if the account
/// has the wanted one already.
async fn acquire(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
    vip: &ResolvedVip<'_>,
) -> CloudResult<Option<(PublicIpAddress, NicTarget)>> {
    let spec = vip.spec;
    let nic = nic_for(created, vip, None)?;
    let call = AssociateIpAddress {
        networkid: nic.vpc.is_none().then(|| nic.network.clone()),
        vpcid: nic.vpc.clone(),
        ipaddress: spec.ip.map(|ip| ip.to_string()),
    };
    let (kind, name) = (PublicResourceKind::PublicIp, &created.vm.name);
    let (id, told) = match public_resource::create(cloud, operation, kind, name, &call).await {
        Ok(made) => made,
        Err(failure) if spec.ip.is_some() && failure.is_refusal() => {
            // The account may have it already; if not, the refusal stands.
            tracing::info!("{}: {failure}", spec.path);
            return match public_addresses::find(cloud, spec).await? {
                Some(_) => Ok(None),
                None => Err(CpiError::cloud(format!(
                    "arguments[3].{}.ip: {} cannot be acquired: {failure}",
                    spec.name,
                    ip_text(spec)
                ))
                .into()),
            };
        }
        Err(failure) => return Err(failure),
    };
    mark_as_acquired(cloud, operation, &id, name).await?;
    let told = told.pointer("/ipaddress/ipaddress").and_then(|ip| ip.as_str()).map(str::to_owned);
    let ipaddress = match told {
        Some(ip) => ip,
        None => public_ip::by_id(cloud, &id)
            .await?
            .map(|there| there.ipaddress.clone())
            .unwrap_or_default(),
    };
    // A cloud before 4.14 does not know the parameter, and acquires any address.
    if spec.ip.is_some() && ipaddress != ip_text(spec) {
        return Err(CpiError::not_supported(format!(
            "arguments[3].{}.ip: the cloud acquired {ipaddress} instead of {}: CloudStack before \
             4.14 cannot acquire a given address; acquire it yourself, and leave out {}.acquire",
            spec.name,
            ip_text(spec),
            spec.path
        ))
        .into());
    }
    let address = PublicIpAddress { id, ipaddress, ..PublicIpAddress::default() };
    Ok(Some((address, nic)))
}

/// Tags an address with the VM that it was acquired for.
async fn mark_as_acquired(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    address: &str,
    vm: &str,
) -> CloudResult<()> {
    let tags = CreateTags {
        resourcetype: TaggedType::PublicIpAddress,
        resourceids: vec![address.to_owned()],
        tags: vec![TagPair { key: ACQUIRED_FOR.into(), value: vm.to_owned() }],
    };
    let until = cloud.deadline(Wait::CreateVm);
    let send = async || cloud.run_job(&tags, until).await.map(drop);
    let probe = async || {
        let there = public_ip::by_id(cloud, address).await?;
        Ok(there.filter(|address| !address.tags.is_empty()).map(drop))
    };
    change(operation, Intent::change("tags", address), send, probe).await
}

/// Takes an address from the VM that it leads to, if that is allowed.
async fn release_from_holder(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &VipSpec,
    address: &Owned<PublicIpAddress>,
) -> CloudResult<()> {
    check_takeover(spec, address)?;
    match holder(address) {
        Some(holder) => static_nat::take_over(cloud, operation, address, holder).await,
        None => Ok(()),
    }
}

/// The NIC that the address leads to: the one that is named, the one of the address's own
/// network or VPC, or the default one.
fn nic_for(
    created: &CreatedVm<'_>,
    vip: &ResolvedVip<'_>,
    address: Option<&PublicIpAddress>,
) -> Result<NicTarget> {
    let nics = &created.vm.nic;
    let vpc_of = |nic: &Nic| nic.other.get("vpcid").and_then(|id| id.as_str()).map(str::to_owned);
    let target = |nic: &Nic| NicTarget { network: nic.networkid.clone(), vpc: vpc_of(nic) };
    let in_network = |id: &str| nics.iter().find(|nic| nic.networkid == id);
    if let Some(wanted) = &vip.network {
        return in_network(&wanted.id).map(target).ok_or_else(|| {
            CpiError::cpi(format!(
                "{}: the VM has no NIC in the network that the address is to lead to",
                vip.spec.path
            ))
        });
    }
    if let Some(group) = &vip.spec.group {
        let of_group = |nic: &&CreatedNic<'_>| {
            nic.resolved.spec.group.as_ref() == Some(group) && nic.resolved.network.is_some()
        };
        if let Some(nic) = created.nics.iter().find(of_group) {
            return Ok(target(nic.row));
        }
    }
    let own = address.and_then(|address| match (&address.vpcid, &address.associatednetworkid) {
        (Some(vpc), _) => nics.iter().find(|nic| vpc_of(nic).as_ref() == Some(vpc)),
        (None, Some(network)) => in_network(network),
        (None, None) => None,
    });
    let default = || nics.iter().find(|nic| nic.isdefault).or(nics.first());
    own.or_else(default).map(target).ok_or_else(|| {
        CpiError::cloud(format!("VM {} has no NIC for its public address", created.vm.name))
    })
}

/// Makes a firewall rule; one that exists already is as good.
async fn create_firewall_rule(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    created: &CreatedVm<'_>,
    address: &str,
    rule: &FirewallRule,
) -> CloudResult<()> {
    let call = firewall_rule::create_call(address, rule);
    let (kind, name) = (PublicResourceKind::FirewallRule, &created.vm.name);
    match public_resource::create(cloud, operation, kind, name, &call).await {
        Err(failure) if failure.has_code(537) => {
            tracing::info!("the address lets that in already: {failure}");
            Ok(())
        }
        other => other.map(drop),
    }
}
