//! Making VMs.

use super::plan::Plan;
use super::{power, power::STARTS, view};
use crate::engine::{Call, Job, Refusal};
use crate::state::{Attachment, Cloud, Nic, Vm, VmState, Volume, VolumeKind, VolumeState};
use crate::world::Storage;

/// `deployVirtualMachine`: the VM, its NICs and its disks are there when the call is answered;
/// the job starts it. Where an address cannot be had, or the template is not there yet, the call
/// is refused and a VM in `Error` is left, without NICs and disks.
pub fn deploy(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let plan = Plan::read(cloud, call)?;
    let id = cloud.id_for_new(call, |cloud| &cloud.vms)?;
    let data = plan.data.as_ref().map(|(_, bytes)| *bytes);
    cloud.check_vm_limits(&plan.owner, plan.size, plan.root_bytes, data)?;
    let nics = template_is_there(cloud, &plan).and_then(|()| make_nics(cloud, &plan));
    let nics = match nics {
        Ok(nics) => nics,
        Err(refusal) => {
            insert(cloud, call, plan, &id, Vec::new(), VmState::Error);
            let tells = refusal.cs == Some(4250);
            return Err(if tells { refusal.about(id, "virtualmachineid") } else { refusal });
        }
    };
    let start = plan.start;
    make_disks(cloud, &plan, &id, cloud.vms.next_number());
    insert(cloud, call, plan, &id, nics, VmState::Stopped);
    let (caller, vm, begun, queue) = (call.caller.clone(), id.clone(), id.clone(), id.clone());
    let job = Job::new(move |cloud| {
        if start {
            power::finish_start(cloud, &vm)?;
        }
        Ok(view::result(cloud, &caller, &vm))
    });
    let begin = move |cloud: &mut Cloud| if start { first_start(cloud, &begun) } else { Ok(()) };
    let left = id.clone();
    let job = job.or_abandons(move |cloud| remove_disks(cloud, &left));
    Ok(job.begin(begin).making(id).queued(Some(queue)))
}

fn template_is_there(cloud: &Cloud, plan: &Plan) -> Result<(), Refusal> {
    let template = cloud.templates.get(&plan.template);
    if template.is_some_and(|template| template.ready_in(&plan.zone).is_some()) {
        return Ok(());
    }
    let zone = cloud.zone_name(&plan.zone);
    let text =
        format!("Template {} has not been completely downloaded to zone {zone}", plan.template);
    Err(Refusal::internal(text))
}

fn make_nics(cloud: &mut Cloud, plan: &Plan) -> Result<Vec<Nic>, Refusal> {
    let mut nics = Vec::new();
    for (device, wanted) in plan.nics.iter().enumerate() {
        nics.push(cloud.make_nic(wanted, device as u64)?);
    }
    Ok(nics)
}

/// Adds the row of a VM, whose disks are there already.
fn insert(
    cloud: &mut Cloud,
    call: &Call<'_>,
    plan: Plan,
    id: &str,
    nics: Vec<Nic>,
    state: VmState,
) {
    let number = cloud.vms.next_number();
    let mut details = plan.details.clone();
    details.insert(STARTS.into(), "true".into());
    let keys = plan.key_pairs.iter().filter_map(|name| cloud.key_pair_named(&plan.owner, name));
    let keys: Vec<&str> = keys.map(|pair| pair.public_key.as_str()).collect();
    if !keys.is_empty() {
        details.insert("SSH.PublicKey".into(), keys.join("\n"));
        details.insert("SSH.KeyPairNames".into(), plan.key_pairs.join(","));
    }
    let account = cloud.accounts.number(&plan.owner);
    let now = cloud.now();
    cloud.vms.insert(Vm {
        id: id.to_owned(),
        number,
        name: plan.name,
        display_name: plan.display_name,
        instance_name: format!("i-{account}-{number}-VM"),
        owner: plan.owner,
        user: (call.caller.user.clone(), call.caller.user_name.clone()),
        group: call.params.text("group").map(str::to_owned),
        zone: plan.zone,
        template: plan.template,
        offering: plan.offering,
        size: plan.size,
        state,
        host: None,
        created: now,
        changed: (state == VmState::Error).then_some(now),
        started: None,
        nics,
        details,
        userdata: plan.userdata,
        key_pairs: plan.key_pairs,
        destination: plan.destination,
        affinity_groups: plan.affinity_groups,
        security_groups: plan.security_groups,
        delete_protection: call.params.flag("deleteprotection") == Some(true),
    });
}

fn make_disks(cloud: &mut Cloud, plan: &Plan, vm: &str, number: u64) {
    let offering = cloud.service_offerings.get(&plan.offering);
    let storage = offering.map_or(Storage::Shared, |offering| offering.spec.storage);
    let root =
        VolumeKind::Root { template: plan.template.clone(), offering: plan.offering.clone() };
    let path = cloud.new_id();
    let root = (format!("ROOT-{number}"), path, root, plan.root_bytes, storage, 0);
    let iops = data_iops(cloud, plan);
    let data = plan.data.as_ref().map(|(offering, bytes)| {
        let storage = cloud.disk_offerings.get(offering).map(|it| it.spec.storage);
        let name = format!("DATA-{number}");
        let kind = VolumeKind::Data { offering: offering.clone() };
        (name.clone(), name, kind, *bytes, storage.unwrap_or_default(), 1)
    });
    for (name, path, kind, size, storage, device) in std::iter::once(root).chain(data) {
        let volume = Volume {
            id: cloud.new_id(),
            name,
            path,
            owner: plan.owner.clone(),
            zone: plan.zone.clone(),
            kind,
            state: VolumeState::Allocated,
            size,
            iops: iops.filter(|_| device > 0),
            attached: Some(Attachment { vm: vm.to_owned(), device, since: None }),
            pool: None,
            storage,
            created: cloud.now(),
            delete_protection: false,
        };
        cloud.volumes.insert(volume);
    }
}

/// The IOPS that the details say of the data disk, where its offering lets the caller choose.
fn data_iops(cloud: &Cloud, plan: &Plan) -> Option<(i64, i64)> {
    let (offering, _) = plan.data.as_ref()?;
    cloud.disk_offerings.get(offering).filter(|it| it.spec.custom_iops)?;
    let number = |key: &str| plan.details.get(key)?.parse().ok();
    Some((number("minIopsDo")?, number("maxIopsDo")?))
}

/// A first start that fails leaves a VM in `Error`, which holds its NICs but no disks.
fn first_start(cloud: &mut Cloud, id: &str) -> Result<(), Refusal> {
    let started = power::begin_start(cloud, id);
    if started.is_err() {
        remove_disks(cloud, id);
        let now = cloud.now();
        if let Some(vm) = cloud.vms.get_mut(id) {
            vm.host = None;
            vm.turn(VmState::Error, now);
        }
    }
    started
}

fn remove_disks(cloud: &mut Cloud, vm: &str) {
    let disks: Vec<String> = cloud.volumes_of(vm).iter().map(|it| it.id.clone()).collect();
    disks.iter().for_each(|disk| cloud.remove_volume(disk));
}
