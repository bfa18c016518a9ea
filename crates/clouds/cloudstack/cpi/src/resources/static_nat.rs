//! Static NAT: a public address that leads to a VM.

use super::{public_ip, vm};
use crate::api::change;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::permit;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{EnableStaticNat, PublicIpAddress};
use cpi_kit::Owned;
use journal::{Absence, Operation};

/// Leads an address to a VM.
pub(crate) async fn enable(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    address: &str,
    vm: &str,
    network: &str,
) -> CloudResult<()> {
    let until = cloud.deadline(Wait::CreateVm);
    let enable = enable_call(address, vm, network);
    let intent = Intent::StaticNat { address: address.to_owned(), vm: vm.to_owned() };
    let send = async || cloud.call(&enable, until).await.map(drop);
    change(operation, intent, send, async || Ok(leads_to(cloud, address, vm).await?.then_some(())))
        .await
}

/// Takes an address from the VM that it leads to.
pub(crate) async fn take_over(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    address: &Owned<PublicIpAddress>,
    from: &str,
) -> CloudResult<()> {
    let until = cloud.deadline(Wait::CreateVm);
    let disable = permit::disable_static_nat(address);
    let intent = Intent::StaticNatTakeover {
        address: address.id.clone(),
        vm: from.to_owned(),
        network: address.associatednetworkid.clone().unwrap_or_default(),
    };
    let send = async || match cloud.destroy_by_job(&disable, until).await.map(drop) {
        // Another call was faster.
        Err(failure) if failure.is_refusal() && !leads_to(cloud, &address.id, from).await? => {
            Ok(())
        }
        disabled => disabled,
    };
    let probe = async || Ok((!leads_to(cloud, &address.id, from).await?).then_some(()));
    change(operation, intent, send, probe).await
}

async fn leads_to(cloud: &CloudStack, address: &str, vm: &str) -> CloudResult<bool> {
    Ok(leading_to(cloud, address, vm).await?.is_some())
}

/// The address, if it leads to that VM.
async fn leading_to(
    cloud: &CloudStack,
    address: &str,
    vm: &str,
) -> CloudResult<Option<Owned<PublicIpAddress>>> {
    let there = public_ip::by_id(cloud, address).await?;
    Ok(there.filter(|it| it.isstaticnat && it.virtualmachineid.as_deref() == Some(vm)))
}

/// Makes sure that the address does not lead to that VM any more.
pub(crate) async fn ensure_disabled(
    cloud: &CloudStack,
    address: &str,
    vm: &str,
) -> Result<Absence> {
    let tried = || format!("freeing public address {address} from VM {vm}");
    let leading = leading_to(cloud, address, vm).await.during(Activity::Undo, tried)?;
    let Some(address) = leading else { return Ok(Absence::MayAppear) };
    let until = cloud.undo_deadline(Wait::DeleteVm);
    let disabled = cloud.destroy_by_job(&permit::disable_static_nat(&address), until).await;
    disabled.during(Activity::Undo, tried)?;
    Ok(Absence::Final)
}

/// Makes sure that the address leads to the VM again from which it was taken, unless it leads to
/// another by now, or that VM is gone.
pub(crate) async fn ensure_restored(
    cloud: &CloudStack,
    address: &str,
    vm: &str,
    network: &str,
) -> Result<Absence> {
    let tried = || format!("leading public address {address} to VM {vm} again");
    match public_ip::by_id(cloud, address).await.during(Activity::Undo, tried)? {
        Some(it) if it.virtualmachineid.as_deref() == Some(vm) => return Ok(Absence::MayAppear),
        Some(it) if !it.isstaticnat => {}
        _ => return Ok(Absence::Final),
    }
    let holder = vm::by_id(cloud, vm).await.during(Activity::Undo, tried)?;
    if holder.is_none_or(|holder| holder.state != "Running") {
        return Ok(Absence::Final);
    }
    let until = cloud.undo_deadline(Wait::DeleteVm);
    let enabled = cloud.call(&enable_call(address, vm, network), until).await;
    enabled.during(Activity::Undo, tried)?;
    Ok(Absence::Final)
}

fn enable_call(address: &str, vm: &str, network: &str) -> EnableStaticNat {
    EnableStaticNat {
        ipaddressid: address.to_owned(),
        virtualmachineid: vm.to_owned(),
        networkid: (!network.is_empty()).then(|| network.to_owned()),
    }
}
