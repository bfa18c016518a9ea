//! `delete_snapshot`: deletes a snapshot. One that is gone is as it should be.

use crate::api::change;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::name_ref::is_id;
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::resources::snapshot;
use crate::session::CloudStack;
use bosh_cpi::Result;
use bosh_cpi::method::DeleteSnapshot;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteSnapshot) -> Result<()> {
    let cid = call.snapshot_cid;
    let tried = || format!("deleting snapshot {cid}");
    let id = match is_id(cid.as_str()) {
        true => Some(cid.as_str().to_owned()),
        false => {
            let named = snapshot::owned_by_name(cloud, cid.as_str()).await;
            named
                .during(Activity::DeleteSnapshot, tried)?
                .into_iter()
                .next()
                .map(|row| row.id.clone())
        }
    };
    let Some(id) = id else { return Ok(()) };
    cloud
        .operation("delete_snapshot", async |operation| {
            let delete = permit::delete_snapshot(&Permit::of_caller(&cid, &id));
            let until = cloud.deadline(Wait::DeleteSnapshot);
            let send = async || match cloud.destroy_by_job(&delete, until).await.map(drop) {
                // "Already destroyed", or it never was: a look tells, whatever the words.
                Err(failure) if failure.has_code(431) && snapshot::is_gone(cloud, &id).await? => {
                    Ok(())
                }
                deleted => deleted,
            };
            let probe = async || Ok(snapshot::is_gone(cloud, &id).await?.then_some(()));
            let deleted = change(operation, Intent::change("delete", &id), send, probe).await;
            deleted.during(Activity::DeleteSnapshot, tried)?;
            Ok(((), None))
        })
        .await
}
