//! The contract's trait: one line a method, one file a method.

use crate::SoftLayer;
use crate::methods::*;
use bosh_cpi::answer::NetworkCreated;
use bosh_cpi::method::*;
use bosh_cpi::{Cpi, DiskCid, DiskHint, Info, Result, SnapshotCid, StemcellCid, VmCreated};

impl Cpi for SoftLayer {
    async fn info(&self, _: InfoCall) -> Result<Info> {
        info::run(self)
    }

    async fn create_vm(&self, call: CreateVm) -> Result<VmCreated> {
        create_vm::run(self, call).await
    }

    async fn delete_vm(&self, call: DeleteVm) -> Result<()> {
        delete_vm::run(self, call).await
    }

    async fn has_vm(&self, call: HasVm) -> Result<bool> {
        has_vm::run(self, call).await
    }

    async fn reboot_vm(&self, call: RebootVm) -> Result<()> {
        reboot_vm::run(self, call).await
    }

    async fn set_vm_metadata(&self, call: SetVmMetadata) -> Result<()> {
        set_vm_metadata::run(self, call).await
    }

    async fn calculate_vm_cloud_properties(
        &self,
        call: CalculateVmCloudProperties,
    ) -> Result<Hash> {
        calculate_vm_cloud_properties::run(self, call).await
    }

    async fn create_stemcell(&self, call: CreateStemcell) -> Result<StemcellCid> {
        create_stemcell::run(self, call).await
    }

    async fn delete_stemcell(&self, call: DeleteStemcell) -> Result<()> {
        delete_stemcell::run(self, call).await
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
