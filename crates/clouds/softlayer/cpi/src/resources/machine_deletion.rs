//! Deleting VMs: a guest or server goes with its ephemeral disk; persistent disks stay. A deletion
//! ends when the VM's addresses and its access to disks are free for its successor.

use super::billing_item::{self, Cancellation};
use super::global_address;
use super::machine;
use super::machine_view::{MachineView, is_cancelled};
use super::ownership::{self, OwnedMachine};
use crate::cids::Machine;
use crate::errors::{CloudResult, Failure, ResultExt, cloud_error};
use crate::properties::Wait;
use crate::session::SoftLayer;
use bosh_cpi::{CpiError, VmCid};
use cloud_http::Deadline;
use journal::Absence;
use softlayer::api::{
    GuestProgress, GuestStorage, Hardware, HardwareStorage, Id, hardware, network_storage,
    virtual_guest,
};
use softlayer::phrases::{ACTIVE_TRANSACTION, NO_BILLING_ITEM};

/// Makes sure that no guest of this host name is left, whatever its order has come to.
pub(crate) async fn ensure_guest_absent(cloud: &SoftLayer, name: &str) -> CloudResult<Absence> {
    delete_all(cloud, machine::guests_by_name(cloud, name).await?).await
}

/// The same for servers.
pub(crate) async fn ensure_server_absent(cloud: &SoftLayer, name: &str) -> CloudResult<Absence> {
    delete_all(cloud, machine::servers_by_name(cloud, name).await?).await
}

async fn delete_all(cloud: &SoftLayer, machines: Vec<OwnedMachine>) -> CloudResult<Absence> {
    let mut was = Absence::MayAppear;
    for seen in machines {
        was = Absence::Final;
        delete(cloud, &seen, cloud.undo_deadline(Wait::DeleteVm)).await?;
    }
    Ok(was)
}

/// Finishes a deletion that is half done: the VM is off. One that has not begun is left to whoever
/// asked for it.
pub(crate) async fn finish(cloud: &SoftLayer, vm: &str) -> CloudResult<Absence> {
    let cid = VmCid::new(vm).map_err(|e| CpiError::cloud(e.to_string()))?;
    let Some(seen) = machine::find_including_cancelled(cloud, &cid).await? else {
        return Ok(Absence::Final);
    };
    if seen.is_gone() {
        return Ok(Absence::Final);
    }
    if seen.power.as_deref() != Some("HALTED") {
        return Ok(Absence::MayAppear);
    }
    delete(cloud, &seen, cloud.undo_deadline(Wait::DeleteVm)).await?;
    Ok(Absence::Final)
}

/// Makes sure that the machine of this id is gone: one that an operation has made, or that garbage
/// collection has listed. It must still bear its name.
pub(crate) async fn ensure_vm_absent(
    cloud: &SoftLayer,
    vm: &str,
    name: &str,
) -> CloudResult<Absence> {
    let cid = VmCid::new(vm).map_err(|e| CpiError::cloud(e.to_string()))?;
    let Some(seen) = machine::find_including_cancelled(cloud, &cid).await? else {
        return Ok(Absence::MayAppear);
    };
    let seen = ownership::by_id_and_name(cloud, vm, name, (**seen).clone())?;
    delete(cloud, &seen, cloud.undo_deadline(Wait::DeleteVm)).await?;
    Ok(Absence::Final)
}

/// Deletes a machine, running, broken or half gone.
pub(crate) async fn delete(
    cloud: &SoftLayer,
    seen: &MachineView,
    until: Deadline,
) -> CloudResult<()> {
    if seen.is_gone() {
        return Ok(());
    }
    let deleted = match seen.machine {
        Machine::Guest(id) => delete_guest(cloud, seen, id, until).await,
        Machine::Server(id) => {
            global_address::unroute(cloud, seen, until).await?;
            delete_server(cloud, id, until).await
        }
    };
    deleted.ignore_not_found()
}

async fn delete_guest(
    cloud: &SoftLayer,
    seen: &MachineView,
    id: u64,
    until: Deadline,
) -> CloudResult<()> {
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
    global_address::unroute(cloud, seen, until).await?;
    let Some(volumes) = volumes else { return Ok(()) };
    for volume in volumes {
        let call =
            network_storage::RemoveAccessFromVirtualGuest { id: volume.id, guest: Id { id } };
        cloud.call(&call, until).await.ignore_not_found()?;
    }
    loop {
        match cloud.call(&virtual_guest::DeleteObject { id }, until).await {
            Ok(true) => break,
            Ok(false) => {
                let message = format!("SoftLayer did not delete VM {id}, and did not say why");
                return Err(cloud_error(message));
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
    cloud.wait_for(&call, "the end of the VM", until, gone).await.ignore_not_found()
}

/// The volumes that a guest may mount, once nothing is being done to it; None if it is gone.
async fn volumes_once_idle(
    cloud: &SoftLayer,
    id: u64,
    until: Deadline,
) -> CloudResult<Option<Vec<Id>>> {
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
async fn delete_server(cloud: &SoftLayer, id: u64, until: Deadline) -> CloudResult<()> {
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
            cloud.call(&call, until).await.ignore_not_found()?;
        }
    }
    let when = match item.hourly_flag.unwrap_or_default() {
        true => Cancellation::Immediate,
        false => Cancellation::AnniversaryDate,
    };
    billing_item::cancel(cloud, item.id, when, until).await
}
