//! Vip networks: a public address that leads to a VM, and what it lets in.

use super::Made;
use super::nics::named;
use super::wishes::Wishes;
use crate::CloudStack;
use crate::errors::Failure;
use crate::lookup::{Found, NetworkRow, NetworkWanted};
use crate::outside::{ACQUIRED_FOR, Outside};
use crate::properties::{FirewallRule, NetworkProperties, Ports, Protocol, Wait};
use crate::steps::{Intent, ended};
use bosh_cpi::{CpiError, ErrorKind, Network, Networks, Result};
use cloudstack::api::{
    AssociateIpAddress, CreateFirewallRule, CreateTags, FirewallRule as FirewallRow,
    ListPublicIpAddresses, Nic, PublicIpAddress, TagPair, TaggedType, VirtualMachine,
};
use journal::Operation;
use serde_json::json;
use std::net::IpAddr;

/// The detail in which a VM remembers its firewall rules.
const RULES: &str = "bosh.firewall";

/// What CloudStack takes where no range is given.
const ANYWHERE: &str = "0.0.0.0/0";

type Answer<T> = std::result::Result<T, Failure>;

/// A public address in front of the VM.
pub(in crate::methods) struct VipWish {
    /// The network's name in the manifest.
    pub name: String,
    /// Where its properties stand.
    path: String,
    /// The address; None for any that is acquired.
    pub ip: Option<IpAddr>,
    /// Whether to acquire it, if the account does not have it.
    pub acquire: bool,
    /// Whether it may be taken from another VM.
    takeover: bool,
    /// What it lets in.
    pub firewall: Vec<FirewallRule>,
    /// The network whose NIC it leads to, where one is named.
    pub network: Option<NetworkWanted>,
    /// The group whose NIC it leads to.
    group: Option<String>,
}

