//! Templates that stemcells are made of.

use super::{OwnedResources, select};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloud_http::Deadline;
use cloudstack::api::{ListTemplates, Tag, Template};
use cpi_kit::{Claim, Owned, OwnedResource, ResourceRole};
use journal::Absence;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The status of a template that is on its way; any other one is why it failed.
const UNDER_WAY: &[&str] = &[
    "Active",
    "Allocated",
    "Bypassed Secondary Storage",
    "Creating",
    "Download Complete",
    "Installing Template",
    "NotUploaded",
    "Processing",
    "UploadInProgress",
];

/// The rows of a template of the account's own, by its exact name: one a zone.
pub(crate) async fn named(cloud: &CloudStack, name: &str) -> CloudResult<Vec<Template>> {
    let of = ListTemplates {
        templatefilter: "self".into(),
        name: Some(name.to_owned()),
        ..ListTemplates::default()
    };
    let rows = cloud.list(of).await?;
    let owned = select(cloud, Claim::journaled_name(name), rows).await;
    Ok(owned.into_iter().map(Owned::into_row).collect())
}

/// The rows of a template of the account's own: one a zone, none if the id is unknown.
pub(crate) async fn by_id(cloud: &CloudStack, id: &str) -> CloudResult<Vec<Template>> {
    let of = ListTemplates {
        templatefilter: "self".into(),
        id: Some(id.to_owned()),
        ..ListTemplates::default()
    };
    let mut rows = cloud.list(of).await.or_none_if_gone()?.unwrap_or_default();
    rows.retain(|row| row.id == id);
    Ok(rows)
}

/// A template of the account's own that is what is claimed, in one of its zones.
pub(crate) async fn owned_by_id(
    cloud: &CloudStack,
    id: &str,
    claim: &Claim<'_>,
) -> CloudResult<Option<Owned<Template>>> {
    let of = ListTemplates {
        templatefilter: "self".into(),
        id: Some(id.to_owned()),
        ..ListTemplates::default()
    };
    cloud.find(of, claim).await
}

/// The value of a template's tag.
pub(crate) fn tag_of<'a>(template: &'a Template, key: &str) -> Option<&'a String> {
    let is_it = |tag: &&Tag| tag.key.eq_ignore_ascii_case(key);
    template.tags.iter().find(is_it).map(|tag| &tag.value)
}

/// Begins the tag that marks a template as that of another stemcell, too (see `shared_template`).
pub(crate) const MARK: &str = "bosh-stemcell-";

/// Why nobody may delete a template: another stemcell is made from it.
pub(crate) fn used(template: &Template) -> Option<&'static str> {
    let is_mark = |key: &str| key.starts_with(MARK);
    template.tags.iter().any(|tag| is_mark(&tag.key)).then_some("another stemcell is made from it")
}

/// Deletes a template during an undo; it may be gone already.
pub(crate) async fn delete(cloud: &CloudStack, template: &Permit<Template>) -> CloudResult<()> {
    let until = cloud.undo_deadline(Wait::Lookup);
    cloud.destroy_by_job(&permit::delete_template(template), until).await.ignore_not_found()
}

/// Makes sure that no template of this name is left: neither one that waits for its image, nor one
/// that failed.
pub(crate) async fn ensure_absent(cloud: &CloudStack, name: &str) -> Result<Absence> {
    let tried = || format!("removing template {name}");
    remove_named(cloud, name).await.during(Activity::DeleteStemcell, tried)
}

async fn remove_named(cloud: &CloudStack, name: &str) -> CloudResult<Absence> {
    let of = ListTemplates {
        templatefilter: "self".into(),
        name: Some(name.to_owned()),
        ..ListTemplates::default()
    };
    let rows = cloud.list(of).await?;
    let mut owned = select(cloud, Claim::journaled_name(name), rows).await;
    // A row per zone.
    owned.sort_by(|one, other| one.id.cmp(&other.id));
    owned.dedup_by(|one, other| one.id == other.id);
    for template in &owned {
        delete(cloud, &template.into()).await?;
    }
    Ok(if owned.is_empty() { Absence::MayAppear } else { Absence::Final })
}

