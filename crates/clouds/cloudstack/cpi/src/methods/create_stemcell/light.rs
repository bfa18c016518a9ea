//! The light route: a template that is there, and stays.

use super::hypervisor;
use crate::disk_bus::DiskBus;
use crate::errors::{Activity, ResultExt};
use crate::name_ref::{NameRef, is_id};
use crate::properties::{StemcellProperties, given};
use crate::resources::stemcell_cid::LIGHT;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloudstack::api::{ListTemplates, Template};

/// The template that a light stemcell names; None for a heavy one.
pub(super) fn wanted(stemcell: &StemcellProperties, path: &str) -> Result<Option<NameRef>> {
    match (given(&stemcell.template_id), given(&stemcell.template)) {
        (Some(id), _) if !is_id(id) => {
            Err(CpiError::cpi(format!("{path}.template_id: invalid id '{id}'")))
        }
        (Some(id), _) => Ok(Some(NameRef::new(id, format!("{path}.template_id")))),
        (None, Some(name)) => Ok(Some(NameRef::new(name, format!("{path}.template")))),
        (None, None) => Ok(None),
    }
}

/// The CID of a template that can be used.
pub(super) async fn take(
    cloud: &CloudStack,
    wanted: &NameRef,
    stemcell: &StemcellProperties,
) -> Result<StemcellCid> {
    let templates = find(cloud, wanted).await?;
    let id = choose(cloud, wanted, &templates)?;
    check_hypervisor(wanted, stemcell, &templates[0])?;
    check_disk_bus(wanted, &templates[0])?;
    StemcellCid::new(format!("{id}{LIGHT}")).map_err(|e| CpiError::cloud(e.to_string()))
}

/// On KVM the agent finds disks on some buses only; the template's OS type and details choose.
fn check_disk_bus(wanted: &NameRef, template: &Template) -> Result<()> {
    if template.hypervisor != "KVM" {
        return Ok(());
    }
    let os_type = template.other.get("ostypename").and_then(|name| name.as_str());
    let details = template.other.get("details");
    let bus = DiskBus::of(os_type, |name| details?.get(name)?.as_str());
    bus.map(drop).map_err(|why| {
        CpiError::cloud(format!("{}: template '{}': {why}", wanted.path, wanted.text))
    })
}

/// A template for another hypervisor than the stemcell was made for does not boot.
fn check_hypervisor(
    wanted: &NameRef,
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

async fn find(cloud: &CloudStack, wanted: &NameRef) -> Result<Vec<Template>> {
    let (id, name) = wanted.as_filter();
    let templatefilter = "executable".into();
    let of = ListTemplates { templatefilter, id, name, ..ListTemplates::default() };
    let rows = cloud.list(of).await.or_none_if_gone();
    let tried = || format!("{}: looking up template '{}'", wanted.path, wanted.text);
    let mut rows = rows.during(Activity::FindStemcell, tried)?.unwrap_or_default();
    rows.retain(|row| wanted.matches(&row.id, &row.name));
    Ok(rows)
}

/// The template's id, if there is one of that name only, and it is ready where VMs will be.
fn choose(cloud: &CloudStack, wanted: &NameRef, templates: &[Template]) -> Result<String> {
    let NameRef { text, path, .. } = wanted;
    let Some(first) = templates.first() else {
        return Err(CpiError::cloud(format!(
            "{path}: template '{text}' not found for this account"
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