impl VipWish {
    pub(super) fn read(
        name: &str,
        network: &Network,
        properties: &NetworkProperties,
    ) -> Result<Self> {
        let path = network.cloud_properties.path().to_owned();
        if network.ip.is_none() && !properties.acquire {
            return Err(CpiError::cpi(format!(
                "arguments[3].{name}.ip: missing; which address is it? ({path}.acquire: true takes \
                 any)"
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            ip: network.ip,
            acquire: properties.acquire,
            takeover: properties.takeover,
            firewall: properties.firewall.clone(),
            network: named(properties, &path),
            group: network.nic_group.clone(),
            path,
        })
    }
}

/// Whether a VM gets things outside of it that have to go with it.
pub(super) fn goes_with(wishes: &Wishes) -> bool {
    wishes.vips.iter().any(|vip| vip.acquire || !vip.firewall.is_empty())
}

/// The VM remembers the rules that were made for it, so that whoever deletes it knows them: an
/// address that is not ours to give back would keep them.
pub(super) fn rules_to_remember(wishes: &Wishes) -> Option<(String, String)> {
    let rules = wishes.vips.iter().flat_map(|vip| &vip.firewall);
    let rules: Vec<_> = rules.map(|rule| key_of(&call("", rule))).collect();
    (!rules.is_empty()).then(|| (RULES.to_owned(), rules.join(";")))
}

/// Those of an address's rules that go with the VM it leads to.
pub(crate) fn rules_that_go(vm: &VirtualMachine, rules: Vec<FirewallRow>) -> Vec<FirewallRow> {
    let details = vm.other.get("details").and_then(|details| details.get(RULES));
    let ours: Vec<&str> =
        details.and_then(|text| text.as_str()).unwrap_or_default().split(';').collect();
    let key = |rule: &FirewallRow| {
        key_of(&CreateFirewallRule {
            protocol: rule.protocol.clone(),
            startport: rule.startport,
            endport: rule.endport,
            cidrlist: vec![rule.cidrlist.clone()],
            icmptype: rule.icmptype,
            icmpcode: rule.icmpcode,
            ..CreateFirewallRule::default()
        })
    };
    rules.into_iter().filter(|rule| ours.contains(&key(rule).as_str())).collect()
}

/// A rule in a few letters: `tcp 80-443 0.0.0.0/0`.
fn key_of(rule: &CreateFirewallRule) -> String {
    let from = match rule.cidrlist.join(",") {
        empty if empty.is_empty() => ANYWHERE.to_owned(),
        list => list,
    };
    let number = |first: Option<i32>| first.map(|it| it.to_string()).unwrap_or_default();
    let (first, last) = match rule.protocol.as_str() {
        "icmp" => (number(rule.icmptype), number(rule.icmpcode)),
        _ => (number(rule.startport.map(i32::from)), number(rule.endport.map(i32::from))),
    };
    format!("{} {first}-{last} {from}", rule.protocol)
}

/// The NIC that a public address leads to.
struct Behind {
    network: String,
    vpc: Option<String>,
}

/// Gives a new VM its public addresses; `networks` are completed with those that were acquired.
pub(super) async fn give(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    made: &Made<'_>,
    networks: &mut Networks,
) -> Answer<()> {
    let mut networks_of_vips = made.ids.vip_networks.iter();
    for vip in &made.wishes.vips {
        let network = vip.network.as_ref().and_then(|_| networks_of_vips.next());
        let ip = lead(cloud, operation, made, vip, network).await?;
        let mut named = networks.iter_mut();
        if let Some((_, network)) = named.find(|(name, _)| *name == vip.name)
            && network.ip.is_none()
        {
            network.set("ip", json!(ip));
        }
    }
    Ok(())
}

async fn lead(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    made: &Made<'_>,
    vip: &VipWish,
    network: Option<&Found<NetworkRow>>,
) -> Answer<String> {
    let acquired = match vip.acquire {
        true => acquire(cloud, operation, made, vip, network).await?,
        false => None,
    };
    let (address, behind) = match acquired {
        Some(new) => new,
        None => {
            let address = find(cloud, vip).await?;
            let behind = behind(made, vip, network, Some(&address))?;
            free(cloud, operation, vip, &address).await?;
            (address, behind)
        }
    };
    if behind.vpc.is_some() && !vip.firewall.is_empty() {
        return Err(CpiError::not_supported(format!(
            "{}.firewall: {} belongs to a VPC, whose tiers have ACLs in place of firewall rules",
            vip.path, address.ipaddress
        ))
        .into());
    }
    cloud.lead(operation, &address.id, &made.vm.id, &behind.network).await?;
    for rule in &vip.firewall {
        open(cloud, operation, made, &address.id, rule).await?;
    }
    Ok(address.ipaddress)
}

/// Takes an address for the VM, and marks it as to be given back with it. None if the account
/// has the wanted one already.
async fn acquire(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    made: &Made<'_>,
    vip: &VipWish,
    network: Option<&Found<NetworkRow>>,
) -> Answer<Option<(PublicIpAddress, Behind)>> {
    let behind = behind(made, vip, network, None)?;
    let call = AssociateIpAddress {
        networkid: behind.vpc.is_none().then(|| behind.network.clone()),
        vpcid: behind.vpc.clone(),
        ipaddress: vip.ip.map(|ip| ip.to_string()),
    };
    let name = &made.vm.name;
    let (id, told) = match cloud.make_outside(operation, Outside::Address, name, &call).await {
        Ok(made) => made,
        Err(failure) if vip.ip.is_some() && failure.is_refusal() => {
            // The account may have it already; if not, the refusal stands.
            tracing::info!("{}: {failure}", vip.path);
            return match look(cloud, vip).await? {
                Some(_) => Ok(None),
                None => Err(CpiError::cloud(format!(
                    "arguments[3].{}.ip: {} cannot be acquired: {failure}",
                    vip.name,
                    vip.ip.map(|ip| ip.to_string()).unwrap_or_default()
                ))
                .into()),
            };
        }
        Err(failure) => return Err(failure),
    };
    let tags = CreateTags {
        resourcetype: TaggedType::PublicIpAddress,
        resourceids: vec![id.clone()],
        tags: vec![TagPair { key: ACQUIRED_FOR.into(), value: name.clone() }],
    };
    let until = cloud.deadline(Wait::CreateVm);
    operation
        .step(
            Intent::change("tags", &id),
            async || ended(cloud.run(&tags, until).await.map(drop)),
            async || {
                let there = cloud.address_by_id(&id).await?;
                Ok(there.filter(|address| !address.tags.is_empty()).map(drop))
            },
        )
        .await?;
    let told = told.pointer("/ipaddress/ipaddress").and_then(|ip| ip.as_str()).map(str::to_owned);
    let ipaddress = match told {
        Some(ip) => ip,
        None => cloud.address_by_id(&id).await?.map(|there| there.ipaddress).unwrap_or_default(),
    };
    let address = PublicIpAddress { id, ipaddress, ..PublicIpAddress::default() };
    Ok(Some((address, behind)))
}

async fn look(cloud: &CloudStack, vip: &VipWish) -> Answer<Option<PublicIpAddress>> {
    let of = ListPublicIpAddresses {
        ipaddress: vip.ip.map(|ip| ip.to_string()),
        listall: Some(true),
        ..ListPublicIpAddresses::default()
    };
    let mut found = cloud.look(&of).await?.items;
    // The same address may be in several zones.
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|address| address.id.as_str()).collect();
        return Err(CpiError::cloud(format!(
            "{}: this account has several addresses {}: {}",
            vip.path,
            vip.ip.map(|ip| ip.to_string()).unwrap_or_default(),
            ids.join(", ")
        ))
        .into());
    }
    Ok(found.pop())
}

