//! `set_disk_metadata`: tags a volume.

use crate::errors::{Activity, ResultExt, disk_not_found};
use crate::permit::Permit;
use crate::resources::tags::{Tagged, write};
use crate::resources::volume;
use crate::session::CloudStack;
use crate::tags;
use bosh_cpi::Result;
use bosh_cpi::method::SetDiskMetadata;
use cloudstack::api::{TaggedType, Volume};
use cpi_kit::Provider;

pub(crate) async fn run(cloud: &CloudStack, call: SetDiskMetadata) -> Result<()> {
    let cid = call.disk_cid;
    let disk = volume::find(cloud, &cid).await;
    let disk = disk.during(Activity::SetDiskMetadata, || format!("tagging disk {cid}"))?;
    let disk = disk.ok_or_else(|| disk_not_found(&cid))?;
    let difference = tags::difference(&disk.tags, tags::from_metadata(&call.metadata));
    cloud
        .operation("set_disk_metadata", async |operation| {
            let permit = Permit::<Volume>::of_caller(&cid, &disk.id);
            let tagged = Tagged { kind: TaggedType::Volume, permit };
            write(cloud, operation, &tagged, difference).await;
            Ok(((), None))
        })
        .await
}
