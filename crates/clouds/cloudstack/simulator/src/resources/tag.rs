//! Tags.

use crate::engine::{Answer, Call, Command, Job, Params, Refusal, fields};
use crate::state::account::SYSTEM;
use crate::state::{Cloud, Tag};
use cloudstack::api;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::job("createTags", "user.tag.CreateTagsCmd", create),
    Command::job("deleteTags", "user.tag.DeleteTagsCmd", delete),
    Command::sync("listTags", list),
];

/// The tags that a call names: `tags[0].key`, `tags[0].value`.
pub fn wanted(params: &Params) -> Vec<(String, Option<String>)> {
    let read = |row: &BTreeMap<String, String>| {
        row.get("key").map(|key| (key.clone(), row.get("value").cloned()))
    };
    params.rows("tags").into_iter().filter_map(read).collect()
}

/// The tags of a resource as it shows them.
pub fn of(cloud: &Cloud, resource: &str) -> Vec<api::Tag> {
    cloud.tags_of(resource).map(|tag| view(cloud, tag)).collect()
}

fn view(cloud: &Cloud, tag: &Tag) -> api::Tag {
    let mut other = fields(json!({"resourcetype": tag.kind, "resourceid": tag.resource}));
    let mut owner = cloud.owner_fields(&tag.owner);
    owner.remove("domainpath");
    other.extend(owner);
    api::Tag { key: tag.key.clone(), value: tag.value.clone(), other }
}

/// The kind of a resource in CloudStack's spelling, if tags can be put on it.
fn kind(params: &Params) -> Result<&'static str, Refusal> {
    const KINDS: &[&str] = &[
        "UserVm",
        "Template",
        "ISO",
        "Volume",
        "Snapshot",
        "Network",
        "LoadBalancer",
        "PortForwardingRule",
        "FirewallRule",
        "SecurityGroup",
        "PublicIpAddress",
        "Project",
        "Account",
        "Vpc",
        "NetworkACL",
        "VMSnapshot",
        "User",
    ];
    let given = params.need("resourcetype")?;
    let known = KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(given));
    known.copied().ok_or_else(|| Refusal::parameter(format!("Invalid resource type: {given}")))
}

impl Cloud {
    /// Who owns a resource that tags can be put on.
    fn tagged_owner(&self, kind: &str, id: &str) -> Option<String> {
        let system = || self.account_named(SYSTEM).map(|account| account.id.clone());
        match kind {
            "UserVm" => self.vms.get(id).map(|vm| vm.owner.clone()),
            "Volume" => self.volumes.get(id).map(|volume| volume.owner.clone()),
            // Recorded: also of one that is gone.
            "Snapshot" => self.snapshots.ever(id).map(|snapshot| snapshot.owner.clone()),
            "Template" => self.templates.get(id).and_then(|it| it.owner.clone().or_else(system)),
            "Network" => self.networks.get(id).and_then(|it| it.owner.clone().or_else(system)),
            "SecurityGroup" => self.security_groups.get(id).map(|group| group.owner.clone()),
            "PublicIpAddress" => {
                let lease = self.routing.addresses.get(id).and_then(|it| it.lease.as_ref());
                lease.map(|lease| lease.owner.clone())
            }
            "Vpc" => self.routing.vpcs.get(id).map(|vpc| vpc.owner.clone()),
            "Project" => self.projects.get(id).map(|project| project.account.clone()),
            _ => None,
        }
    }

    /// Puts a tag on a resource. There is no upsert.
    pub fn put_tag(
        &mut self,
        kind: &str,
        resource: &str,
        owner: &str,
        key: &str,
        value: &str,
    ) -> Result<(), Refusal> {
        if value.is_empty() {
            return Err(Refusal::invalid(format!(
                "Value for the key {key} is either null or empty"
            )));
        }
        if key.chars().count() > 255 {
            return Err(Refusal::internal("Data truncation: Data too long for column 'key'"));
        }
        if self.tags_of(resource).any(|tag| tag.key.eq_ignore_ascii_case(key)) {
            let text = format!("tag {key} already on {kind} with id {resource}");
            return Err(Refusal::internal(text));
        }
        self.tags.push(Tag {
            kind: kind.into(),
            resource: resource.into(),
            key: key.into(),
            // Recorded: what is too long is cut off without a word.
            value: value.chars().take(255).collect(),
            owner: owner.into(),
        });
        Ok(())
    }
}

/// The resources that a call names, each with its owner.
fn resources(cloud: &Cloud, call: &Call<'_>, kind: &str) -> Result<Vec<(String, String)>, Refusal> {
    call.params.need("resourceids")?;
    let find = |id: &str| match cloud.tagged_owner(kind, id) {
        Some(owner) => {
            cloud.check_owner(call.caller, &owner)?;
            Ok((id.to_owned(), owner))
        }
        None => {
            Err(Refusal::invalid(format!("Unable to find resource by id {id} and type {kind}")))
        }
    };
    call.params.list("resourceids").into_iter().map(find).collect()
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    call.params.need("resourcetype")?;
    let kind = match kind(call.params) {
        Ok(kind) => kind,
        // Recorded: the job finds that.
        Err(refusal) => return Ok(Job::new(move |_| Err(refusal))),
    };
    let resources = resources(cloud, call, kind);
    let tags = wanted(call.params);
    if tags.is_empty() {
        return Err(call.params.missing("tags"));
    }
    Ok(Job::new(move |cloud| {
        // All or nothing, as in one transaction.
        let before = cloud.tags.clone();
        let put = resources.and_then(|resources| {
            for (id, owner) in &resources {
                for (key, value) in &tags {
                    cloud.put_tag(kind, id, owner, key, value.as_deref().unwrap_or_default())?;
                }
            }
            Ok(())
        });
        if put.is_err() {
            cloud.tags = before;
        }
        put.map(|()| json!({"success": true}))
    }))
}

fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let kind = kind(call.params)?;
    let resources = resources(cloud, call, kind);
    let wanted = wanted(call.params);
    Ok(Job::new(move |cloud| {
        let resources = resources?;
        let before = cloud.tags.len();
        let hit = |tag: &Tag| {
            resources.iter().any(|(id, _)| *id == tag.resource)
                && (wanted.is_empty() || wanted.iter().any(|(key, value)| matches(tag, key, value)))
        };
        cloud.tags.retain(|tag| !hit(tag));
        if cloud.tags.len() == before {
            return Err(Refusal::internal("Failed to delete tags"));
        }
        Ok(json!({"success": true}))
    }))
}

fn matches(tag: &Tag, key: &str, value: &Option<String>) -> bool {
    tag.key.eq_ignore_ascii_case(key)
        && value.as_ref().is_none_or(|value| tag.value.eq_ignore_ascii_case(value))
}

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let is = |wanted: Option<&str>, has: &str| {
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(has))
    };
    let rows: Vec<Map<String, Value>> = cloud
        .tags
        .iter()
        .filter(|tag| cloud.shows(&scope, &tag.owner))
        .filter(|tag| is(params.text("resourcetype"), &tag.kind))
        .filter(|tag| is(params.text("resourceid"), &tag.resource))
        .filter(|tag| is(params.text("key"), &tag.key) && is(params.text("value"), &tag.value))
        .map(|tag| {
            let mut row = fields(json!({"key": tag.key, "value": tag.value}));
            row.extend(fields(json!({"resourcetype": tag.kind, "resourceid": tag.resource})));
            row.extend(cloud.owner_fields(&tag.owner));
            row
        })
        .collect();
    Ok(Answer::list("tag", rows))
}
