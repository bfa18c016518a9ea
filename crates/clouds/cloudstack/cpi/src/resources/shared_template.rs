//! One template for several stemcells that are made of the same image (`stemcell.reuse`).
//!
//! A director deletes stemcells one by one, so each needs a CID of its own. The first one's is
//! the template's id; a later one's has a mark behind it, which is a tag of the template, too.
//! Deleting the first only tags the template while there are such marks; deleting the last of
//! all deletes it. Who deletes writes before it looks, and so does who takes: of two at once, at
//! least one sees the other.

use super::template::{self, MARK, tag_of, used};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::permit;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{CreateTags, TagKey, TagPair, TaggedType, Template};
use cpi_kit::{Claim, Owned};
use journal::Absence;

/// The tag of a template whose first stemcell was deleted.
pub(crate) const FIRST_IS_GONE: &str = "bosh-first-stemcell";

/// The template in one of its zones: its tags are the same in all.
pub(crate) async fn row(cloud: &CloudStack, template: &str) -> CloudResult<Option<Template>> {
    Ok(owned(cloud, template).await?.map(Owned::into_row))
}

async fn owned(cloud: &CloudStack, template: &str) -> CloudResult<Option<Owned<Template>>> {
    template::owned_by_id(cloud, template, &Claim::journaled_id(template)).await
}

/// The call that puts a mark on a template.
pub(crate) fn mark_call(template: &str, key: &str) -> CreateTags {
    CreateTags {
        resourcetype: TaggedType::Template,
        resourceids: vec![template.to_owned()],
        tags: vec![TagPair { key: key.to_owned(), value: "deleted or used again".to_owned() }],
    }
}

/// Makes sure that a template does not bear this mark.
pub(crate) async fn ensure_released(
    cloud: &CloudStack,
    template: &str,
    mark: &str,
) -> Result<Absence> {
    let tried = || format!("mark {mark} on template {template}");
    release(cloud, template, mark).await.during(Activity::Undo, tried)
}

/// Takes a mark off; where it is the last stemcell's, the template goes, and the mark with it.
pub(crate) async fn release(
    cloud: &CloudStack,
    template: &str,
    mark: &str,
) -> CloudResult<Absence> {
    let Some(there) = owned(cloud, template).await? else { return Ok(Absence::MayAppear) };
    if is_last(&there, mark) {
        template::delete(cloud, &(&there).into()).await?;
        return Ok(Absence::Final);
    }
    if tag_of(&there, mark).is_none() {
        return Ok(Absence::MayAppear);
    }
    let tags = vec![TagKey { key: mark.to_owned() }];
    let delete = permit::delete_tags(&(&there).into(), TaggedType::Template, tags);
    let until = cloud.undo_deadline(Wait::Lookup);
    cloud.destroy_by_job(&delete, until).await.ignore_not_found()?;
    // Another may have been released at the same time, and have seen this one.
    if let Some(left) = owned(cloud, template).await?.filter(|left| is_last(left, mark)) {
        template::delete(cloud, &(&left).into()).await?;
    }
    Ok(Absence::Final)
}

/// Whether the first stemcell is deleted, and there is no mark but this one.
fn is_last(template: &Template, mark: &str) -> bool {
    let is_other = |key: &str| key.starts_with(MARK) && key != mark;
    let others = template.tags.iter().any(|tag| is_other(&tag.key));
    tag_of(template, FIRST_IS_GONE).is_some() && !others
}

/// Whether the template of a first stemcell stays when that is deleted, since others are made
/// from it. Says so to whoever wants to use it again.
pub(crate) async fn stays(cloud: &CloudStack, template: &str) -> CloudResult<bool> {
    let Some(there) = row(cloud, template).await? else { return Ok(false) };
    if used(&there).is_none() && !cloud.properties.stemcell.reuse {
        return Ok(false);
    }
    if tag_of(&there, FIRST_IS_GONE).is_none() {
        let create = mark_call(template, FIRST_IS_GONE);
        cloud.run_job(&create, cloud.deadline(Wait::Lookup)).await.ignore_not_found()?;
    }
    let left = row(cloud, template).await?;
    Ok(left.is_some_and(|row| used(&row).is_some()))
}
