//! One template for several stemcells that are made of the same image (`stemcell.reuse`).
//!
//! A director deletes stemcells one by one, so each needs a CID of its own. The first one's is
//! the template's id; a later one's has a mark behind it, which is a tag of the template, too.
//! Deleting the first only tags the template while there are such marks; deleting the last of
//! all deletes it. Who deletes writes before it looks, and so does who takes: of two at once, at
//! least one sees the other.

use super::plan::Place;
use super::{image_tag, tag_of};
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::properties::{StemcellProperties, Wait, given};
use crate::steps::{Intent, ended, gone_is_fine};
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloudstack::api::{
    CreateTags, DeleteTags, DeleteTemplate, ListTemplates, TagKey, TagPair, TaggedType, Template,
};
use cpi_kit::Provider;
use journal::{Absence, Operation};
use std::path::Path;
use stemcell::Checksums;

type Answer<T> = std::result::Result<T, Failure>;

/// Between a template's id and the mark, in a CID.
const AGAIN: &str = " again-";

/// What begins the tag that is a mark.
const MARK: &str = "bosh-stemcell-";

/// The tag of a template whose first stemcell was deleted.
const FIRST_IS_GONE: &str = "bosh-first-stemcell";

/// The template and the mark of a later stemcell; None for a first one.
pub(crate) fn parse(cid: &str) -> Option<(&str, String)> {
    let (template, mark) = cid.split_once(AGAIN)?;
    Some((template, format!("{MARK}{mark}")))
}

/// Why nobody may delete a template: another stemcell is made from it.
pub(crate) fn used(template: &Template) -> Option<&'static str> {
    let is_mark = |key: &str| key.starts_with(MARK);
    template.tags.iter().any(|tag| is_mark(&tag.key)).then_some("another stemcell is made from it")
}

/// What a template has to be, to be used again.
pub(super) struct Wanted<'a> {
    pub file: &'a Path,
    pub stemcell: &'a StemcellProperties,
    pub place: &'a Place,
}