/// Deletes the template that the garbage collection has listed, if it is still what it was.
pub(crate) async fn delete_listed(cloud: &CloudStack, id: &str, name: &str) -> CloudResult<()> {
    match owned_by_id(cloud, id, &Claim::listed(id, name)).await? {
        Some(template) => delete(cloud, &(&template).into()).await,
        None => Ok(()),
    }
}

/// Waits until the template is ready in all of these zones, and logs how far it is.
pub(crate) async fn wait_until_ready(
    cloud: &CloudStack,
    id: &str,
    zones: &[&str],
    until: Deadline,
) -> Result<()> {
    if zones.is_empty() {
        return Ok(());
    }
    let (mut pause, mut logged) = (FIRST_PAUSE, String::new());
    loop {
        let tried = || format!("asking whether template {id} is ready");
        let rows = by_id(cloud, id).await.during(Activity::CreateStemcell, tried)?;
        let here: Vec<&Template> = rows
            .iter()
            .filter(|row| zones.iter().any(|zone| row.zoneid.as_deref() == Some(zone)))
            .collect();
        if let Some(failed) = here.iter().find(|row| has_failed(row)) {
            return Err(CpiError::cloud(format!(
                "template {id} in zone '{}' failed: {}",
                failed.zonename.as_deref().unwrap_or_default(),
                status(failed).trim()
            )));
        }
        if rows.is_empty() {
            return Err(CpiError::cloud(format!("template {id} not found: was it deleted?")));
        }
        let ready = here.iter().filter(|row| row.isready).count();
        if ready >= zones.len() {
            return Ok(());
        }
        let now = progress(&here);
        if now != logged {
            tracing::info!("template {id}: {now}");
            logged = now;
        }
        if until.left() <= pause {
            return Err(CpiError::cloud(format!(
                "template {id} is not ready in time (timeout.poll_template): {logged}"
            )));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

fn status(row: &Template) -> &str {
    row.status.as_deref().unwrap_or_default()
}

fn has_failed(row: &Template) -> bool {
    let status = status(row);
    let under_way =
        status.is_empty() || status.ends_with("% Downloaded") || UNDER_WAY.contains(&status);
    !row.isready && !under_way
}

/// `adv: 34% Downloaded, basic: ready`.
fn progress(rows: &[&Template]) -> String {
    let one = |row: &&Template| {
        let how = if row.isready { "ready" } else { status(row) };
        format!("{}: {how}", row.zonename.as_deref().unwrap_or_default())
    };
    rows.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The templates that bear a name of ours. There is a row per zone, of which one may tell that the
/// template is ready, or is used again.
pub(crate) async fn owned(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let own = ListTemplates { templatefilter: "self".into(), ..ListTemplates::default() };
    let mut rows = cloud.list(own).await?;
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    let templates = rows.chunk_by(|one, other| one.id == other.id);
    Ok(templates.filter_map(|rows| owned_template(cloud, rows)).collect())
}

/// One that is ready somewhere is as good as data: a stemcell may wait long for its first VM.
/// The other kind is what a call left that never ended well.
fn owned_template(cloud: &CloudStack, rows: &[Template]) -> Option<OwnedResource<Intent>> {
    let (first, is_ready) = (rows.first()?, rows.iter().any(|row| row.isready));
    Some(OwnedResource {
        kind: if is_ready { "stemcell" } else { "half-made stemcell" },
        cid: first.id.clone(),
        ours: Some(cloud.names.parse(&first.name)?),
        purpose: ResourceRole::Cid { tagged: false, persistent: is_ready },
        used: rows.iter().find_map(used),
        target: Intent::Template { name: first.name.clone() },
        name: first.name.clone(),
    })
}
