//! `set_disk_metadata`: what the director tells goes into the volume's notes, beside our name
//! and what people wrote there.

use crate::api::step_outcome;
use crate::cids::disk_id;
use crate::errors::{Activity, ResultExt, disk_not_found};
use crate::intent::Intent;
use crate::notes::Notes;
use crate::properties::Wait;
use crate::resources::volume;
use crate::session::SoftLayer;
use bosh_cpi::Result;
use bosh_cpi::method::SetDiskMetadata;
use cpi_kit::Provider;
use softlayer::api::network_storage::{EditObject, StorageEdit};

pub(crate) async fn run(cloud: &SoftLayer, call: SetDiskMetadata) -> Result<()> {
    let cid = &call.disk_cid;
    let tried = format!("tagging disk {cid}");
    let id = disk_id(cid).ok_or_else(|| disk_not_found(cid))?;
    let volume = volume::find(cloud, id).await.during(Activity::SetDiskMetadata, || &tried)?;
    let volume = volume.ok_or_else(|| disk_not_found(cid))?;
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
                async || step_outcome(cloud.call(&edit, until).await.map(drop)),
                // Written twice, the notes are the same.
                async || cloud.call(&edit, until).await.map(|_| Some(())),
            );
            written.await.during(Activity::SetDiskMetadata, || &tried)?;
            Ok(((), None))
        })
        .await
}
