//! `set_disk_metadata`: tags a volume.

use super::cids::no_disk;
use super::write_tags::{self, Tagged};
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::tags;
use bosh_cpi::Result;
use bosh_cpi::method::SetDiskMetadata;
use cloudstack::api::TaggedType;
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: SetDiskMetadata) -> Result<()> {
    let cid = call.disk_cid;
    let found = cloud.disk(&cid).await;
    let disk = found
        .map_err(|failure| {
            errors::answer(Activity::SetDiskMetadata, format!("tagging disk {cid}"), failure)
        })?
        .ok_or_else(|| no_disk(&cid))?;
    let difference = tags::difference(&disk.tags, tags::from_metadata(&call.metadata));
    cloud
        .operation("set_disk_metadata", async |operation| {
            let tagged = Tagged { kind: TaggedType::Volume, id: &disk.id };
            write_tags::write(cloud, operation, &tagged, difference).await;
            Ok(((), None))
        })
        .await
}
