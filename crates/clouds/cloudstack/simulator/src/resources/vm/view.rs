//! A VM as clients see it.

use crate::engine::{Refusal, fields};
use crate::resources::tag;
use crate::state::clock::stamp;
use crate::state::{Caller, Cloud, Vm, VmState, VolumeState};
use crate::world::Storage;
use cloudstack::api;
use serde_json::{Map, Value, json};

/// How much to tell of a VM: the `details` parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Details {
    template: bool,
    offering: bool,
    volume: bool,
    stats: bool,
}

/// What `details` may name.
const PERMITTED: &[&str] = &[
    "all", "group", "nics", "stats", "secgrp", "tmpl", "servoff", "diskoff", "backoff", "iso",
    "volume", "min", "affgrp",
];

impl Details {
    /// Everything.
    pub const ALL: Self = Self { template: true, offering: true, volume: true, stats: true };
    /// What the jobs say that change a VM's NICs.
    pub const NICS: Self = Self { template: false, offering: false, volume: false, stats: false };

    /// Reads `nics,tmpl`; None and `all` are everything.
    pub fn read(list: &[&str]) -> Result<Self, Refusal> {
        if list.iter().any(|name| !PERMITTED.contains(name)) {
            return Err(Refusal::invalid(format!(
                "The details parameter contains a non permitted value. The allowed values are {}",
                PERMITTED.join(", ")
            )));
        }
        let has = |name: &str| list.is_empty() || list.contains(&"all") || list.contains(&name);
        Ok(Self {
            template: has("tmpl"),
            offering: has("servoff"),
            volume: has("volume"),
            stats: has("stats"),
        })
    }
}

/// The result of a job that worked on a VM.
pub fn result(cloud: &Cloud, caller: &Caller, id: &str) -> Value {
    result_with(cloud, caller, id, Details::ALL)
}

/// The same with less detail.
pub fn result_with(cloud: &Cloud, caller: &Caller, id: &str, details: Details) -> Value {
    match cloud.vms.get(id) {
        Some(vm) => json!({"virtualmachine": of(cloud, caller, vm, details)}),
        None => expunged(),
    }
}

/// What a job says that removed its VM: the empty lists of one.
pub fn expunged() -> Value {
    json!({"virtualmachine": {
        "securitygroup": [], "nic": [], "affinitygroup": [], "deleteprotection": false, "tags": [],
    }})
}

/// A VM as `caller` sees it.
pub fn of(cloud: &Cloud, caller: &Caller, vm: &Vm, details: Details) -> api::VirtualMachine {
    let mut other = cloud.owner_fields(&vm.owner);
    other.extend(common(cloud, caller, vm));
    other.extend(placement(cloud, caller, vm));
    other.extend(job(cloud, &vm.id));
    if details.template {
        other.extend(template(cloud, vm));
    }
    if details.offering {
        other.extend(offering(cloud, vm));
    }
    if details.volume && has_root(vm) {
        other.extend(fields(json!({"rootdeviceid": 0, "rootdevicetype": "ROOT"})));
    }
    if details.stats && has_stats(cloud, vm) {
        other.extend(stats());
    }
    api::VirtualMachine {
        id: vm.id.clone(),
        name: vm.name.clone(),
        displayname: vm.display_name.clone(),
        state: vm.state.name().into(),
        zoneid: vm.zone.clone(),
        zonename: cloud.zone_name(&vm.zone).into(),
        hypervisor: cloud
            .zones
            .ever(&vm.zone)
            .map(|z| z.spec.hypervisor.clone())
            .unwrap_or_default(),
        templateid: details.template.then(|| vm.template.clone()),
        serviceofferingid: details.offering.then(|| vm.offering.clone()),
        created: Some(stamp(vm.created)),
        password: None,
        nic: vm.nics.iter().map(|nic| super::nic::view(cloud, nic)).collect(),
        tags: tag::of(cloud, &vm.id),
        other,
    }
}

fn common(cloud: &Cloud, caller: &Caller, vm: &Vm) -> Map<String, Value> {
    let template = cloud.templates.ever(&vm.template);
    let os = template.and_then(|template| cloud.os_types.ever(&template.os_type));
    let data = cloud.volumes_of(&vm.id).into_iter().find_map(|volume| volume.disk_offering());
    let data = data.and_then(|offering| cloud.disk_offerings.ever(offering));
    // A VM with settings of its own does not say how it boots, nor one of a template that
    // somebody made.
    let boots = vm.details.is_empty() && template.is_some_and(|template| template.builtin);
    let public = cloud.static_nat_of(&vm.id);
    fields(json!({
        "userid": vm.user.0,
        "username": vm.user.1,
        "group": vm.group,
        "lastupdated": vm.changed.map(stamp),
        "haenable": false,
        "diskofferingid": data.map(|offering| &offering.id),
        "diskofferingname": data.map(|offering| &offering.spec.name),
        "guestosid": os.map(|os| &os.id),
        "ostypeid": os.map(|os| &os.id),
        "osdisplayname": os.map(|os| &os.spec.name),
        "securitygroup": security_groups(cloud, vm),
        "ipaddress": vm.default_nic().and_then(|nic| nic.address),
        "publicipid": public.map(|public| &public.id),
        "publicip": public.map(|public| public.address),
        "details": details(caller, vm),
        "affinitygroup": affinity(cloud, vm),
        "keypairs": (!vm.key_pairs.is_empty()).then(|| vm.key_pairs.join(",")),
        "isdynamicallyscalable": false,
        "deleteprotection": vm.delete_protection,
        "bootmode": boots.then_some("legacy"),
        "boottype": boots.then_some("Bios"),
        "receivedbytes": 0,
        "sentbytes": 0,
        "hasannotations": false,
    }))
}

