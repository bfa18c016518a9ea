//! Changing VMs.

use super::plan;
use super::view::{self, Details};
use crate::engine::{Answer, Call, Job, Refusal, fields};
use crate::state::{Cloud, VmState};
use serde_json::json;

/// `updateVirtualMachine`.
pub fn update(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = cloud.need_vm(call, "id")?;
    let state = cloud.vms.get(&id).map(|vm| vm.state);
    if matches!(state, Some(VmState::Error | VmState::Expunging)) {
        let text = format!("Failed to update VM, due to: Vm {id} is not in the right state");
        return Err(Refusal::internal(text));
    }
    let userdata = plan::userdata(cloud, params).map_err(|refusal| match refusal.code {
        431 if refusal.text.contains("max length") => {
            Refusal::internal(format!("Failed to update VM, due to: {}", refusal.text))
        }
        _ => refusal,
    })?;
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
        if let Some(protection) = params.flag("deleteprotection") {
            vm.delete_protection = protection;
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

/// `getVirtualMachineUserData`.
pub fn get_user_data(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = cloud.need_vm(call, "virtualmachineid")?;
    let userdata = cloud.vms.get(&id).and_then(|vm| vm.userdata.as_ref());
    let row = fields(json!({"virtualmachineid": id, "userdata": userdata}));
    Ok(Answer::object("virtualmachineuserdata", row))
}

/// `resetUserDataForVirtualMachine`, of one that is stopped.
pub fn reset_user_data(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let userdata = plan::userdata(cloud, call.params)?;
    check_stopped(cloud, &id)?;
    if let Some(vm) = cloud.vms.get_mut(&id) {
        vm.userdata = userdata.or(vm.userdata.take());
    }
    let row = cloud.vms.get(&id).map(|vm| view::of(cloud, call.caller, vm, Details::ALL));
    Ok(Answer::object("virtualmachine", row))
}

fn check_stopped(cloud: &Cloud, id: &str) -> Result<(), Refusal> {
    match cloud.vms.get(id) {
        Some(vm) if vm.state != VmState::Stopped => {
            Err(Refusal::invalid(format!("VM {id} should be stopped")))
        }
        _ => Ok(()),
    }
}

/// `resetSSHKeyForVirtualMachine`, of one that is stopped.
pub fn reset_ssh_key(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let owner = cloud.vms.get(&id).map(|vm| vm.owner.clone()).unwrap_or_default();
    let mut names = call.params.list("keypairs");
    names.extend(call.params.text("keypair"));
    let keys: Option<Vec<String>> = names
        .iter()
        .map(|name| cloud.key_pair_named(&owner, name).map(|pair| pair.public_key.clone()))
        .collect();
    let Some(keys) = keys.filter(|keys| !keys.is_empty()) else {
        return Err(Refusal::invalid("Not all specified keypairs exist"));
    };
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let (caller, on, queue, begun) = (call.caller.clone(), id.clone(), id.clone(), id.clone());
    let job = Job::new(move |cloud| {
        if let Some(vm) = cloud.vms.get_mut(&id) {
            vm.details.insert("SSH.PublicKey".into(), keys.join("\n"));
            vm.details.insert("SSH.KeyPairNames".into(), names.join(","));
            vm.key_pairs = names;
        }
        Ok(view::result(cloud, &caller, &id))
    });
    Ok(job.begin(move |cloud| check_stopped(cloud, &begun)).on(on).queued(Some(queue)))
}

/// `scaleVirtualMachine`: another service offering, of one that is stopped.
pub fn scale(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = cloud.need_vm(call, "id")?;
    let offering = call.params.need_id("serviceofferingid", &cloud.service_offerings)?.to_owned();
    let size = plan::size_of(cloud, &offering, &call.params.map("details"))?;
    let (caller, on, queue, begun) = (call.caller.clone(), id.clone(), id.clone(), id.clone());
    let job = Job::new(move |cloud| {
        if let Some(vm) = cloud.vms.get_mut(&id) {
            vm.offering = offering;
            vm.size = size;
        }
        Ok(view::result(cloud, &caller, &id))
    });
    let begin = move |cloud: &mut Cloud| {
        let Some(vm) = cloud.vms.get(&begun) else { return Ok(()) };
        let (owner, state, old) = (vm.owner.clone(), vm.state, vm.size);
        if state == VmState::Running {
            return Err(Refusal::internal(
                "Unable to scale a running VM: it is not dynamically scalable",
            ));
        }
        cloud.check_limit(&owner, "cpu", size.cores.saturating_sub(old.cores))?;
        cloud.check_limit(&owner, "memory", size.memory.saturating_sub(old.memory))
    };
    Ok(job.begin(begin).on(on).queued(Some(queue)))
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
