//! Writing tags. A tag that cannot be written is a warning: no deploy may fail for it.

use crate::api::change;
use crate::errors::CloudResult;
use crate::intent::Intent;
use crate::permit::{Permit, delete_tags};
use crate::properties::Wait;
use crate::session::CloudStack;
use crate::tags::Difference;
use cloudstack::api::{CreateTags, TagKey, TagPair, TaggedType};
use cloudstack::phrases::{NO_SUCH_TAG, TAG_EXISTS};
use journal::Operation;

/// A resource that gets tags.
pub(crate) struct Tagged<R> {
    pub kind: TaggedType,
    pub permit: Permit<R>,
}

/// Writes the difference, the stale ones going first, since there is no upsert.
pub(crate) async fn write<R>(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    tagged: &Tagged<R>,
    difference: Difference,
) {
    let id = tagged.permit.id();
    let removed = remove(cloud, operation, tagged, difference.stale).await;
    warn(id, &removed);
    if removed.is_ok() {
        add(cloud, operation, tagged.kind, id, difference.new).await;
    }
}

/// Adds tags to a resource.
pub(crate) async fn add(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    kind: TaggedType,
    id: &str,
    tags: Vec<TagPair>,
) {
    if tags.is_empty() {
        return;
    }
    let create = CreateTags { resourcetype: kind, resourceids: vec![id.to_owned()], tags };
    let until = cloud.deadline(Wait::Lookup);
    let lost = cloud.lost_answers.get();
    let send = async || match cloud.run_job(&create, until).await.map(drop) {
        // Sent twice.
        Err(failure) if failure.says(TAG_EXISTS) && cloud.lost_answers.get() > lost => Ok(()),
        created => created,
    };
    warn(id, &change(operation, Intent::change("tags", id), send, async || Ok(None)).await);
}

async fn remove<R>(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    tagged: &Tagged<R>,
    stale: Vec<TagKey>,
) -> CloudResult<()> {
    if stale.is_empty() {
        return Ok(());
    }
    let until = cloud.deadline(Wait::Lookup);
    let delete = delete_tags(&tagged.permit, tagged.kind, stale);
    let lost = cloud.lost_answers.get();
    let send = async || match cloud.destroy_by_job(&delete, until).await.map(drop) {
        // Sent twice.
        Err(failure) if failure.says(NO_SUCH_TAG) && cloud.lost_answers.get() > lost => Ok(()),
        deleted => deleted,
    };
    let intent = Intent::change("tags", tagged.permit.id());
    change(operation, intent, send, async || Ok(None)).await
}

fn warn(id: &str, written: &CloudResult<()>) {
    if let Err(failure) = written {
        tracing::warn!("tags of {id} are not up to date: {failure}");
    }
}
