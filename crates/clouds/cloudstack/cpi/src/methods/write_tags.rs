//! Writing tags. A tag that cannot be written is a warning: no deploy may fail for it.

use crate::CloudStack;
use crate::errors::Failure;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use crate::tags::Difference;
use cloudstack::api::{CreateTags, DeleteTags, TaggedType};
use journal::Operation;

/// What gets tags.
pub(super) struct Tagged<'a> {
    pub kind: TaggedType,
    pub id: &'a str,
}

/// Writes the difference, the stale ones going first, since there is no upsert.
pub(super) async fn write(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    tagged: &Tagged<'_>,
    difference: Difference,
) {
    if let Err(failure) = try_write(cloud, operation, tagged, difference).await {
        tracing::warn!("tags of {} are not up to date: {failure}", tagged.id);
    }
}

async fn try_write(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    tagged: &Tagged<'_>,
    difference: Difference,
) -> Result<(), Failure> {
    let Difference { stale, new } = difference;
    if !stale.is_empty() {
        let delete = DeleteTags {
            resourcetype: tagged.kind,
            resourceids: vec![tagged.id.to_owned()],
            tags: stale,
        };
        let until = cloud.deadline(Wait::Lookup);
        let run = async || ended(cloud.run(&delete, until).await.map(drop));
        operation.step(Intent::change("tags", tagged.id), run, async || Ok(None)).await?;
    }
    if !new.is_empty() {
        let create = CreateTags {
            resourcetype: tagged.kind,
            resourceids: vec![tagged.id.to_owned()],
            tags: new,
        };
        let until = cloud.deadline(Wait::Lookup);
        let run = async || ended(cloud.run(&create, until).await.map(drop));
        operation.step(Intent::change("tags", tagged.id), run, async || Ok(None)).await?;
    }
    Ok(())
}
