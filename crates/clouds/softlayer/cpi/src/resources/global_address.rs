//! Global addresses: routed to a VM's public address while it runs, and nowhere when it goes.

use super::machine_view::MachineView;
use crate::errors::{CloudResult, ResultExt, cloud_error};
use crate::intent::Intent;
use crate::naming;
use crate::properties::Wait;
use crate::session::SoftLayer;
use cloud_http::{Deadline, paused};
use cpi_kit::Provider;
use journal::Absence;
use softlayer::Filter;
use softlayer::api::{GlobalIp, account, network};
use softlayer::phrases::ROUTE_NOT_READY;
use std::time::Instant;

/// The address to which a global address is routed.
pub(crate) fn destination(record: &GlobalIp) -> Option<&str> {
    record.destination_ip_address.as_ref().map(|it| it.ip_address.as_str())
}

/// Routes a global address to an address, or nowhere, and waits until it is routed so.
pub(crate) async fn route(
    cloud: &SoftLayer,
    id: u64,
    to: Option<&str>,
    until: Deadline,
) -> CloudResult<()> {
    let call = network::GetGlobalIp { id };
    let record: GlobalIp = cloud.call(&call, until).await?;
    if record.id != id {
        return Err(cloud_error(format!(
            "SoftLayer answered global address {} for {id}",
            record.id
        )));
    }
    if destination(&record) == to {
        return Ok(());
    }
    // A global address is a subnet of one address, and it is the subnet that is routed.
    let subnet = record.ip_address.as_ref().and_then(|it| it.subnet_id).ok_or_else(|| {
        cloud_error(format!("SoftLayer did not answer the subnet of global address {id}"))
    })?;
    let begun = Instant::now();
    loop {
        let routed = match to {
            Some(to) => {
                let (kind, identifier) = (network::IP_ADDRESS.to_owned(), to.to_owned());
                let route = network::RouteSubnet { id: subnet, kind, identifier };
                cloud.call(&route, until).await
            }
            None => cloud.call(&network::ClearSubnetRoute { id: subnet }, until).await,
        };
        match routed {
            // Only one change goes on at a time.
            Err(failure)
                if failure.says(ROUTE_NOT_READY) && paused(begun.elapsed(), until).await => {}
            Err(failure) => return Err(failure),
            // False says that it was routed so already.
            Ok(_) => break,
        }
    }
    let there = |record: GlobalIp| (destination(&record) == to).then_some(());
    cloud.wait_for(&call, "the route of the global address", until, there).await
}

/// Takes global addresses away from a machine that is about to go. Only the names of some say that
/// there may be one, so that others cost no call.
pub(crate) async fn unroute(
    cloud: &SoftLayer,
    seen: &MachineView,
    until: Deadline,
) -> CloudResult<()> {
    if !seen.hostname.as_deref().is_some_and(|name| naming::is_edge(&cloud.names, name)) {
        return Ok(());
    }
    let all: Vec<GlobalIp> =
        cloud.list(&account::GetGlobalIpRecords {}, &Filter::everything()).await?;
    let here = |record: &&GlobalIp| {
        destination(record).is_some_and(|to| seen.addresses.iter().any(|own| own == to))
    };
    for record in all.iter().filter(here) {
        route(cloud, record.id, None, until).await.ignore_not_found()?;
    }
    Ok(())
}

/// Routes a global address as it was routed before, unless it is routed elsewhere by now.
pub(crate) async fn ensure_route_restored(
    cloud: &SoftLayer,
    id: u64,
    to: &str,
    from: Option<&str>,
) -> CloudResult<Absence> {
    let found: Option<GlobalIp> = cloud.find(&network::GetGlobalIp { id }).await?;
    match found.as_ref().map(destination) {
        None => Ok(Absence::Final),
        Some(now) if now == Some(to) && from != Some(to) => {
            route(cloud, id, from, cloud.undo_deadline(Wait::Lookup)).await?;
            Ok(Absence::Final)
        }
        Some(_) => Ok(Absence::MayAppear),
    }
}

/// Takes away the global addresses of a VM that somebody has destroyed without us: the journal knows
/// which ones its operation has routed, and to which address.
pub(crate) async fn unroute_journaled(
    cloud: &SoftLayer,
    vm: &str,
    until: Deadline,
) -> CloudResult<()> {
    let journal = cloud.ledger().await?;
    for operation in journal.operations().await? {
        if operation.cid.as_deref() != Some(vm) {
            continue;
        }
        for step in journal.steps(operation.id).await? {
            let Ok(Intent::GlobalAddress { id, to, .. }) = serde_json::from_str(&step.target)
            else {
                continue;
            };
            let record: Option<GlobalIp> = cloud.find(&network::GetGlobalIp { id }).await?;
            if record.as_ref().is_some_and(|it| it.id == id && destination(it) == Some(&to)) {
                route(cloud, id, None, until).await?;
            }
        }
    }
    Ok(())
}
