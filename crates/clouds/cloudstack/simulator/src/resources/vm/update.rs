//! Changing VMs.

use super::plan;
use super::view::{self, Details};
use crate::engine::{Answer, Call, Refusal};
use crate::state::{Cloud, VmState};

/// `updateVirtualMachine`.
pub fn update(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = cloud.need_vm(call, "id")?;
    let state = cloud.vms.get(&id).map(|vm| vm.state);
    if matches!(state, Some(VmState::Error | VmState::Expunging)) {
        let text = format!("Failed to update VM, due to: Vm {id} is not in the right state");
        return Err(Refusal::internal(text));
    }
    let userdata = plan::userdata(cloud, params)?;
    let groups = params.ids("securitygroupids", &cloud.security_groups)?;
    if !groups.is_empty() && state != Some(VmState::Stopped) {
        let text = format!("VM {id} must be stopped to change its security groups");
        return Err(Refusal::invalid(text));
    }
    let display_name = params.short("displayname")?;
    let name = plan::host_name(params)?;
    if let Some(name) = &name {
        check_new_name(cloud, &id, name)?;
    }
    if let Some(vm) = cloud.vms.get_mut(&id) {
        if let Some(name) = display_name {
            vm.display_name = name.to_owned();
        }
        if let Some(name) = name {
            vm.name = name;
        }
        if let Some(group) = params.text("group") {
            vm.group = Some(group.to_owned());
        }
        if userdata.is_some() {
            vm.userdata = userdata;
        }
        if params.flag("cleanupdetails") == Some(true) {
            vm.details.clear();
        } else if params.has("details") {
            vm.details = params.map("details");
        }
        if !groups.is_empty() {
            vm.security_groups = groups.into_iter().map(str::to_owned).collect();
        }
    }
    match cloud.vms.get(&id) {
        Some(vm) => {
            Ok(Answer::object("virtualmachine", view::of(cloud, call.caller, vm, Details::ALL)))
        }
        None => Ok(Answer::Success),
    }
}

fn check_new_name(cloud: &Cloud, id: &str, name: &str) -> Result<(), Refusal> {
    let vm = cloud.vms.get(id).filter(|vm| vm.name != name);
    for nic in vm.map(|vm| vm.nics.as_slice()).unwrap_or_default() {
        if let Some(network) = cloud.networks.get(&nic.network) {
            plan::check_name(cloud, network, name)?;
        }
    }
    Ok(())
}