async fn find(cloud: &CloudStack, vip: &VipWish) -> Answer<PublicIpAddress> {
    match look(cloud, vip).await? {
        Some(address) => Ok(address),
        None => Err(CpiError::cloud(format!(
            "arguments[3].{}.ip: this account has no public address {}; acquire it, or set \
             {}.acquire: true",
            vip.name,
            vip.ip.map(|ip| ip.to_string()).unwrap_or_default(),
            vip.path
        ))
        .into()),
    }
}

/// Takes an address from the VM that it leads to, if that is allowed.
async fn free(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    vip: &VipWish,
    address: &PublicIpAddress,
) -> Answer<()> {
    let Some(holder) = address.virtualmachineid.as_deref().filter(|_| address.isstaticnat) else {
        return Ok(());
    };
    if vip.takeover {
        return cloud.take_over(operation, address, holder).await;
    }
    let name = address.virtualmachinename.as_deref().unwrap_or(holder);
    let message = format!(
        "public address {} leads to VM {name} ({holder}), and {}.takeover is false",
        address.ipaddress, vip.path
    );
    Err(CpiError::new(ErrorKind::VmCreationFailed, message).into())
}

/// The NIC that the address leads to: the one that is named, the one of the address's own
/// network or VPC, or the default one.
fn behind(
    made: &Made<'_>,
    vip: &VipWish,
    network: Option<&Found<NetworkRow>>,
    address: Option<&PublicIpAddress>,
) -> Result<Behind> {
    let nics = &made.vm.nic;
    let vpc_of = |nic: &Nic| nic.other.get("vpcid").and_then(|id| id.as_str()).map(str::to_owned);
    let of = |nic: &Nic| Behind { network: nic.networkid.clone(), vpc: vpc_of(nic) };
    let in_network = |id: &str| nics.iter().find(|nic| nic.networkid == id);
    if let Some(wanted) = network {
        return in_network(&wanted.id).map(of).ok_or_else(|| {
            CpiError::cpi(format!(
                "{}: the VM has no NIC in the network that the address is to lead to",
                vip.path
            ))
        });
    }
    if let Some(group) = &vip.group {
        let at = made.wishes.nics.iter().position(|nic| nic.group.as_ref() == Some(group));
        let id = at.and_then(|at| made.ids.networks.get(at)).map(|row| row.id.clone());
        if let Some(nic) = id.and_then(|id| in_network(&id)) {
            return Ok(of(nic));
        }
    }
    let own = address.and_then(|address| match (&address.vpcid, &address.associatednetworkid) {
        (Some(vpc), _) => nics.iter().find(|nic| vpc_of(nic).as_ref() == Some(vpc)),
        (None, Some(network)) => in_network(network),
        (None, None) => None,
    });
    let default = || nics.iter().find(|nic| nic.isdefault).or(nics.first());
    own.or_else(default).map(of).ok_or_else(|| {
        CpiError::cloud(format!("VM {} has no NIC for its public address", made.vm.name))
    })
}

/// Makes a firewall rule; one that is there already is as good.
async fn open(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    made: &Made<'_>,
    address: &str,
    rule: &FirewallRule,
) -> Answer<()> {
    let call = call(address, rule);
    match cloud.make_outside(operation, Outside::FirewallRule, &made.vm.name, &call).await {
        Err(failure) if failure.has_code(537) => {
            tracing::info!("the address lets that in already: {failure}");
            Ok(())
        }
        other => other.map(drop),
    }
}

/// The call that makes a rule.
fn call(address: &str, rule: &FirewallRule) -> CreateFirewallRule {
    let Ports(first, last) = rule.ports;
    let has_ports = matches!(rule.protocol, Protocol::Tcp | Protocol::Udp);
    let icmp = |value: Option<i16>| {
        (rule.protocol == Protocol::Icmp).then(|| i32::from(value.unwrap_or(-1)))
    };
    CreateFirewallRule {
        ipaddressid: address.to_owned(),
        protocol: rule.protocol.as_str().to_owned(),
        startport: has_ports.then_some(first),
        endport: has_ports.then_some(last),
        cidrlist: rule.cidr.0.clone(),
        icmptype: icmp(rule.icmp_type),
        icmpcode: icmp(rule.icmp_code),
    }
}
