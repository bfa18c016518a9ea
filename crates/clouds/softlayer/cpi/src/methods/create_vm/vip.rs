//! Gives a VM that runs its global addresses.

use super::resolve::ResolvedVm;
use crate::api::step_outcome;
use crate::errors::{CloudResult, vm_not_possible};
use crate::intent::Intent;
use crate::resources::global_address::{destination, route};
use crate::session::SoftLayer;
use cloud_http::Deadline;
use journal::Operation;
use softlayer::api::HardwareNetworks;

/// Routes every global address of a VM to its public one. One that was routed elsewhere is taken
/// over.
pub(super) async fn attach(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    resolved: &ResolvedVm,
    nics: &HardwareNetworks,
    until: Deadline,
) -> CloudResult<()> {
    if resolved.vips.is_empty() {
        return Ok(());
    }
    let public = nics.primary_network_component.as_ref();
    let Some(to) = public.and_then(|nic| nic.primary_ip_address.clone()) else {
        return Err(vm_not_possible("a global address needs a public NIC"));
    };
    for record in &resolved.vips {
        let target = Intent::GlobalAddress {
            id: record.id,
            to: to.clone(),
            from: destination(record).map(str::to_owned),
        };
        let routed = operation.step(
            target,
            async || step_outcome(route(cloud, record.id, Some(&to), until).await),
            async || route(cloud, record.id, Some(&to), until).await.map(Some),
        );
        routed.await?;
    }
    Ok(())
}
