//! Volume snapshots.

use crate::engine::{Answer, Call, Command, Job, Refusal, fields, gone};
use crate::resources::tag;
use crate::resources::vm::view::job;
use crate::state::clock::stamp;
use crate::state::{Cloud, Snapshot, SnapshotState, Volume, VolumeKind, VolumeState};
use cloudstack::api;
use serde_json::{Value, json};

/// What is refused for a while only.
const TRY_AGAIN: &str = "try again later";

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listSnapshots", list),
    Command::job("createSnapshot", "user.snapshot.CreateSnapshotCmd", create).on("Snapshot"),
    Command::job("deleteSnapshot", "user.snapshot.DeleteSnapshotCmd", delete).on("Snapshot"),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = params.id("id", &cloud.snapshots)?;
    let ids = params.wanted_ids("ids", &cloud.snapshots)?;
    let volume = params.id("volumeid", &cloud.volumes)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let (scope, tags) = (cloud.scope(call)?, tag::wanted(params));
    let is = |wanted: Option<&str>, has: &str| wanted.is_none_or(|wanted| wanted == has);
    let rows = cloud
        .snapshots
        .iter()
        .filter(|it| it.state != SnapshotState::Destroyed && cloud.shows(&scope, &it.owner))
        .filter(|it| is(id, &it.id) && ids.as_ref().is_none_or(|ids| ids.contains(&it.id.as_str())))
        .filter(|it| is(volume, &it.volume) && is(zone, &it.zone) && is(name, &it.name))
        .filter(|it| keyword.is_none_or(|word| it.name.contains(word)))
        .filter(|it| cloud.has_any_tag(&it.id, &tags))
        .map(|it| view(cloud, it));
    Ok(Answer::list("snapshot", rows))
}

fn view(cloud: &Cloud, snapshot: &Snapshot) -> api::Snapshot {
    let volume = cloud.volumes.ever(&snapshot.volume);
    // It is in a zone once it is being taken.
    let stored = snapshot.state != SnapshotState::Allocated;
    let mut other = fields(json!({
        "volumename": volume.map(|volume| &volume.name),
        "volumetype": volume.map(|volume| if volume.is_root() { "ROOT" } else { "DATADISK" }),
        "volumestate": volume.map(|volume| match cloud.volumes.get(&volume.id) {
            Some(volume) => volume.state.name(),
            None => "Expunged",
        }),
        "intervaltype": "MANUAL",
        "physicalsize": physical(snapshot),
        "revertable": false,
        "virtualsize": snapshot.size,
        "zoneid": stored.then_some(&snapshot.zone),
        "zonename": stored.then(|| cloud.zone_name(&snapshot.zone)),
        "hasannotations": false,
    }));
    other.extend(job(cloud, &snapshot.id));
    other.extend(cloud.owner_fields(&snapshot.owner));
    api::Snapshot {
        id: snapshot.id.clone(),
        name: snapshot.name.clone(),
        state: snapshot.state.name().into(),
        volumeid: snapshot.volume.clone(),
        created: Some(stamp(snapshot.created)),
        tags: tag::of(cloud, &snapshot.id),
        other,
    }
}

/// What CloudStack's simulated storage says: nothing once it is backed up.
fn physical(snapshot: &Snapshot) -> u64 {
    if snapshot.state == SnapshotState::BackedUp { 0 } else { snapshot.size }
}

/// The result of the job: tags there are key and value only.
fn result(cloud: &Cloud, snapshot: &Snapshot) -> Value {
    let mut row = crate::engine::value(view(cloud, snapshot));
    row["snapshottype"] = "MANUAL".into();
    row["zoneid"] = snapshot.zone.as_str().into();
    row["zonename"] = cloud.zone_name(&snapshot.zone).into();
    if let Some(row) = row.as_object_mut() {
        row.retain(|key, _| !matches!(key.as_str(), "jobid" | "jobstatus"));
    }
    let tags = cloud.tags_of(&snapshot.id);
    row["tags"] = tags.map(|tag| json!({"key": tag.key, "value": tag.value})).collect();
    json!({"snapshot": row})
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let volume_id = cloud.need_volume(call, "volumeid")?;
    let Some(volume) = cloud.volumes.get(&volume_id) else {
        return Err(gone("Volume", cloud.volumes.number(&volume_id)));
    };
    check(cloud, volume)?;
    cloud.check_limit(&volume.owner, "snapshot", 1)?;
    let vm = volume.vm().map(str::to_owned);
    let name = match call.params.short("name")? {
        Some(name) => name.to_owned(),
        None => default_name(cloud, volume),
    };
    let (owner, zone, size) = (volume.owner.clone(), volume.zone.clone(), volume.size);
    let template = match &volume.kind {
        VolumeKind::Root { template, .. } => Some(template.clone()),
        VolumeKind::Data { .. } => None,
    };
    let id = cloud.new_id();
    cloud.snapshots.insert(Snapshot {
        id: id.clone(),
        name,
        owner: owner.clone(),
        volume: volume_id.clone(),
        zone,
        state: SnapshotState::Allocated,
        size,
        template,
        created: cloud.now(),
    });
    for (key, value) in tag::wanted(call.params) {
        let put = cloud.put_tag("Snapshot", &id, &owner, &key, &value.unwrap_or_default());
        if let Err(refusal) = put {
            cloud.snapshots.remove(&id);
            cloud.drop_tags(&id);
            return Err(refusal);
        }
    }
    Ok(take(id, volume_id, vm))
}

