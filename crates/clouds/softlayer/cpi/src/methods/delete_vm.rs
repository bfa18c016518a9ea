//! `delete_vm`: cancels a VM, with its ephemeral disk; persistent disks stay. It ends when the
//! VM's addresses and its access to disks are free for its successor. And the two undos that
//! remove VMs.

use super::create_vm;
use crate::SoftLayer;
use crate::cids::Machine;
use crate::connect::Answer;
use crate::errors::{self, Activity, Failure};
use crate::machine::{Seen, is_cancelled};
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine};
use bosh_cpi::method::DeleteVm;
use bosh_cpi::{CpiError, Result, VmCid};
use cloud_http::Deadline;
use cpi_kit::Provider;
use journal::Absence;
use softlayer::api::{
    GuestProgress, GuestStorage, Hardware, HardwareStorage, Id, billing, hardware, network_storage,
    virtual_guest,
};
use softlayer::phrases::{ACTIVE_TRANSACTION, NO_BILLING_ITEM};

pub(crate) async fn run(cloud: &SoftLayer, call: DeleteVm) -> Result<()> {
    let cid = call.vm_cid;
    let failed =
        |failure| errors::answer(Activity::DeleteVm, format!("deleting VM {cid}"), failure);
    let Some(seen) = cloud.machine_ever(&cid).await.map_err(failed)? else { return Ok(()) };
    cloud
        .operation("delete_vm", async |operation| {
            let until = cloud.deadline(Wait::DeleteVm);
            let deleted = operation.step(
                Intent::Deletion { vm: seen.machine.to_string() },
                async || ended(destroy(cloud, &seen, until).await),
                // What is deleted twice is deleted.
                async || destroy(cloud, &seen, until).await.map(Some),
            );
            deleted.await.map_err(failed)?;
            Ok(((), None))
        })
        .await
}

/// Makes sure that no guest of this host name is left, whatever its order has come to.
pub(crate) async fn undo_guest(cloud: &SoftLayer, name: &str) -> Answer<Absence> {
    remove(cloud, create_vm::guests_named(cloud, name).await?).await
}

/// The same for servers.
pub(crate) async fn undo_server(cloud: &SoftLayer, name: &str) -> Answer<Absence> {
    remove(cloud, create_vm::servers_named(cloud, name).await?).await
}

async fn remove(cloud: &SoftLayer, machines: Vec<Seen>) -> Answer<Absence> {
    let mut was = Absence::MayAppear;
    for seen in machines {
        was = Absence::Final;
        destroy(cloud, &seen, cloud.undo_deadline(Wait::DeleteVm)).await?;
    }
    Ok(was)
}

/// Finishes a deletion that is half done: the VM is off. One that has not begun is left to whoever
/// asked for it.
pub(crate) async fn finish_deletion(cloud: &SoftLayer, vm: &str) -> Answer<Absence> {
    let cid = VmCid::new(vm).map_err(|e| CpiError::cloud(e.to_string()))?;
    let Some(seen) = cloud.machine_ever(&cid).await? else { return Ok(Absence::Final) };
    if seen.is_gone() {
        return Ok(Absence::Final);
    }
    if seen.power.as_deref() != Some("HALTED") {
        return Ok(Absence::MayAppear);
    }
    destroy(cloud, &seen, cloud.undo_deadline(Wait::DeleteVm)).await?;
    Ok(Absence::Final)
}

/// Destroys a machine, running, broken or half gone.
async fn destroy(cloud: &SoftLayer, seen: &Seen, until: Deadline) -> Answer<()> {
    if seen.is_gone() {
        return Ok(());
    }
    let destroyed = match seen.machine {
        Machine::Guest(id) => destroy_guest(cloud, seen, id, until).await,
        Machine::Server(id) => {
            create_vm::unroute(cloud, seen, until).await?;
            destroy_server(cloud, id, until).await
        }
    };
    gone_is_fine(destroyed)
}

