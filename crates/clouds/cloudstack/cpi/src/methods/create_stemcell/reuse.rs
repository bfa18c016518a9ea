//! Using a template again that was made of the same image (`stemcell.reuse`): see
//! `resources/shared_template.rs` for how several stemcells share it.

use super::destination::Destination;
use super::image_tag::{IMAGE_TAG, image_tag};
use crate::api::change;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::properties::{StemcellProperties, Wait, given};
use crate::resources::shared_template::{self, FIRST_IS_GONE, mark_call};
use crate::resources::stemcell_cid::{AGAIN, mark_tag};
use crate::resources::template::tag_of;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloudstack::api::{ListTemplates, Template};
use cpi_kit::Provider;
use journal::Operation;
use std::path::Path;
use stemcell::Checksums;

/// What a template has to be, to be used again.
pub(super) struct ReuseSpec<'a> {
    pub file: &'a Path,
    pub stemcell: &'a StemcellProperties,
    pub destination: &'a Destination,
}

/// A stemcell of a template that is there; None where there is no such one.
pub(super) async fn take(
    cloud: &CloudStack,
    wanted: &ReuseSpec<'_>,
) -> Result<Option<StemcellCid>> {
    let tried = || "using a template again (stemcell.reuse)";
    let Some(template) = find(cloud, wanted).await? else { return Ok(None) };
    let cid = cloud
        .operation("create_stemcell", async |operation| {
            let mark = operation.id().to_string();
            let is_ours = mark_template(cloud, operation, &template, &mark).await;
            let is_ours = is_ours.during(Activity::CreateStemcell, tried)?;
            let cid = is_ours.then(|| format!("{template}{AGAIN}{mark}"));
            Ok((cid.clone(), cid))
        })
        .await?;
    if cid.is_some() {
        tracing::info!("template {template} is of the same image: it is used again");
    }
    let cid = cid.map(StemcellCid::new).transpose();
    cid.map_err(|e| CpiError::cloud(e.to_string()))
}

/// A ready template of this director's that was made of the same image, as it would be made now.
async fn find(cloud: &CloudStack, wanted: &ReuseSpec<'_>) -> Result<Option<String>> {
    let Ok((_, sums)) = stemcell::open(wanted.file)
        .map(Checksums::of)
        .and_then(|sums| sums.map_err(stemcell::StemcellError::Source))
    else {
        // Whoever prepares it tells why.
        return Ok(None);
    };
    let differs = |sum: &Option<String>, is: &str| given(sum).is_some_and(|sum| !sum.ends_with(is));
    if differs(&wanted.stemcell.sha256, &sums.sha256) || differs(&wanted.stemcell.sha1, &sums.sha1)
    {
        return Ok(None);
    }
    let image = image_tag(cloud, &sums.sha256);
    let of = ListTemplates { templatefilter: "self".into(), ..ListTemplates::default() };
    let rows = cloud.list(of).await;
    let rows = rows.during(Activity::Lookup, || "looking for a template of the same image")?;
    let fits = |row: &&Template| {
        cloud.names.parse(&row.name).is_some()
            && row.isready
            && row.hypervisor == wanted.destination.hypervisor
            && row.ispublic == cloud.properties.stemcell_is_public()
            && has_os_type(cloud, row)
            && tag_of(row, IMAGE_TAG) == Some(&image)
            && tag_of(row, FIRST_IS_GONE).is_none()
    };
    let rows: Vec<&Template> = rows.iter().filter(fits).collect();
    let is_everywhere = |id: &str| {
        let is_in =
            |zone: &str| rows.iter().any(|row| row.id == id && row.zoneid.as_deref() == Some(zone));
        wanted.destination.zone_ids().into_iter().all(is_in)
    };
    Ok(rows.iter().find(|row| is_everywhere(&row.id)).map(|row| row.id.clone()))
}

fn has_os_type(cloud: &CloudStack, row: &Template) -> bool {
    let name = row.other.get("ostypename").and_then(|name| name.as_str());
    cloud.properties.stemcell_os_type().is_none_or(|(wanted, _)| name == Some(wanted))
}

/// Marks the template. False where its first stemcell was deleted meanwhile.
async fn mark_template(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    template: &str,
    mark: &str,
) -> CloudResult<bool> {
    let key = mark_tag(mark);
    let create = mark_call(template, &key);
    let until = cloud.deadline(Wait::Lookup);
    let intent = Intent::StemcellMark { template: template.to_owned(), mark: key.clone() };
    let send = async || cloud.run_job(&create, until).await.map(drop);
    let probe = async || {
        let row = shared_template::row(cloud, template).await?;
        Ok(row.filter(|row| tag_of(row, &key).is_some()).map(drop))
    };
    change(operation, intent, send, probe).await?;
    match shared_template::row(cloud, template).await? {
        Some(row) if tag_of(&row, FIRST_IS_GONE).is_none() => Ok(true),
        _ => {
            shared_template::release(cloud, template, &key).await?;
            Ok(false)
        }
    }
}
