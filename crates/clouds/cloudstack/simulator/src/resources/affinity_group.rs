//! Affinity groups.

use crate::engine::{Answer, Call, Command, Job, Refusal, fields, live_id};
use crate::state::{AffinityGroup, Cloud, Entity};
use cloudstack::Version;
use serde_json::{Map, Value, json};

/// What a group is called where it is gone.
const KIND: &str = "AffinityGroup";
/// The kinds of groups; those of the second half came with 4.18.
const TYPES: &[&str] = &[
    "host anti-affinity",
    "host affinity",
    "non-strict host anti-affinity",
    "non-strict host affinity",
];

/// Since when there is affinity that gives way.
const NON_STRICT: Version = Version::new(4, 18);

fn types(cloud: &Cloud) -> &'static [&'static str] {
    let version = Version::parse(&cloud.world.version);
    match version.is_some_and(|version| version < NON_STRICT) {
        true => &TYPES[..2],
        false => TYPES,
    }
}

/// The commands of this resource. Recorded: their jobs name no instance.
pub const COMMANDS: &[Command] = &[
    Command::sync("listAffinityGroupTypes", list_types),
    Command::sync("listAffinityGroups", list),
    Command::job("createAffinityGroup", "user.affinitygroup.CreateAffinityGroupCmd", create)
        .on(KIND),
    Command::job("deleteAffinityGroup", "user.affinitygroup.DeleteAffinityGroupCmd", delete)
        .on(KIND),
];

fn list_types(cloud: &mut Cloud, _: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::list("affinityGroupType", types(cloud).iter().map(|kind| json!({"type": kind}))))
}

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.affinity_groups)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let kind = params.text("type");
    let vm = params.id("virtualmachineid", &cloud.vms)?.and_then(|id| cloud.vms.get(id));
    let of_vm = params.has("virtualmachineid").then(|| vm.map(|vm| vm.affinity_groups.as_slice()));
    let rows: Vec<Value> = cloud
        .affinity_groups
        .iter()
        .filter(|group| cloud.shows(&scope, &group.owner))
        .filter(|group| id.is_none_or(|id| group.id == id))
        .filter(|group| name.is_none_or(|name| group.name == name))
        .filter(|group| keyword.is_none_or(|word| group.name.contains(word)))
        .filter(|group| kind.is_none_or(|kind| group.kind == kind))
        .filter(|group| of_vm.is_none_or(|its| its.is_some_and(|its| its.contains(&group.id))))
        .map(|group| view(cloud, group).into())
        .collect();
    Ok(Answer::list("affinitygroup", rows))
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let (name, kind) = (params.need("name")?.to_owned(), params.need("type")?.to_owned());
    if !types(cloud).contains(&kind.as_str()) {
        let text = format!("Unable to create affinity group, invalid affinity group type {kind}");
        return Err(Refusal::invalid(text));
    }
    let owner = cloud.new_owner(call)?;
    if name.chars().count() == 255 {
        return Err(Refusal::internal("Data truncation: Data too long for column 'name' at row 1"));
    }
    if cloud.affinity_groups.iter().any(|group| group.owner == owner && group.name == name) {
        return Err(Refusal::invalid(format!(
            "Unable to create affinity group, a group with name {name} already exists."
        )));
    }
    let description = params.text("description").map(str::to_owned);
    let id = cloud.new_id();
    let group = AffinityGroup { id: id.clone(), name, description, kind, owner };
    cloud.affinity_groups.insert(group);
    let made = id.clone();
    let mut job = Job::new(move |cloud| {
        let group = cloud.affinity_groups.get(&id).map(|group| view(cloud, group));
        Ok(json!({"affinitygroup": group}))
    });
    job.made = Some(made);
    Ok(job)
}

fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let owner = cloud.new_owner(call)?;
    let id = match call.params.text("name") {
        _ if call.params.has("id") => live_id(call, "id", KIND, &cloud.affinity_groups)?,
        Some(name) => {
            let named = |group: &&AffinityGroup| group.owner == owner && group.name == name;
            let group = cloud.affinity_groups.iter().find(named);
            let missing =
                || Refusal::invalid(format!("Unable to find affinity group by name {name}"));
            group.ok_or_else(missing)?.id.clone()
        }
        None => return Err(Refusal::invalid("id or name says which group")),
    };
    let owner = cloud.affinity_groups.get(&id).map_or("", |group| &group.owner);
    cloud.check_owner(call.caller, owner)?;
    Ok(Job::new(move |cloud| {
        for vm in cloud.vms.iter_mut() {
            vm.affinity_groups.retain(|group| *group != id);
        }
        cloud.affinity_groups.forget(&id);
        Ok(json!({"success": true}))
    }))
}

fn view(cloud: &Cloud, group: &AffinityGroup) -> Map<String, Value> {
    let vms: Vec<&str> = cloud
        .vms
        .iter()
        .filter(|vm| vm.affinity_groups.contains(&group.id))
        .map(Entity::id)
        .collect();
    let mut row = fields(json!({
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "type": group.kind,
        "virtualmachineIds": (!vms.is_empty()).then_some(vms),
    }));
    row.extend(cloud.owner_fields(&group.owner));
    row
}
