//! `set_disk_metadata`: what the director tells goes into the volume's notes, beside our name
//! and what people wrote there.

use crate::SoftLayer;
use crate::cids::{disk_id, no_disk};
use crate::errors::{self, Activity};
use crate::notes::Notes;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use bosh_cpi::Result;
use bosh_cpi::method::SetDiskMetadata;
use cpi_kit::Provider;
use softlayer::api::network_storage::{EditObject, StorageEdit};

pub(crate) async fn run(cloud: &SoftLayer, call: SetDiskMetadata) -> Result<()> {
    let cid = &call.disk_cid;
    let failed =
        |failure| errors::answer(Activity::SetDiskMetadata, format!("tagging disk {cid}"), failure);
    let id = disk_id(cid).ok_or_else(|| no_disk(cid))?;
    let volume = cloud.volume(id).await.map_err(failed)?.ok_or_else(|| no_disk(cid))?;
    let there = Notes::read(volume.notes.as_deref());
    let notes = there.clone().with(&call.metadata);
    if notes == there {
        return Ok(());
    }
    let edit = EditObject { id, template: StorageEdit { notes: Some(notes.text()) } };
    let until = cloud.deadline(Wait::Lookup);
    cloud
        .operation("set_disk_metadata", async |operation| {
            let written = operation.step(
                Intent::change("notes", id),
                async || ended(cloud.call(&edit, until).await.map(drop)),
                // Written twice, the notes are the same.
                async || cloud.call(&edit, until).await.map(|_| Some(())),
            );
            written.await.map_err(failed)?;
            Ok(((), None))
        })
        .await
}
