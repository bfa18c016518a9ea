//! What the keys' role lets them do, and what the cloud lets nobody do but admins.

use super::unknown;
use crate::errors::CloudResult;
use crate::properties::PATH;
use crate::session::CloudStack;
use cloudstack::COMMANDS;
use cloudstack::api::{Api, Capabilities, ListApis, ListSystemVms};
use cpi_kit::Finding;
use std::collections::BTreeSet;

/// Calls without which VMs and disks cannot be made, found, changed or deleted.
const NEEDED: &[&str] = &[
    "queryAsyncJobResult",
    "listZones",
    "listServiceOfferings",
    "listDiskOfferings",
    "listTemplates",
    "listNetworks",
    "deployVirtualMachine",
    "listVirtualMachines",
    "updateVirtualMachine",
    "rebootVirtualMachine",
    "startVirtualMachine",
    "stopVirtualMachine",
    "destroyVirtualMachine",
    "createVolume",
    "listVolumes",
    "attachVolume",
    "detachVolume",
    "deleteVolume",
    "createTags",
    "deleteTags",
];

/// Calls that are for admins, and that we do without where we may not.
const FOR_ADMINS: &[&str] = &["listConfigurations", "listSystemVms", "listDomains", "listHosts"];

pub(super) async fn check(cloud: &CloudStack, capabilities: &Capabilities) -> Vec<Finding> {
    let allowed = match allowed(cloud).await {
        Ok(allowed) => allowed,
        Err(failure) => return vec![unknown("role", &failure)],
    };
    vec![role(&allowed), expunge(cloud, capabilities, &allowed), carrier(cloud, &allowed).await]
}

/// Those of our calls that the role allows. Asked for all at once: a call for each would be
/// slower, and may exceed the account's API limit.
async fn allowed(cloud: &CloudStack) -> CloudResult<BTreeSet<String>> {
    let apis: Vec<Api> = cloud.list(ListApis::default()).await?;
    Ok(apis.into_iter().map(|api| api.name).collect())
}

fn role(allowed: &BTreeSet<String>) -> Finding {
    let lacks = |name: &&str| !allowed.contains(*name);
    let needed: Vec<_> = NEEDED.iter().copied().filter(|name| lacks(name)).collect();
    if !needed.is_empty() {
        return Finding::fail(
            "role",
            format!("missing permissions: {}", needed.join(", ")),
            "give the account a role that allows these",
        );
    }
    let names = COMMANDS.iter().map(|row| row.name);
    let other: Vec<_> = names.filter(|name| !FOR_ADMINS.contains(name) && lacks(name)).collect();
    match other.is_empty() {
        true => Finding::ok("role", "all required API calls allowed"),
        false => Finding::warn(
            "role",
            format!("missing permissions: {}", other.join(", ")),
            "features that need these calls will fail; the rest works",
        ),
    }
}

/// A VM that is not expunged keeps its address, so that it cannot be made anew with it.
fn expunge(cloud: &CloudStack, told: &Capabilities, allowed: &BTreeSet<String>) -> Finding {
    let check = "expunge";
    if !cloud.properties.expunge_vm {
        return Finding::warn(
            check,
            format!("is switched off: deleted VMs keep their addresses ({PATH}.expunge_vm)"),
            "bosh recreate of a VM with a static address waits for the cloud's expunge.delay",
        );
    }
    if told.allowuserexpungerecovervm && allowed.contains("expungeVirtualMachine") {
        return Finding::ok(check, "deleted VMs are expunged at once");
    }
    Finding::warn(
        check,
        "account cannot expunge VMs; IPs of deleted VMs stay reserved until expunge.delay",
        "ask an admin to set allow.user.expunge.recover.vm=true and allow expungeVirtualMachine",
    )
}

/// The VM that carries images into a zone, and snapshots out of it.
async fn carrier(cloud: &CloudStack, allowed: &BTreeSet<String>) -> Finding {
    let check = "secondary storage VM";
    if !allowed.contains("listSystemVms") {
        return Finding::ok(check, "not checked: needs admin keys");
    }
    let systemvmtype = Some("secondarystoragevm".to_owned());
    let listed = cloud.list(ListSystemVms { systemvmtype, zoneid: None }).await;
    let vms = match listed {
        Ok(vms) => vms,
        Err(failure) => return unknown(check, &failure),
    };
    let zone = cloud.properties.default_zone();
    let here = vms.iter().filter(|vm| {
        let name = vm.other.get("zonename").and_then(|name| name.as_str());
        zone.is_none_or(|zone| vm.zoneid == zone || name == Some(zone))
    });
    let here: Vec<_> = here.collect();
    let is_up = |agent: &Option<String>| agent.as_deref().is_none_or(|agent| agent == "Up");
    let hint = "stemcells cannot be uploaded or copied without it, nor snapshots backed up; see \
                the zone's system VMs";
    match here.iter().find(|vm| vm.state == "Running" && is_up(&vm.agentstate)) {
        Some(vm) => Finding::ok(check, format!("{} runs", vm.name)),
        None => match here.first() {
            None => Finding::warn(check, "not found in the zone", hint),
            Some(vm) => {
                let agent = vm.agentstate.as_deref().unwrap_or("unknown");
                let found = format!("{} is {}, its agent {agent}", vm.name, vm.state);
                Finding::warn(check, found, hint)
            }
        },
    }
}

#[cfg(test)]
mod page;
