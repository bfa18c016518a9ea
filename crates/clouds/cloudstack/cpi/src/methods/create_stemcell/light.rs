//! The light route: a template that is there, and stays.

use super::hypervisor;
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::lookup::{Wanted, is_id};
use crate::methods::create_vm::LIGHT;
use crate::properties::{StemcellProperties, given};
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloudstack::api::{ListTemplates, Template};

/// The template that a light stemcell names; None for a heavy one.
pub(super) fn wanted(stemcell: &StemcellProperties, path: &str) -> Result<Option<Wanted>> {
    match (given(&stemcell.template_id), given(&stemcell.template)) {
        (Some(id), _) if !is_id(id) => {
            Err(CpiError::cpi(format!("{path}.template_id: '{id}' is no id of a template")))
        }
        (Some(id), _) => Ok(Some(Wanted::new(id, format!("{path}.template_id")))),
        (None, Some(name)) => Ok(Some(Wanted::new(name, format!("{path}.template")))),
        (None, None) => Ok(None),
    }
}

/// The CID of a template that can be used.
pub(super) async fn take(
    cloud: &CloudStack,
    wanted: &Wanted,
    stemcell: &StemcellProperties,
) -> Result<StemcellCid> {
    let templates = find(cloud, wanted).await?;
    let id = choose(cloud, wanted, &templates)?;
    check_hypervisor(wanted, stemcell, &templates[0])?;
    StemcellCid::new(format!("{id}{LIGHT}")).map_err(|e| CpiError::cloud(e.to_string()))
}

/// A template for another hypervisor than the stemcell was made for does not boot.
fn check_hypervisor(
    wanted: &Wanted,
    stemcell: &StemcellProperties,
    template: &Template,
) -> Result<()> {
    let made_for = given(&stemcell.hypervisor).and_then(hypervisor::named);
    let Some(made_for) = made_for else { return Ok(()) };
    if hypervisor::serves(&template.hypervisor, made_for) {
        return Ok(());
    }
    Err(CpiError::cloud(format!(
        "{}: template '{}' is for {}, the stemcell for {made_for}",
        wanted.path, wanted.text, template.hypervisor
    )))
}

async fn find(cloud: &CloudStack, wanted: &Wanted) -> Result<Vec<Template>> {
    let text = Some(wanted.text.clone());
    let (id, name) = if wanted.is_id() { (text, None) } else { (None, text) };
    let templatefilter = "executable".into();
    let of = ListTemplates { templatefilter, id, name, ..ListTemplates::default() };
    match cloud.list(of).await {
        Ok(rows) => {
            let is_it = |row: &Template| row.id == wanted.text || row.name == wanted.text;
            Ok(rows.into_iter().filter(is_it).collect())
        }
        Err(failure) if failure.is_gone() => Ok(Vec::new()),
        Err(failure) => {
            let tried = format!("{}: looking for template '{}'", wanted.path, wanted.text);
            Err(errors::answer(Activity::FindStemcell, tried, failure))
        }
    }
}

/// The template's id, if there is one of that name only, and it is ready where VMs will be.
fn choose(cloud: &CloudStack, wanted: &Wanted, templates: &[Template]) -> Result<String> {
    let Wanted { text, path, .. } = wanted;
    let Some(first) = templates.first() else {
        return Err(CpiError::cloud(format!(
            "{path}: there is no template '{text}' that this account may use"
        )));
    };
    if let Some(other) = templates.iter().find(|row| row.id != first.id) {
        return Err(CpiError::cloud(format!(
            "{path}: more than one template is named '{text}': name one by template_id ({}, {})",
            first.id, other.id
        )));
    }
    // A row per zone.
    let zone = cloud.properties.default_zone();
    let in_zone = |row: &&Template| match (zone, &row.zoneid, &row.zonename) {
        (Some(zone), id, name) if id.is_some() || name.is_some() => {
            id.as_deref() == Some(zone) || name.as_deref() == Some(zone)
        }
        _ => true,
    };
    let here: Vec<_> = templates.iter().filter(in_zone).collect();
    if here.iter().any(|row| row.isready) {
        return Ok(first.id.clone());
    }
    let why = match here.first() {
        Some(row) => format!("is not ready ({})", row.status.as_deref().unwrap_or("no status")),
        None => format!("is not in zone '{}'", zone.unwrap_or_default()),
    };
    Err(CpiError::cloud(format!("{path}: template '{text}' {why}")))
}
