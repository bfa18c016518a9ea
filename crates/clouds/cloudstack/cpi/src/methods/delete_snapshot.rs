//! `delete_snapshot`: deletes a snapshot. One that is gone is as it should be.

use crate::api::step_outcome;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::name_ref::is_id;
use crate::properties::Wait;
use crate::resources::snapshot;
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteSnapshot;
use cloudstack::api::{self, Success};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteSnapshot) -> Result<()> {
    let cid = call.snapshot_cid;
    let tried = || format!("deleting snapshot {cid}");
    let id = match is_id(cid.as_str()) {
        true => Some(cid.as_str().to_owned()),
        false => {
            let named = snapshot::named(cloud, cid.as_str()).await;
            named.during(Activity::DeleteSnapshot, tried)?.into_iter().next().map(|row| row.id)
        }
    };
    let Some(id) = id else { return Ok(()) };
    cloud
        .operation("delete_snapshot", async |operation| {
            let delete = api::DeleteSnapshot { id: id.clone() };
            let until = cloud.deadline(Wait::DeleteSnapshot);
            let deleted = operation
                .step(
                    Intent::change("delete", &id),
                    async || step_outcome(cloud.run_job(&delete, until).await),
                    async || match snapshot::is_gone(cloud, &id).await? {
                        true => Ok(Some(Success(true))),
                        // What is deleted twice is deleted.
                        false => {
                            let again = cloud.run_job(&delete, until).await;
                            again.ignore_not_found().map(|()| Some(Success(true)))
                        }
                    },
                )
                .await;
            let Err(failure) = deleted else { return Ok(((), None)) };
            // "Already destroyed", or it never was: a look tells, whatever the words.
            if failure.has_code(431)
                && snapshot::is_gone(cloud, &id).await.during(Activity::DeleteSnapshot, tried)?
            {
                return Ok(((), None));
            }
            Err(failure.into_cpi(Activity::DeleteSnapshot, tried()))
        })
        .await
}
