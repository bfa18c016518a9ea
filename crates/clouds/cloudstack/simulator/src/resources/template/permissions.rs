//! Who may use a template, and downloading it.

use super::create::own;
use crate::engine::{Answer, Call, Job, Refusal, fields, value};
use crate::state::Cloud;
use serde_json::{Value, json};

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

/// `updateTemplate`: its texts.
pub fn update(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let id = own(cloud, call)?;
    let (name, text) = (params.short("name")?, params.text("displaytext"));
    let Some(template) = cloud.templates.get_mut(&id) else { return Ok(Answer::Success) };
    template.name = name.map_or_else(|| template.name.clone(), str::to_owned);
    template.display_text = text.map_or_else(|| template.display_text.clone(), str::to_owned);
    if params.has("details") {
        template.details = params.map("details");
    }
    // Recorded: what was asked for is done, and only the answer fails.
    if template.kind.is_none() {
        return Err(Refusal::new(
            530,
            9999,
            "Cannot invoke \"com.cloud.storage.Storage$TemplateType.toString()\" because the type \
             of the template is null",
        ));
    }
    let row = cloud.templates.get(&id).and_then(|template| {
        let copy = template.copies.first()?;
        Some(value(super::list::view(cloud, call.caller, template, copy)))
    });
    Ok(Answer::object("template", row.map(narrow)))
}

/// Recorded: this answer says nothing of where the template is.
fn narrow(mut row: Value) -> Value {
    const TOLD: &[&str] = &[
        "id",
        "name",
        "displaytext",
        "ispublic",
        "created",
        "isready",
        "format",
        "isfeatured",
        "crossZones",
        "ostypeid",
        "ostypename",
        "account",
        "templatetype",
        "hypervisor",
        "domain",
        "domainpath",
        "domainid",
        "bits",
        "isdynamicallyscalable",
        "tags",
    ];
    if let Some(row) = row.as_object_mut() {
        row.retain(|key, _| TOLD.contains(&key.as_str()));
        row.insert("bootable".into(), true.into());
    }
    row
}

/// `extractTemplate`: an address to download it from. Nothing listens there.
pub fn extract(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let id = own(cloud, call)?;
    let mode = params.need("mode")?.to_owned();
    let zone = params.id("zoneid", &cloud.zones)?.map(str::to_owned);
    let zone_name = zone.as_ref().map(|zone| cloud.zone_name(zone).to_owned());
    let found = cloud.templates.get(&id);
    let refused = !call.caller.is_admin() && !found.is_some_and(|it| it.extractable);
    let (name, format, account) = match found {
        Some(it) => (it.name.clone(), it.format.to_lowercase(), it.owner.clone()),
        None => Default::default(),
    };
    let (template, file) = (id.clone(), cloud.new_id());
    let asked = id.clone();
    let check = move |_: &mut Cloud| match refused {
        true => Err(Refusal::invalid(format!("Unable to extract template {asked}: not allowed"))),
        false => Ok(()),
    };
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
    Ok(job.check(check).on(id))
}