/// A stemcell of a template that is there; None where there is no such one.
pub(super) async fn take(cloud: &CloudStack, wanted: &Wanted<'_>) -> Result<Option<StemcellCid>> {
    let failed = |failure| {
        errors::answer(Activity::CreateStemcell, "using a template again (stemcell.reuse)", failure)
    };
    let Some(template) = find(cloud, wanted).await? else { return Ok(None) };
    let cid = cloud
        .operation("create_stemcell", async |operation| {
            let mark = operation.id().to_string();
            let is_ours = add(cloud, operation, &template, &mark).await.map_err(failed)?;
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
async fn find(cloud: &CloudStack, wanted: &Wanted<'_>) -> Result<Option<String>> {
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
    let rows = cloud.list(of).await.map_err(|failure| {
        errors::answer(Activity::Lookup, "looking for a template of the same image", failure)
    })?;
    let fits = |row: &&Template| {
        cloud.names.parse(&row.name).is_some()
            && row.isready
            && row.hypervisor == wanted.place.hypervisor
            && row.ispublic == cloud.properties.stemcell_is_public()
            && has_os_type(cloud, row)
            && tag_of(row, super::IMAGE_TAG) == Some(&image)
            && tag_of(row, FIRST_IS_GONE).is_none()
    };
    let rows: Vec<&Template> = rows.iter().filter(fits).collect();
    let is_everywhere = |id: &str| {
        let is_in =
            |zone: &str| rows.iter().any(|row| row.id == id && row.zoneid.as_deref() == Some(zone));
        wanted.place.zones().into_iter().all(is_in)
    };
    Ok(rows.iter().find(|row| is_everywhere(&row.id)).map(|row| row.id.clone()))
}

fn has_os_type(cloud: &CloudStack, row: &Template) -> bool {
    let name = row.other.get("ostypename").and_then(|name| name.as_str());
    cloud.properties.stemcell_os_type().is_none_or(|(wanted, _)| name == Some(wanted))
}

/// Marks the template. False where its first stemcell was deleted meanwhile.
async fn add(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    template: &str,
    mark: &str,
) -> Answer<bool> {
    let key = format!("{MARK}{mark}");
    let create = tags(template, &key);
    let until = cloud.deadline(Wait::Lookup);
    operation
        .step(
            Intent::StemcellMark { template: template.to_owned(), mark: key.clone() },
            async || ended(cloud.run(&create, until).await.map(drop)),
            async || {
                let row = row(cloud, template).await?;
                Ok(row.filter(|row| tag_of(row, &key).is_some()).map(drop))
            },
        )
        .await?;
    match row(cloud, template).await? {
        Some(row) if tag_of(&row, FIRST_IS_GONE).is_none() => Ok(true),
        _ => {
            release(cloud, template, &key).await?;
            Ok(false)
        }
    }
}

/// Takes a mark off; where it is the last stemcell's, the template goes, and the mark with it.
pub(crate) async fn release(cloud: &CloudStack, template: &str, mark: &str) -> Answer<Absence> {
    let Some(there) = row(cloud, template).await? else { return Ok(Absence::MayAppear) };
    if is_last(&there, mark) {
        remove(cloud, template).await?;
        return Ok(Absence::Final);
    }
    if tag_of(&there, mark).is_none() {
        return Ok(Absence::MayAppear);
    }
    let delete = DeleteTags {
        resourcetype: TaggedType::Template,
        resourceids: vec![template.to_owned()],
        tags: vec![TagKey { key: mark.to_owned() }],
    };
    gone_is_fine(cloud.run(&delete, cloud.undo_deadline(Wait::Lookup)).await.map(drop))?;
    // Another may have been released at the same time, and have seen this one.
    if row(cloud, template).await?.is_some_and(|left| is_last(&left, mark)) {
        remove(cloud, template).await?;
    }
    Ok(Absence::Final)
}

/// Whether the first stemcell is deleted, and there is no mark but this one.
fn is_last(template: &Template, mark: &str) -> bool {
    let is_other = |key: &str| key.starts_with(MARK) && key != mark;
    let others = template.tags.iter().any(|tag| is_other(&tag.key));
    tag_of(template, FIRST_IS_GONE).is_some() && !others
}

async fn remove(cloud: &CloudStack, template: &str) -> Answer<()> {
    let delete = DeleteTemplate { id: template.to_owned(), zoneid: None };
    gone_is_fine(cloud.run(&delete, cloud.undo_deadline(Wait::Lookup)).await.map(drop))
}

/// Whether the template of a first stemcell stays when that is deleted, since others are made
/// from it. Says so to whoever wants to use it again.
pub(crate) async fn stays(cloud: &CloudStack, template: &str) -> Answer<bool> {
    let Some(there) = row(cloud, template).await? else { return Ok(false) };
    if used(&there).is_none() && !cloud.properties.stemcell.reuse {
        return Ok(false);
    }
    if tag_of(&there, FIRST_IS_GONE).is_none() {
        let create = tags(template, FIRST_IS_GONE);
        gone_is_fine(cloud.run(&create, cloud.deadline(Wait::Lookup)).await.map(drop))?;
    }
    let left = row(cloud, template).await?;
    Ok(left.is_some_and(|row| used(&row).is_some()))
}

fn tags(template: &str, key: &str) -> CreateTags {
    CreateTags {
        resourcetype: TaggedType::Template,
        resourceids: vec![template.to_owned()],
        tags: vec![TagPair { key: key.to_owned(), value: "deleted or used again".to_owned() }],
    }
}

/// The template in one of its zones: its tags are the same in all.
async fn row(cloud: &CloudStack, template: &str) -> Answer<Option<Template>> {
    let of = ListTemplates {
        templatefilter: "self".into(),
        id: Some(template.to_owned()),
        ..ListTemplates::default()
    };
    match cloud.list(of).await {
        Err(failure) if failure.is_gone() => Ok(None),
        rows => Ok(rows?.into_iter().next()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deleting a first stemcell for a later one would take the template from both.
    #[test]
    fn a_later_stemcell_is_told_from_the_first() {
        assert_eq!(parse("id again-1f"), Some(("id", "bosh-stemcell-1f".to_owned())));
        assert_eq!(parse("id"), None);
        assert_eq!(parse("id light"), None);
    }
}
