//! Static NAT: a public address that leads to a VM.

use super::{public_ip, vm};
use crate::api::step_outcome;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{DisableStaticNat, EnableStaticNat, PublicIpAddress};
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
    operation
        .step(
            Intent::StaticNat { address: address.to_owned(), vm: vm.to_owned() },
            async || step_outcome(cloud.call(&enable, until).await.map(drop)),
            async || Ok(leads_to(cloud, address, vm).await?.then_some(())),
        )
        .await
}

/// Takes an address from the VM that it leads to.
pub(crate) async fn take_over(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    address: &PublicIpAddress,
    from: &str,
) -> CloudResult<()> {
    let until = cloud.deadline(Wait::CreateVm);
    let disable = DisableStaticNat { ipaddressid: address.id.clone() };
    let intent = Intent::StaticNatTakeover {
        address: address.id.clone(),
        vm: from.to_owned(),
        network: address.associatednetworkid.clone().unwrap_or_default(),
    };
    operation
        .step(
            intent,
            async || step_outcome(cloud.run_job(&disable, until).await.map(drop)),
            async || Ok((!leads_to(cloud, &address.id, from).await?).then_some(())),
        )
        .await
}

async fn leads_to(cloud: &CloudStack, address: &str, vm: &str) -> CloudResult<bool> {
    let there = public_ip::by_id(cloud, address).await?;
    Ok(there.is_some_and(|it| it.isstaticnat && it.virtualmachineid.as_deref() == Some(vm)))
}

/// Makes sure that the address does not lead to that VM any more.
pub(crate) async fn ensure_disabled(
    cloud: &CloudStack,
    address: &str,
    vm: &str,
) -> Result<Absence> {
    let tried = || format!("freeing public address {address} from VM {vm}");
    if !leads_to(cloud, address, vm).await.during(Activity::Undo, tried)? {
        return Ok(Absence::MayAppear);
    }
    let disable = DisableStaticNat { ipaddressid: address.to_owned() };
    let disabled = cloud.run_job(&disable, cloud.undo_deadline(Wait::DeleteVm)).await;
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
