//! `delete_snapshot`: deletes a snapshot. One that is gone is as it should be.

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::lookup::is_id;
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine};
use bosh_cpi::method::DeleteSnapshot;
use bosh_cpi::{Result, SnapshotCid};
use cloudstack::api::{self, ListSnapshots, Snapshot, Success};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: DeleteSnapshot) -> Result<()> {
    let cid = call.snapshot_cid;
    let failed = |failure| {
        errors::answer(Activity::DeleteSnapshot, format!("deleting snapshot {cid}"), failure)
    };
    let id = match is_id(cid.as_str()) {
        true => Some(cid.as_str().to_owned()),
        false => named(cloud, &cid).await.map_err(failed)?,
    };
    let Some(id) = id else { return Ok(()) };
    cloud
        .operation("delete_snapshot", async |operation| {
            let delete = api::DeleteSnapshot { id: id.clone() };
            let until = cloud.deadline(Wait::DeleteSnapshot);
            let deleted = operation
                .step(
                    Intent::change("delete", &id),
                    async || ended(cloud.run(&delete, until).await),
                    async || match is_gone(cloud, &id).await? {
                        true => Ok(Some(Success(true))),
                        // What is deleted twice is deleted.
                        false => {
                            let again = cloud.run(&delete, until).await.map(drop);
                            gone_is_fine(again).map(|()| Some(Success(true)))
                        }
                    },
                )
                .await;
            match deleted {
                Ok(_) => Ok(((), None)),
                // "Already destroyed", or it never was: a look tells, whatever the words.
                Err(failure)
                    if failure.has_code(431) && is_gone(cloud, &id).await.map_err(failed)? =>
                {
                    Ok(((), None))
                }
                Err(failure) => Err(failed(failure)),
            }
        })
        .await
}

async fn named(
    cloud: &CloudStack,
    cid: &SnapshotCid,
) -> std::result::Result<Option<String>, Failure> {
    let of = ListSnapshots { name: Some(cid.as_str().to_owned()), ..ListSnapshots::default() };
    let mut there = cloud.list(of).await?.into_iter().filter(is_there);
    Ok(there.find(|snapshot| snapshot.name == cid.as_str()).map(|snapshot| snapshot.id))
}

async fn is_gone(cloud: &CloudStack, id: &str) -> std::result::Result<bool, Failure> {
    let of =
        ListSnapshots { id: Some(id.to_owned()), listall: Some(true), ..ListSnapshots::default() };
    match cloud.list(of).await {
        Ok(rows) => Ok(!rows.iter().any(is_there)),
        Err(failure) if failure.is_gone() => Ok(true),
        Err(failure) => Err(failure),
    }
}

fn is_there(snapshot: &Snapshot) -> bool {
    !matches!(snapshot.state.as_str(), "Destroying" | "Destroyed")
}