/// A VM that was refused for its address or its template never had disks.
fn has_root(vm: &Vm) -> bool {
    !vm.nics.is_empty()
}

/// A VM's settings; some are for admins (`user.vm.denied.details`).
fn details(caller: &Caller, vm: &Vm) -> Map<String, Value> {
    let denied = |key: &str| key == "rootdisksize" || key.starts_with("Message.");
    let told = |key: &str| caller.is_admin() || !denied(key);
    let details = vm.details.iter().filter(|(key, _)| told(key));
    details.map(|(key, value)| (key.clone(), value.as_str().into())).collect()
}

/// Where it runs. A plain user is told little of that.
fn placement(cloud: &Cloud, caller: &Caller, vm: &Vm) -> Map<String, Value> {
    let host = vm.host.as_deref().and_then(|id| cloud.hosts.get(id));
    let root = cloud.volumes_of(&vm.id).into_iter().find(|volume| volume.is_root());
    let stored = root.is_some_and(|root| root.state != VolumeState::Allocated);
    let mut all = fields(json!({
        "hostcontrolstate": host.map(|_| "Enabled"),
        "pooltype": root.filter(|_| stored).map(|root| match root.storage {
            Storage::Shared => "NetworkFilesystem",
            Storage::Local => "Filesystem",
        }),
    }));
    if caller.is_admin() {
        all.extend(fields(json!({
            "hostid": host.map(|host| &host.id),
            "hostname": host.map(|host| &host.name),
            "instancename": vm.instance_name,
            "displayvm": true,
            "arch": "x86_64",
        })));
    } else {
        all.insert("readonlydetails".into(), "dataDiskController, rootDiskController".into());
    }
    all
}

fn template(cloud: &Cloud, vm: &Vm) -> Map<String, Value> {
    let Some(template) = cloud.templates.ever(&vm.template) else { return Map::new() };
    fields(json!({
        "templatename": template.name,
        "templatetype": template.kind,
        "templateformat": template.format,
        "templatedisplaytext": template.display_text,
        "passwordenabled": false,
    }))
}

fn offering(cloud: &Cloud, vm: &Vm) -> Map<String, Value> {
    let offering = cloud.service_offerings.ever(&vm.offering);
    fields(json!({
        "serviceofferingname": offering.map(|offering| &offering.spec.name),
        "cpunumber": vm.size.cores,
        "cpuspeed": vm.size.mhz,
        "memory": vm.size.memory,
    }))
}

fn security_groups(cloud: &Cloud, vm: &Vm) -> Vec<Map<String, Value>> {
    vm.security_groups
        .iter()
        .filter_map(|id| cloud.security_groups.get(id))
        .map(|group| {
            fields(json!({
                "id": group.id,
                "name": group.name,
                "description": group.description,
                "account": account(cloud, &group.owner),
                "ingressrule": [],
                "egressrule": [],
                "tags": [],
                "virtualmachineids": [],
            }))
        })
        .collect()
}

fn affinity(cloud: &Cloud, vm: &Vm) -> Vec<Value> {
    vm.affinity_groups
        .iter()
        .filter_map(|id| cloud.affinity_groups.get(id))
        .map(|group| json!({"id": group.id, "name": group.name, "account": account(cloud, &group.owner)}))
        .collect()
}

fn account<'a>(cloud: &'a Cloud, owner: &str) -> &'a str {
    cloud.accounts.ever(owner).map_or("", |account| &account.name)
}

/// The job that works on a resource, which its row shows while it runs.
pub fn job(cloud: &Cloud, id: &str) -> Map<String, Value> {
    match cloud.jobs.open_on(id) {
        Some(job) => fields(json!({"jobid": job.id, "jobstatus": 0})),
        None => Map::new(),
    }
}

/// CloudStack collects figures once a minute from what runs.
fn has_stats(cloud: &Cloud, vm: &Vm) -> bool {
    let minute = |time: jiff::Timestamp| time.as_second().div_euclid(60);
    let until = match vm.state {
        VmState::Running => cloud.now(),
        VmState::Stopped | VmState::Stopping => vm.changed.unwrap_or(vm.created),
        _ => return false,
    };
    vm.started.is_some_and(|started| minute(until) > minute(started))
}

fn stats() -> Map<String, Value> {
    fields(json!({
        "cpuused": "10%",
        "networkkbsread": 32768,
        "networkkbswrite": 16384,
        "diskkbsread": 0,
        "diskkbswrite": 0,
        "memorykbs": 0,
        "memoryintfreekbs": 0,
        "memorytargetkbs": 0,
        "diskioread": 0,
        "diskiowrite": 0,
    }))
}
