//! Projects.

use super::account::counts;
use crate::engine::{Answer, Call, Command, Job, Refusal, fields, live_id};
use crate::state::clock::stamp;
use crate::state::limit::DEFAULTS;
use crate::state::{Cloud, NewProject, Project};
use serde_json::{Map, Value, json};

/// What a project is called where it is gone.
const KIND: &str = "Project";

/// The commands of this resource. Recorded: their jobs name no instance.
pub const COMMANDS: &[Command] = &[
    Command::sync("listProjects", list),
    Command::job("createProject", "user.project.CreateProjectCmd", create).on("None"),
    Command::job("deleteProject", "user.project.DeleteProjectCmd", delete),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = params.id("id", &cloud.projects)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let domain = params.text("domainid");
    let all = call.caller.is_admin() && (id.is_some() || params.flag("listall") == Some(true));
    let rows: Vec<Value> = cloud
        .projects
        .iter()
        .rev()
        .filter(|project| all || cloud.is_in_project(project, &call.caller.account))
        .filter(|project| id.is_none_or(|id| project.id == id))
        .filter(|_| domain.is_none_or(|domain| cloud.domains.knows(domain)))
        .filter(|project| name.is_none_or(|name| project.name == name))
        .filter(|project| keyword.is_none_or(|word| project.name.contains(word)))
        .map(|project| view(cloud, project).into())
        .collect();
    Ok(Answer::list("project", rows))
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let name = call.params.need("name")?.to_owned();
    let displaytext = call.params.text("displaytext").unwrap_or(&name).to_owned();
    let owner = call.caller.account.clone();
    if cloud.projects.iter().any(|project| project.name == name) {
        return Err(Refusal::invalid(format!("Project with name {name} already exists")));
    }
    cloud.check_limit(&owner, "project", 1)?;
    let new = NewProject { name, displaytext, owner, ..NewProject::default() };
    let id = cloud.add_project(None, new);
    let made = id.clone();
    let mut job = Job::new(move |cloud| {
        let project = cloud.projects.get(&id).map(|project| view(cloud, project));
        Ok(json!({"project": project}))
    });
    job.made = Some(made);
    Ok(job)
}

/// A project goes when it holds nothing any more.
fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = live_id(call, "id", KIND, &cloud.projects)?;
    let account = cloud.projects.get(&id).map(|it| it.account.clone()).unwrap_or_default();
    cloud.check_owner(call.caller, &account)?;
    Ok(Job::new(move |cloud| {
        let holds = DEFAULTS.iter().find(|(kind, _)| cloud.usage(&account, kind) > 0);
        if let Some((kind, _)) = holds {
            return Err(Refusal::internal(format!(
                "Can't delete the project yet because it has 1 {kind} to clean up"
            )));
        }
        cloud.drop_tags(&id);
        cloud.projects.remove(&id);
        cloud.accounts.remove(&account);
        Ok(json!({"success": true}))
    }))
}

fn view(cloud: &Cloud, project: &Project) -> Map<String, Value> {
    let owner = cloud.accounts.ever(&project.owner);
    let account = cloud.accounts.ever(&project.account);
    let domain = cloud.domain_of(&project.account);
    let mut row = fields(json!({
        "id": project.id,
        "name": project.name,
        "displaytext": project.displaytext,
        "domainid": domain.map(|domain| &domain.id),
        "domain": domain.map(|domain| &domain.name),
        "owner": [{"account": owner.map(|owner| &owner.name)}],
        "projectaccountname": account.map(|account| &account.name),
        "state": "Active",
        "tags": super::tag::of(cloud, &project.id),
        "created": stamp(project.created),
    }));
    let mut counts = counts(cloud, &project.account);
    // A project holds no projects.
    counts.retain(|name, _| !name.starts_with("project"));
    row.extend(counts);
    row
}
