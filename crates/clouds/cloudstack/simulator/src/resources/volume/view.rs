//! A volume as clients see it.

use crate::engine::fields;
use crate::resources::{tag, vm};
use crate::state::clock::stamp;
use crate::state::{Caller, Cloud, Volume, VolumeKind, VolumeState};
use cloudstack::api;
use serde_json::{Map, Value, json};

/// The result of a job that worked on a volume.
pub fn result(cloud: &Cloud, caller: &Caller, id: &str) -> Value {
    match cloud.volumes.get(id) {
        Some(volume) => json!({"volume": of(cloud, caller, volume)}),
        None => json!({"volume": {"tags": []}}),
    }
}

/// A volume as `caller` sees it.
pub fn of(cloud: &Cloud, caller: &Caller, volume: &Volume) -> api::Volume {
    let mut other = common(cloud, volume);
    other.extend(cloud.owner_fields(&volume.owner));
    other.extend(kind(cloud, volume));
    other.extend(attachment(cloud, volume));
    other.extend(vm::view::job(cloud, &volume.id));
    if caller.is_admin() {
        other.extend(placement(volume));
    }
    api::Volume {
        id: volume.id.clone(),
        name: volume.name.clone(),
        kind: if volume.is_root() { "ROOT" } else { "DATADISK" }.into(),
        state: volume.state.name().into(),
        size: volume.size,
        zoneid: volume.zone.clone(),
        zonename: cloud.zone_name(&volume.zone).into(),
        hypervisor: hypervisor(cloud, caller, volume).unwrap_or_default(),
        diskofferingid: volume.disk_offering().map(str::to_owned),
        virtualmachineid: volume.vm().map(str::to_owned),
        deviceid: volume.attached.as_ref().map(|attachment| attachment.device),
        created: Some(stamp(volume.created)),
        tags: tag::of(cloud, &volume.id),
        other,
    }
}

/// A plain user is not told it; a volume that was never attached has none.
fn hypervisor(cloud: &Cloud, caller: &Caller, volume: &Volume) -> Option<String> {
    let zone = cloud.zones.get(&volume.zone).filter(|_| caller.is_admin())?;
    Some(match &volume.pool {
        Some(_) => zone.spec.hypervisor.clone(),
        None if volume.is_root() => zone.spec.hypervisor.clone(),
        None => "None".into(),
    })
}

fn common(cloud: &Cloud, volume: &Volume) -> Map<String, Value> {
    let source = volume.is_root();
    fields(json!({
        "provisioningtype": "thin",
        "miniops": volume.iops.map(|(min, _)| min),
        "maxiops": volume.iops.map(|(_, max)| max),
        "destroyed": volume.state == VolumeState::Destroy,
        "isextractable": !source || cloud.root_is_extractable(volume),
        "quiescevm": false,
        "supportsstoragesnapshot": false,
        "deleteprotection": volume.delete_protection,
        "hasannotations": false,
    }))
}

fn kind(cloud: &Cloud, volume: &Volume) -> Map<String, Value> {
    match &volume.kind {
        VolumeKind::Data { offering } => {
            let found = cloud.disk_offerings.ever(offering);
            fields(json!({
                "diskofferingname": found.map(|offering| &offering.spec.name),
                "diskofferingdisplaytext": found.map(|offering| offering.display_text()),
            }))
        }
        VolumeKind::Root { template, offering } => {
            let found = cloud.service_offerings.ever(offering);
            let from = cloud.templates.ever(template);
            fields(json!({
                // CloudStack's slip: the internal number, not the id.
                "serviceofferingid": cloud.service_offerings.number(offering).to_string(),
                "serviceofferingname": found.map(|offering| &offering.spec.name),
                "serviceofferingdisplaytext": found.map(|offering| offering.spec.display_text()),
                "templateid": template,
                "templatename": from.map(|template| &template.name),
                "templatedisplaytext": from.map(|template| &template.display_text),
            }))
        }
    }
}

fn attachment(cloud: &Cloud, volume: &Volume) -> Map<String, Value> {
    let Some(attachment) = &volume.attached else { return Map::new() };
    let vm = cloud.vms.get(&attachment.vm);
    fields(json!({
        "attached": attachment.since.map(stamp),
        "vmname": vm.map(|vm| &vm.name),
        "vmdisplayname": vm.map(|vm| &vm.display_name),
        "vmstate": vm.map(|vm| vm.state.name()),
        "vmtype": "User",
        "diskkbsread": 0,
        "diskkbswrite": 0,
        "diskioread": 0,
        "diskiowrite": 0,
    }))
}

/// Where it is stored: for admins.
fn placement(volume: &Volume) -> Map<String, Value> {
    let pool = volume.pool.as_ref();
    fields(json!({
        "storagetype": volume.storage.name(),
        "displayvolume": true,
        "storage": pool.map(|pool| &pool.name),
        "storageid": pool.map(|pool| &pool.id),
        "path": pool.map(|_| &volume.path),
        "clusterid": pool.map(|pool| &pool.cluster),
        "clustername": pool.map(|pool| &pool.cluster_name),
        "podid": pool.map(|pool| &pool.pod),
        "podname": pool.map(|_| "POD0"),
    }))
}

impl Cloud {
    fn root_is_extractable(&self, volume: &Volume) -> bool {
        match &volume.kind {
            VolumeKind::Root { template, .. } => {
                self.templates.ever(template).is_some_and(|template| template.extractable)
            }
            VolumeKind::Data { .. } => true,
        }
    }
}