/// The job: of an attached volume it ends when the snapshot is backed up; of a detached one it
/// says what was true when it began. It begins to take the snapshot a while after its turn came.
fn take(id: String, volume: String, vm: Option<String>) -> Job {
    let (made, begun, of, attached) = (id.clone(), id.clone(), volume.clone(), vm.is_some());
    let takes = move |cloud: &mut Cloud| {
        let there = cloud.volumes.get_mut(&of).map(|volume| {
            volume.state = VolumeState::Snapshotting;
        });
        if let Some(snapshot) = cloud.snapshots.get_mut(&begun).filter(|_| there.is_some()) {
            snapshot.state = SnapshotState::Creating;
        }
    };
    let job = Job::new(move |cloud| {
        match cloud.volumes.get_mut(&volume) {
            Some(volume) => volume.state = VolumeState::Ready,
            None => {
                cloud.snapshots.remove(&id);
                return Err(Refusal::internal(format!(
                    "Failed to create snapshot due to an internal error creating snapshot for \
                     volume {volume}"
                )));
            }
        }
        let stale = cloud.snapshots.get(&id).cloned();
        if let Some(snapshot) = cloud.snapshots.get_mut(&id) {
            snapshot.state = SnapshotState::BackedUp;
        }
        let said = match stale {
            Some(stale) if !attached => Some(Snapshot { state: SnapshotState::Allocated, ..stale }),
            _ => cloud.snapshots.get(&id).cloned(),
        };
        Ok(said.map_or(Value::Null, |said| result(cloud, &said)))
    });
    // Recorded: a detached volume can be deleted until the last moment.
    let share = if vm.is_some() { 0.3 } else { 0.9 };
    job.midway(share, takes).making(made).queued(vm)
}

fn check(cloud: &Cloud, volume: &Volume) -> Result<(), Refusal> {
    let siblings: Vec<&str> = match volume.vm() {
        Some(vm) => cloud.volumes_of(vm).into_iter().map(|it| it.id.as_str()).collect(),
        None => vec![volume.id.as_str()],
    };
    if siblings.into_iter().any(|id| cloud.is_being_snapshot(id)) {
        return Err(Refusal::invalid(format!(
            "There is other active snapshot tasks on the instance of volume {}, please {}",
            volume.id, TRY_AGAIN
        )));
    }
    match volume.state {
        VolumeState::Ready => Ok(()),
        state => Err(Refusal::invalid(format!(
            "Volume: {} (id {}) is not in Ready state but {}. Cannot take snapshot.",
            volume.id,
            cloud.volumes.number(&volume.id),
            state.name()
        ))),
    }
}

/// `<vm>_<volume>_<time>`.
fn default_name(cloud: &Cloud, volume: &Volume) -> String {
    let vm = volume.vm().and_then(|id| cloud.vms.get(id)).map_or("detached", |vm| &vm.name);
    format!("{vm}_{}_{}", volume.name, cloud.now().strftime("%Y%m%d%H%M%S"))
}

fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = call.params.need_id("id", &cloud.snapshots)?.to_owned();
    if let Some(snapshot) = cloud.snapshots.get(&id) {
        cloud.check_owner(call.caller, &snapshot.owner)?;
    }
    let (begun, on) = (id.clone(), id.clone());
    let begin = move |cloud: &mut Cloud| match cloud.snapshots.get(&begun).map(|it| it.state) {
        Some(SnapshotState::Creating | SnapshotState::BackingUp) => {
            Err(Refusal::invalid(format!("snapshot {begun} is being taken, please {}", TRY_AGAIN)))
        }
        Some(_) => Ok(()),
        None => Err(Refusal::invalid(format!("Snapshot [{begun}] is already destroyed"))),
    };
    let job = Job::new(move |cloud| {
        if let Some(snapshot) = cloud.snapshots.get_mut(&id) {
            snapshot.state = SnapshotState::Destroyed;
        }
        cloud.drop_tags(&id);
        let owner = cloud.snapshots.remove(&id).map(|gone| gone.owner.clone());
        if let Some(owner) = owner.and_then(|owner| cloud.accounts.get_mut(&owner)) {
            owner.snapshots_miscounted += 1;
        }
        Ok(json!({"success": true}))
    });
    Ok(job.begin(begin).on(on))
}
