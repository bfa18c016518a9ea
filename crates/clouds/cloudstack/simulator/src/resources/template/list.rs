//! Finding templates: a row per template and zone.

use crate::engine::{Answer, Call, Refusal, fields};
use crate::resources::tag;
use crate::state::account::SYSTEM;
use crate::state::clock::stamp;
use crate::state::{Caller, Cloud, CopyState, Template, TemplateCopy};
use cloudstack::api;
use serde_json::{Map, Value, json};

/// `listTemplates`.
pub fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (params, caller) = (call.params, call.caller);
    let filter = params.need("templatefilter")?;
    let id = params.id("id", &cloud.templates)?;
    let ids = params.wanted_ids("ids", &cloud.templates)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let tags = tag::wanted(params);
    check_filter(caller, filter)?;
    let cloud = &*cloud;
    let word = keyword.map(str::to_lowercase);
    let found = cloud
        .templates
        .iter()
        .filter(|it| id.is_none_or(|id| it.id == id))
        .filter(|it| ids.as_ref().is_none_or(|ids| ids.contains(&it.id.as_str())))
        .filter(|it| id.is_some() || matches(cloud, caller, it, filter))
        .filter(|it| cloud.may_use_template(caller, it))
        .filter(|it| id.is_some() || name.is_none_or(|name| it.name.eq_ignore_ascii_case(name)))
        .filter(|it| word.as_ref().is_none_or(|word| it.name.to_lowercase().contains(word)))
        .filter(|it| cloud.has_any_tag(&it.id, &tags));
    let executable = filter.ends_with("executable") && id.is_none();
    let rows = found
        .flat_map(|template| template.copies.iter().map(move |copy| (template, copy)))
        .filter(|(_, copy)| zone.is_none_or(|zone| copy.zone == zone))
        .filter(|(_, copy)| !executable || copy.state == CopyState::Ready);
    Answer::page_of(call, "template", rows, |(template, copy)| view(cloud, caller, template, copy))
}

fn check_filter(caller: &Caller, filter: &str) -> Result<(), Refusal> {
    const FILTERS: &[&str] = &[
        "featured",
        "self",
        "selfexecutable",
        "sharedexecutable",
        "executable",
        "community",
        "shared",
        "all",
    ];
    if !FILTERS.contains(&filter) {
        let text = format!("Invalid template filter {filter}; it is one of {}", FILTERS.join(", "));
        return Err(Refusal::parameter(text));
    }
    if filter == "all" && !caller.is_admin() {
        return Err(Refusal::invalid("the template filter 'all' is for root admins"));
    }
    Ok(())
}

fn matches(cloud: &Cloud, caller: &Caller, template: &Template, filter: &str) -> bool {
    let mine = template.owner.as_deref() == Some(caller.account.as_str());
    let shared = template.shared_with.contains(&caller.account);
    match filter {
        "featured" => template.featured && template.public,
        "self" | "selfexecutable" => mine,
        "shared" | "sharedexecutable" => shared,
        "community" => template.public && !template.featured,
        _ => cloud.may_use_template(caller, template),
    }
}

/// A template's row in a zone.
pub fn view(
    cloud: &Cloud,
    caller: &Caller,
    template: &Template,
    copy: &TemplateCopy,
) -> api::Template {
    let mine = template.owner.as_deref() == Some(caller.account.as_str());
    let told = mine || caller.is_admin();
    let zone = cloud.zones.ever(&copy.zone);
    let owner = template.owner.clone();
    let owner = owner.or_else(|| cloud.account_named(SYSTEM).map(|account| account.id.clone()));
    let mut other = fields(json!({
        "displaytext": template.display_text,
        "created": stamp(copy.created),
        "passwordenabled": false,
        "isfeatured": template.featured,
        "crossZones": template.builtin,
        "ostypeid": template.os_type,
        "ostypename": cloud.os_types.ever(&template.os_type).map(|os| &os.spec.name),
        "physicalsize": copy.physical,
        "templatetype": template.kind,
        "isextractable": template.extractable,
        "checksum": template.checksum.as_deref().or(template.builtin.then_some("")),
        "sourcetemplateid": template.source,
        "details": template.details,
        "downloaddetails": downloads(cloud, caller, copy),
        "arch": template.arch,
        "bits": 0,
        "sshkeyenabled": false,
        "isdynamicallyscalable": false,
        "directdownload": false,
        "deployasis": false,
        "forcks": false,
        "requireshvm": template.requires_hvm,
        "url": template.url.as_ref().filter(|_| told),
        "hasannotations": false,
    }));
    other.extend(cloud.owner_fields(&owner.unwrap_or_default()));
    api::Template {
        id: template.id.clone(),
        name: template.name.clone(),
        format: template.format.clone(),
        hypervisor: template.hypervisor.clone(),
        isready: copy.state == CopyState::Ready,
        ispublic: template.public,
        status: told.then(|| status(cloud, template, copy)),
        size: copy.size,
        zoneid: Some(copy.zone.clone()),
        zonename: zone.map(|zone| zone.name().to_owned()),
        tags: tag::of(cloud, &template.id),
        other,
    }
}

fn status(cloud: &Cloud, template: &Template, copy: &TemplateCopy) -> String {
    let text = match &copy.state {
        CopyState::Ready => "Download Complete",
        CopyState::NotUploaded if cloud.is_abandoned(&template.id) => "UploadAbandoned",
        CopyState::NotUploaded => "NotUploaded",
        CopyState::UploadInProgress => "UploadInProgress",
        CopyState::Waiting => "Active",
        CopyState::Downloading(100) => "Installing Template",
        CopyState::Downloading(percent) => return format!("{percent}% Downloaded"),
        CopyState::Failed(why) => why,
        CopyState::Creating => "Creating",
    };
    text.to_owned()
}

/// Where a copy is stored. Only an admin is told which store that is.
fn downloads(cloud: &Cloud, caller: &Caller, copy: &TemplateCopy) -> Vec<Map<String, Value>> {
    if copy.state != CopyState::Ready {
        return Vec::new();
    }
    let zone = cloud.zones.ever(&copy.zone).filter(|_| caller.is_admin());
    vec![fields(json!({
        "downloadState": "DOWNLOADED",
        "datastore": format!("{}-sec", cloud.zone_name(&copy.zone)),
        "datastoreRole": zone.map(|_| "Image"),
        "downloadPercent": "100",
        "datastoreId": zone.map(|zone| &zone.image_store),
    }))]
}

impl Cloud {
    /// Whether a caller may make VMs from a template.
    pub fn may_use_template(&self, caller: &Caller, template: &Template) -> bool {
        caller.is_admin()
            || template.public
            || template.owner.as_deref() == Some(caller.account.as_str())
            || template.shared_with.contains(&caller.account)
    }
}
