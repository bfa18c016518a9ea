//! Making templates from volumes and snapshots, copying and deleting them.

use super::list::view;
use crate::engine::{Call, Job, Refusal, gone, live_id};
use crate::state::{
    Caller, Cloud, CopyState, SnapshotState, Template, TemplateCopy, VmState, Volume, VolumeKind,
    VolumeState, X86,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a template is made from.
struct Source {
    zone: String,
    owner: String,
    bytes: Option<u64>,
    counted: u64,
    template: Option<String>,
    details: BTreeMap<String, String>,
}

/// `createTemplate`.
pub fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let name = params.need("name")?.to_owned();
    let os_type = params.need_id("ostypeid", &cloud.os_types)?.to_owned();
    let source = match (params.has("volumeid"), params.has("snapshotid")) {
        (true, false) => from_volume(cloud, call)?,
        (false, true) => from_snapshot(cloud, call)?,
        _ => return Err(Refusal::invalid("name either a volumeid or a snapshotid")),
    };
    cloud.check_limit(&source.owner, "template", 1)?;
    let (id, created) = (cloud.new_id(), cloud.now());
    let hypervisor = cloud.zones.get(&source.zone).map(|zone| zone.spec.hypervisor.clone());
    cloud.templates.insert(Template {
        id: id.clone(),
        display_text: params.text("displaytext").unwrap_or(&name).to_owned(),
        name,
        owner: Some(source.owner),
        public: params.flag("ispublic") == Some(true),
        featured: params.flag("isfeatured") == Some(true) && call.caller.is_admin(),
        extractable: params.flag("isextractable") == Some(true),
        os_type,
        format: "RAW".into(),
        hypervisor: hypervisor.unwrap_or_default(),
        builtin: false,
        kind: Some("USER".into()),
        counted_bytes: source.counted,
        url: None,
        source: source.template,
        details: source.details,
        shared_with: Vec::new(),
        requires_hvm: params.flag("requireshvm") != Some(false),
        checksum: None,
        arch: params.text("arch").unwrap_or(X86).to_owned(),
        created,
        copies: vec![TemplateCopy {
            zone: source.zone.clone(),
            state: CopyState::Creating,
            size: source.bytes,
            physical: None,
            sha256: None,
            created,
        }],
    });
    let (caller, template, zone) = (call.caller.clone(), id.clone(), source.zone);
    let job = Job::new(move |cloud| {
        if let Some(found) = cloud.templates.get_mut(&template) {
            found.copies.iter_mut().for_each(|copy| copy.state = CopyState::Ready);
        }
        Ok(result(cloud, &caller, &template, &zone))
    });
    Ok(job.making(id))
}

fn from_volume(cloud: &Cloud, call: &Call<'_>) -> Result<Source, Refusal> {
    let id = cloud.need_volume(call, "volumeid")?;
    let Some(volume) = cloud.volumes.get(&id) else {
        return Err(gone("Volume", cloud.volumes.number(&id)));
    };
    let vm = volume.vm().and_then(|vm| cloud.vms.get(vm));
    if vm.is_some_and(|vm| vm.state != VmState::Stopped) {
        return Err(Refusal::internal(format!(
            "Unable to create private template for volume: {}; volume is attached to a \
             non-stopped VM, please stop the VM first",
            volume.name
        )));
    }
    if volume.state != VolumeState::Ready {
        let text = format!("volume {id} is {}, not Ready", volume.state.name());
        return Err(Refusal::invalid(text));
    }
    Ok(Source {
        zone: volume.zone.clone(),
        owner: cloud.new_owner(call)?,
        bytes: Some(volume.size),
        counted: volume.size,
        template: root_template(volume),
        details: vm.map(|vm| vm.details.clone()).unwrap_or_default(),
    })
}

fn root_template(volume: &Volume) -> Option<String> {
    match &volume.kind {
        VolumeKind::Root { template, .. } => Some(template.clone()),
        VolumeKind::Data { .. } => None,
    }
}

fn from_snapshot(cloud: &Cloud, call: &Call<'_>) -> Result<Source, Refusal> {
    let id = call.params.need_id("snapshotid", &cloud.snapshots)?;
    let found = cloud.snapshots.get(id).filter(|it| it.state == SnapshotState::BackedUp);
    let Some(snapshot) = found else {
        return Err(Refusal::invalid(format!("snapshot {id} is not BackedUp")));
    };
    cloud.check_owner(call.caller, &snapshot.owner)?;
    Ok(Source {
        zone: snapshot.zone.clone(),
        owner: cloud.new_owner(call)?,
        // The simulated storage does not tell, as recorded.
        bytes: None,
        counted: snapshot.size,
        template: snapshot.template.clone(),
        details: BTreeMap::new(),
    })
}

