//! The public addresses that vip networks name: found and checked before the VM is deployed, since
//! one that cannot lead to it would cost a VM that runs.

use super::spec::vip::VipSpec;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, ErrorKind, Result};
use cloudstack::api::{ListPublicIpAddresses, PublicIpAddress};
use cpi_kit::{Claim, Owned};

/// The addresses, in the order of the vip networks; None for those that are acquired.
pub(super) async fn resolve(
    cloud: &CloudStack,
    vips: &[VipSpec],
) -> Result<Vec<Option<Owned<PublicIpAddress>>>> {
    let mut addresses = Vec::new();
    for vip in vips {
        if vip.acquire {
            addresses.push(None);
            continue;
        }
        let tried = || format!("{}: looking up public address {}", vip.path, ip_text(vip));
        let address = require(cloud, vip).await.during(Activity::CreateVm, tried)?;
        check(vip, &address)?;
        addresses.push(Some(address));
    }
    Ok(addresses)
}

/// Refuses an address that cannot lead to a VM, or cannot let in what is wanted.
fn check(spec: &VipSpec, address: &Owned<PublicIpAddress>) -> Result<()> {
    let ip = &address.ipaddress;
    if address.issourcenat {
        return Err(refused(format!(
            "arguments[3].{}.ip: {ip} is the source NAT address of its network, which cannot lead \
             to a VM: acquire another one",
            spec.name
        )));
    }
    if address.vpcid.is_some() && !spec.firewall.is_empty() {
        return Err(CpiError::not_supported(format!(
            "{}.firewall: {ip} belongs to a VPC, whose tiers have ACLs in place of firewall rules",
            spec.path
        )));
    }
    check_takeover(spec, address)
}

/// Refuses to take an address from the VM that has it, where that is not allowed.
pub(super) fn check_takeover(spec: &VipSpec, address: &PublicIpAddress) -> Result<()> {
    let Some(holder) = holder(address).filter(|_| !spec.takeover) else { return Ok(()) };
    let name = address.virtualmachinename.as_deref().unwrap_or(holder);
    Err(refused(format!(
        "public address {} leads to VM {name} ({holder}), and {}.takeover is false",
        address.ipaddress, spec.path
    )))
}

/// The id of the VM that an address leads to.
pub(super) fn holder(address: &PublicIpAddress) -> Option<&str> {
    address.virtualmachineid.as_deref().filter(|_| address.isstaticnat)
}

fn refused(message: String) -> CpiError {
    CpiError::new(ErrorKind::VmCreationFailed, message)
}

/// The address that a vip network names, for people.
pub(super) fn ip_text(spec: &VipSpec) -> String {
    spec.ip.map(|ip| ip.to_string()).unwrap_or_default()
}

/// The account's own address that a vip network names; None if it has none of them.
pub(super) async fn find(
    cloud: &CloudStack,
    spec: &VipSpec,
) -> CloudResult<Option<Owned<PublicIpAddress>>> {
    let of = ListPublicIpAddresses {
        ipaddress: spec.ip.map(|ip| ip.to_string()),
        listall: Some(true),
        ..ListPublicIpAddresses::default()
    };
    let mut found = cloud.get(&of).await?.items;
    found.retain(|address| spec.ip.is_none() || address.ipaddress == ip_text(spec));
    // The same address may be in several zones.
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|address| address.id.as_str()).collect();
        return Err(CpiError::cloud(format!(
            "{}: this account has more than one address {}: {}",
            spec.path,
            ip_text(spec),
            ids.join(", ")
        ))
        .into());
    }
    // The caller has named it by its address.
    let ip = ip_text(spec);
    Ok(Claim::journaled_name(&ip).select(found).pop())
}

/// The same; an error if the account does not have it.
pub(super) async fn require(
    cloud: &CloudStack,
    spec: &VipSpec,
) -> CloudResult<Owned<PublicIpAddress>> {
    match find(cloud, spec).await? {
        Some(address) => Ok(address),
        None => Err(CpiError::cloud(format!(
            "arguments[3].{}.ip: public address {} not found for this account; acquire it, or set \
             {}.acquire: true",
            spec.name,
            ip_text(spec),
            spec.path
        ))
        .into()),
    }
}
