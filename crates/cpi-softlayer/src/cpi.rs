//! The contract's trait: one line a method, one file a method.

use crate::SoftLayer;
use crate::methods::*;
use bosh_cpi::answer::NetworkCreated;
use bosh_cpi::method::*;
use bosh_cpi::{Cpi, DiskCid, DiskHint, Info, Result, SnapshotCid};

impl Cpi for SoftLayer {
    async fn info(&self, _: InfoCall) -> Result<Info> {
        info::run(self)
    }

    async fn create_disk(&self, call: CreateDisk) -> Result<DiskCid> {
        create_disk::run(self, call).await
    }

    async fn delete_disk(&self, call: DeleteDisk) -> Result<()> {
        delete_disk::run(self, call).await
    }

    async fn has_disk(&self, call: HasDisk) -> Result<bool> {
        has_disk::run(self, call).await
    }

    async fn attach_disk(&self, call: AttachDisk) -> Result<DiskHint> {
        attach_disk::run(self, call).await
    }

    async fn detach_disk(&self, call: DetachDisk) -> Result<()> {
        detach_disk::run(self, call).await
    }

    async fn set_disk_metadata(&self, call: SetDiskMetadata) -> Result<()> {
        set_disk_metadata::run(self, call).await
    }

    async fn resize_disk(&self, call: ResizeDisk) -> Result<()> {
        resize_disk::run(self, call).await
    }

    async fn update_disk(&self, call: UpdateDisk) -> Result<Option<DiskCid>> {
        update_disk::run(self, call).await
    }

    async fn get_disks(&self, call: GetDisks) -> Result<Vec<DiskCid>> {
        get_disks::run(self, call).await
    }

    async fn snapshot_disk(&self, call: SnapshotDisk) -> Result<SnapshotCid> {
        snapshot_disk::run(self, call).await
    }

    async fn delete_snapshot(&self, call: DeleteSnapshot) -> Result<()> {
        delete_snapshot::run(self, call).await
    }

    async fn create_network(&self, _: CreateNetwork) -> Result<NetworkCreated> {
        Err(create_network::not_supported())
    }

    async fn delete_network(&self, _: DeleteNetwork) -> Result<()> {
        Err(create_network::not_supported())
    }
}
