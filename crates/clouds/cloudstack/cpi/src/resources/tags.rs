//! Writing tags. A tag that cannot be written is a warning: no deploy may fail for it.

use crate::api::step_outcome;
use crate::errors::CloudResult;
use crate::intent::Intent;
use crate::properties::Wait;
use crate::session::CloudStack;
use crate::tags::Difference;
use cloudstack::api::{CreateTags, DeleteTags, TaggedType};
use journal::Operation;

/// A resource that gets tags.
pub(crate) struct Tagged<'a> {
    pub kind: TaggedType,
    pub id: &'a str,
}

/// Writes the difference, the stale ones going first, since there is no upsert.
pub(crate) async fn write(
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
) -> CloudResult<()> {
    let Difference { stale, new } = difference;
    let until = cloud.deadline(Wait::Lookup);
    let intent = || Intent::change("tags", tagged.id);
    let resourceids = || vec![tagged.id.to_owned()];
    if !stale.is_empty() {
        let delete =
            DeleteTags { resourcetype: tagged.kind, resourceids: resourceids(), tags: stale };
        let run = async || step_outcome(cloud.run_job(&delete, until).await.map(drop));
        operation.step(intent(), run, async || Ok(None)).await?;
    }
    if !new.is_empty() {
        let create =
            CreateTags { resourcetype: tagged.kind, resourceids: resourceids(), tags: new };
        let run = async || step_outcome(cloud.run_job(&create, until).await.map(drop));
        operation.step(intent(), run, async || Ok(None)).await?;
    }
    Ok(())
}
