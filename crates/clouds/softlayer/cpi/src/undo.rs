//! How any process makes sure that nothing is left of an [`Intent`].

use crate::cids::Machine;
use crate::errors::{Activity, ResultExt};
use crate::resources::{
    global_address, image, lost_orders, machine_deletion, server_order, snapshot, snapshot_space,
    ssh_key, uploaded_image, volume, volume_access,
};
use crate::{Intent, SoftLayer};
use bosh_cpi::{CpiError, Result, VmCid};
use journal::{Absence, Undo};

impl Undo for SoftLayer {
    type Intent = Intent;
    type Error = CpiError;

    async fn ensure_absent(&self, intent: &Intent) -> Result<Absence> {
        let absence = match intent {
            Intent::Guest { name } => machine_deletion::ensure_guest_absent(self, name).await,
            Intent::Server { name } => machine_deletion::ensure_server_absent(self, name).await,
            Intent::Vm { vm, name } => machine_deletion::ensure_vm_absent(self, vm, name).await,
            Intent::ServerOfOrder { name, order } => {
                server_order::ensure_absent(self, name, *order).await
            }
            Intent::Deletion { vm } => machine_deletion::finish(self, vm).await,
            Intent::SshKey { label, notes } => {
                ssh_key::ensure_absent(self, label, notes.as_deref()).await
            }
            Intent::GlobalAddress { id, to, from } => {
                global_address::ensure_route_restored(self, *id, to, from.as_deref()).await
            }
            Intent::Disk { name, order, before } => {
                lost_orders::ensure_absent(self, name, order, before).await
            }
            Intent::DiskOfOrder { order, .. } => {
                lost_orders::ensure_volume_of_order_absent(self, *order).await
            }
            Intent::SnapshotSpace { disk } => snapshot_space::ensure_absent(self, id(disk)?).await,
            Intent::Snapshot { name, disk } => snapshot::ensure_absent(self, id(disk)?, name).await,
            Intent::Attachment { disk, vm } => {
                let machine = VmCid::new(vm).ok().as_ref().and_then(Machine::of);
                let machine = machine.ok_or_else(|| unreadable(vm))?;
                volume_access::ensure_detached(self, id(disk)?, machine).await
            }
            Intent::Volume { disk, name } => {
                volume::ensure_absent(self, id(disk)?, name.as_deref()).await
            }
            Intent::ListedSnapshot { snapshot, name } => {
                snapshot::ensure_listed_absent(self, id(snapshot)?, name).await
            }
            Intent::ListedImage { image, name } => {
                image::ensure_listed_absent(self, id(image)?, name).await
            }
            Intent::Image { name } => image::ensure_absent(self, name).await,
            Intent::Upload { place, name } => {
                uploaded_image::ensure_absent(self, place, name).await
            }
            Intent::Change { .. } => Ok(Absence::Final),
        };
        absence.during(Activity::Undo, || format!("removing {intent}"))
    }

    fn is_locked_out(&self) -> bool {
        self.client().is_ok_and(softlayer::Client::is_away)
    }
}

fn id(text: &str) -> Result<u64> {
    text.parse().map_err(|_| unreadable(text))
}

fn unreadable(text: &str) -> CpiError {
    CpiError::cpi(format!("the journal holds '{text}', which is not a valid id of SoftLayer"))
}
