//! The deploy call, what became of it, and what it tells about the networks.

use super::plan::Plan;
use crate::CloudStack;
use crate::errors::Failure;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use bosh_cpi::{CpiError, ErrorKind, NetworkKind, Networks, Result};
use cloud_http::Deadline;
use cloudstack::api::{ListVirtualMachines, Nic, Object, VirtualMachine};
use journal::Operation;
use serde_json::json;

/// Deploys, and waits until the VM runs.
pub(super) async fn deploy(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    plan: &Plan,
) -> std::result::Result<VirtualMachine, Failure> {
    let until = cloud.deadline(Wait::CreateVm);
    let name = plan.name();
    let vm = operation
        .step(
            Intent::Vm { name: name.to_owned() },
            async || ended(cloud.run(&plan.call, until).await.map(|Object(vm)| vm)),
            async || find(cloud, name, until).await,
        )
        .await?;
    if vm.state == "Running" {
        return Ok(vm);
    }
    let message = format!("VM {name} is {} after its deploy, not Running", vm.state);
    Err(CpiError::new(ErrorKind::VmCreationFailed, message).retry(true).into())
}

/// The VM whose deploy's answer was lost, once it runs.
async fn find(
    cloud: &CloudStack,
    name: &str,
    until: Deadline,
) -> std::result::Result<Option<VirtualMachine>, Failure> {
    let of = ListVirtualMachines { name: Some(name.to_owned()), ..ListVirtualMachines::default() };
    let vms = cloud.list(of).await?;
    let Some(vm) = vms.into_iter().find(|vm| vm.name == name) else { return Ok(None) };
    if vm.state == "Running" {
        return Ok(Some(vm));
    }
    // A VM tells the job that works on it.
    match vm.other.get("jobid").and_then(|job| job.as_str()) {
        Some(job) => {
            let client = cloud.client()?;
            let deployed = client.wait(job, "deployVirtualMachine", until).await;
            let Object(vm) = deployed.map_err(Failure::Cloud)?;
            Ok(Some(vm))
        }
        None => Ok(None),
    }
}

/// The networks as they became: with the MACs, and the addresses that the cloud chose.
pub(super) fn networks(plan: &Plan, vm: &VirtualMachine) -> Result<Networks> {
    let mut networks = plan.networks.clone();
    for (name, network) in networks.iter_mut() {
        let nic = match (plan.macs.get(name), vm.nic.as_slice()) {
            (Some(mac), _) => nic(vm, mac, name)?,
            // In a basic zone a VM has one NIC, with a MAC of the cloud's.
            (None, [only]) if plan.macs.is_empty() && network.kind != NetworkKind::Vip => {
                network.set_mac(&only.macaddress);
                only
            }
            (None, _) => continue,
        };
        if network.kind == NetworkKind::Dynamic {
            let told = match nic.ipaddress {
                Some(_) => {
                    [("ip", &nic.ipaddress), ("netmask", &nic.netmask), ("gateway", &nic.gateway)]
                }
                None => [("ip", &nic.ip6address), ("netmask", &None), ("gateway", &nic.ip6gateway)],
            };
            for (key, value) in told {
                if let Some(value) = value {
                    network.set(key, json!(value));
                }
            }
        }
    }
    Ok(networks)
}

/// The NIC with our MAC. The agent has been told of it, and would not come up without.
fn nic<'a>(vm: &'a VirtualMachine, mac: &str, name: &str) -> Result<&'a Nic> {
    vm.nic.iter().find(|nic| nic.macaddress.eq_ignore_ascii_case(mac)).ok_or_else(|| {
        let macs: Vec<_> = vm.nic.iter().map(|nic| nic.macaddress.as_str()).collect();
        CpiError::new(
            ErrorKind::VmCreationFailed,
            format!(
                "VM {}: network {name} should have a NIC {mac}, but the cloud made {}; it takes \
                 no MAC of ours (iptonetworklist[].mac)",
                vm.name,
                macs.join(", ")
            ),
        )
    })
}