async fn destroy_guest(cloud: &SoftLayer, seen: &Seen, id: u64, until: Deadline) -> Answer<()> {
    let volumes = volumes_once_idle(cloud, id, until).await?;
    // Before anything is taken from it: that it is off tells whoever comes after a crash that its
    // deletion has begun. And its address must not answer when its successor comes up.
    if volumes.is_some() {
        match cloud.call(&virtual_guest::PowerOff { id }, until).await {
            Err(Failure::Cloud(error)) if error.refusal().is_some() => {
                tracing::info!("VM {id} is not switched off before it is deleted: {error}");
            }
            // Nobody knows whether it is off, so nothing may be taken from it yet.
            other => drop(other?),
        }
    }
    // A VM with something outside of it says so by its name, so that others cost no call more.
    create_vm::unroute(cloud, seen, until).await?;
    let Some(volumes) = volumes else { return Ok(()) };
    for volume in volumes {
        let call =
            network_storage::RemoveAccessFromVirtualGuest { id: volume.id, guest: Id { id } };
        gone_is_fine(cloud.call(&call, until).await.map(drop))?;
    }
    loop {
        match cloud.call(&virtual_guest::DeleteObject { id }, until).await {
            Ok(true) => break,
            Ok(false) => {
                let message = format!("SoftLayer says that it did not delete VM {id}");
                return Err(CpiError::cloud(message).into());
            }
            Err(failure) if failure.says(ACTIVE_TRANSACTION) && !until.passed() => {
                if volumes_once_idle(cloud, id, until).await?.is_none() {
                    return Ok(());
                }
            }
            Err(failure) if failure.says(NO_BILLING_ITEM) => return Ok(()),
            Err(failure) => return Err(failure),
        }
    }
    let gone = |guest: GuestProgress| {
        is_cancelled(&guest.active_transaction, &guest.provision_date, &guest.billing_item)
            .then_some(())
    };
    let call = virtual_guest::GetObject { id };
    gone_is_fine(cloud.wait_for(&call, "the end of the VM", until, gone).await)
}

/// The volumes that a guest may mount, once nothing is being done to it; None if it is gone.
async fn volumes_once_idle(cloud: &SoftLayer, id: u64, until: Deadline) -> Answer<Option<Vec<Id>>> {
    let idle = |guest: GuestStorage| {
        let gone =
            is_cancelled(&guest.active_transaction, &guest.provision_date, &guest.billing_item);
        match (gone, guest.active_transaction) {
            (true, _) => Some(None),
            (false, None) => Some(Some(guest.allowed_network_storage)),
            (false, Some(_)) => None,
        }
    };
    let call = virtual_guest::GetObject { id };
    match cloud.wait_for(&call, "the end of the VM's transaction", until, idle).await {
        Err(failure) if failure.is_gone() => Ok(None),
        other => other,
    }
}

/// A server is cancelled by its billing item: at once if it is billed by the hour, else at the end
/// of the month.
async fn destroy_server(cloud: &SoftLayer, id: u64, until: Deadline) -> Answer<()> {
    let call = hardware::GetObject { id };
    let idle = |server: Hardware| server.active_transaction.is_none().then_some(server);
    let what = "the end of the server's transaction";
    let Some(item) = cloud.wait_for(&call, what, until, idle).await?.billing_item else {
        return Ok(());
    };
    if item.cancellation_date.is_some() {
        return Ok(());
    }
    if let Some(server) = cloud.find::<HardwareStorage, _>(&call).await? {
        for volume in server.allowed_network_storage {
            let hardware = Id { id };
            let call = network_storage::RemoveAccessFromHardware { id: volume.id, hardware };
            gone_is_fine(cloud.call(&call, until).await.map(drop))?;
        }
    }
    let immediate = item.hourly_flag.unwrap_or_default();
    let cancel = billing::CancelItem {
        id: item.id,
        immediate,
        associated: false,
        reason: "No longer needed".to_owned(),
        note: "cancelled by the BOSH CPI".to_owned(),
    };
    match cloud.call(&cancel, until).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let message = format!("SoftLayer says that it did not cancel server {id}");
            Err(CpiError::cloud(message).into())
        }
        Err(failure @ Failure::Cloud(_)) if failure.says(NO_BILLING_ITEM) => Ok(()),
        Err(failure) => Err(failure),
    }
}
