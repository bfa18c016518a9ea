//! Who may use a template, and downloading it.

use super::create::own;
use crate::engine::{Answer, Call, Job, Refusal, fields};
use crate::state::Cloud;
use serde_json::json;

/// `updateTemplatePermissions`.
pub fn update_permissions(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = own(cloud, call)?;
    let mut accounts = Vec::new();
    for name in params.list("accounts") {
        let account = cloud.account_named(name);
        let account =
            account.ok_or_else(|| Refusal::invalid(format!("Unable to find account {name}")))?;
        accounts.push(account.id.clone());
    }
    for project in params.ids("projectids", &cloud.projects)? {
        accounts.extend(cloud.projects.get(project).map(|project| project.account.clone()));
    }
    let featured = params.flag("isfeatured").filter(|_| call.caller.is_admin());
    let Some(template) = cloud.templates.get_mut(&id) else { return Ok(Answer::Success) };
    template.public = params.flag("ispublic").unwrap_or(template.public);
    template.featured = featured.unwrap_or(template.featured);
    template.extractable = params.flag("isextractable").unwrap_or(template.extractable);
    match params.text("op") {
        Some("add") => template.shared_with.extend(accounts),
        Some("remove") => template.shared_with.retain(|it| !accounts.contains(it)),
        Some("reset") => template.shared_with.clear(),
        None => {}
        Some(op) => {
            let text = format!("Invalid operation {op}; it is one of add, remove, reset");
            return Err(Refusal::invalid(text));
        }
    }
    Ok(Answer::Success)
}

/// `extractTemplate`: an address to download it from. Nothing listens there.
pub fn extract(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let id = own(cloud, call)?;
    let mode = params.need("mode")?.to_owned();
    let zone = params.id("zoneid", &cloud.zones)?.map(str::to_owned);
    let zone_name = zone.as_ref().map(|zone| cloud.zone_name(zone).to_owned());
    let found = cloud.templates.get(&id);
    if !call.caller.is_admin() && !found.is_some_and(|template| template.extractable) {
        return Err(Refusal::invalid(format!("template {id} is not extractable")));
    }
    let (name, format, account) = match found {
        Some(it) => (it.name.clone(), it.format.to_lowercase(), it.owner.clone()),
        None => Default::default(),
    };
    let (template, file) = (id.clone(), cloud.new_id());
    let job = Job::new(move |_| {
        let template = fields(json!({
            "id": template,
            "name": name,
            "accountid": account,
            "state": "DOWNLOAD_URL_CREATED",
            "zoneid": zone,
            "zonename": zone_name,
            "extractMode": mode,
            "url": format!("http://192.168.1.3/userdata/{file}.{format}"),
        }));
        Ok(json!({"template": template}))
    });
    Ok(job.on(id))
}