fn result(cloud: &Cloud, caller: &Caller, id: &str, zone: &str) -> Value {
    let found = cloud.templates.get(id);
    let row = found.and_then(|it| it.copy_in(zone).map(|copy| view(cloud, caller, it, copy)));
    json!({"template": row})
}

/// `copyTemplate`, to other zones.
pub fn copy(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let id = own(cloud, call)?;
    let from = params.id("sourcezoneid", &cloud.zones)?.map(str::to_owned);
    let mut to: Vec<String> = Vec::new();
    for name in ["destzoneid", "destzoneids"] {
        to.extend(params.ids(name, &cloud.zones)?.into_iter().map(str::to_owned));
    }
    let Some(first) = to.first().cloned() else { return Err(params.missing("destzoneid")) };
    let (caller, template, begun) = (call.caller.clone(), id.clone(), id.clone());
    let begin = move |cloud: &mut Cloud| {
        let found = cloud.templates.get(&begun);
        if found.is_some_and(|template| template.kind.is_none()) {
            return Err(Refusal::internal(
                "Cannot invoke \"com.cloud.storage.Storage$TemplateType.equals(Object)\" because \
                 the type of the template is null",
            ));
        }
        let there = found.is_some_and(|template| match &from {
            Some(zone) => template.ready_in(zone).is_some(),
            None => !template.copies.is_empty(),
        });
        match there {
            true => Ok(()),
            false => Err(Refusal::invalid(format!(
                "There is no template {begun} which is ready in the source zone"
            ))),
        }
    };
    let job = Job::new(move |cloud| {
        let created = cloud.now();
        if let Some(found) = cloud.templates.get_mut(&template) {
            for zone in to {
                if found.copy_in(&zone).is_some() {
                    continue;
                }
                // What CloudStack's simulated download says of any template.
                let bytes = Some(5 << 20);
                let state = CopyState::Ready;
                found.copies.push(TemplateCopy {
                    zone,
                    state,
                    size: bytes,
                    physical: bytes,
                    sha256: None,
                    created,
                });
            }
        }
        let mut result = result(cloud, &caller, &template, &first);
        // Recorded: the job tells not even an admin which store the copy is in.
        if let Some(download) = result["template"]["downloaddetails"][0].as_object_mut() {
            download.retain(|key, _| !matches!(key.as_str(), "datastoreRole" | "datastoreId"));
        }
        Ok(result)
    });
    Ok(job.begin(begin).on(id))
}

/// `deleteTemplate`, in one zone or in all.
pub fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = own(cloud, call)?;
    let zone = call.params.id("zoneid", &cloud.zones)?.map(str::to_owned);
    let forced = call.params.flag("forced") == Some(true);
    let (template, begun, in_zone) = (id.clone(), id.clone(), zone.clone());
    let begin = move |cloud: &mut Cloud| {
        let used = |vm: &&crate::state::Vm| {
            vm.template == begun && in_zone.as_ref().is_none_or(|zone| vm.zone == *zone)
        };
        let of_it = cloud.templates.get(&begun).into_iter().flat_map(|it| &it.copies);
        let busy = |copy: &TemplateCopy| matches!(copy.state, CopyState::Downloading(_));
        if of_it.into_iter().any(busy) {
            let text = "Please specify a template that is not currently being downloaded.";
            return Err(Refusal::internal(text));
        }
        let users: Vec<&str> =
            cloud.vms.iter().filter(used).map(|vm| vm.instance_name.as_str()).collect();
        if users.is_empty() || forced {
            return match cloud.awaits_upload(&begun) {
                true => Err(Refusal::invalid(
                    "The template is either getting uploaded or it may be initiated shortly, \
                     please wait for it to be completed",
                )),
                false => Ok(()),
            };
        }
        Err(Refusal::invalid(format!(
            "Unable to delete template: {begun} because VM instances: [{}] are using it",
            users.join(", ")
        )))
    };
    let job = Job::new(move |cloud| {
        if let Some(found) = cloud.templates.get_mut(&template) {
            found.copies.retain(|copy| zone.as_ref().is_some_and(|zone| copy.zone != *zone));
        }
        if cloud.templates.get(&template).is_some_and(|found| found.copies.is_empty()) {
            cloud.drop_tags(&template);
            cloud.templates.remove(&template);
        }
        Ok(json!({"success": true}))
    });
    Ok(job.begin(begin).on(id))
}

/// The template that a call names, which the caller may change.
pub fn own(cloud: &Cloud, call: &Call<'_>) -> Result<String, Refusal> {
    let id = live_id(call, "id", "VirtualMachineTemplate", &cloud.templates)?;
    let owner = cloud.templates.get(&id).and_then(|template| template.owner.clone());
    match owner {
        Some(owner) => cloud.check_owner(call.caller, &owner)?,
        None if call.caller.is_admin() => {}
        None => return Err(Refusal::denied(format!("template {id} is the cloud's own"))),
    }
    Ok(id)
}
