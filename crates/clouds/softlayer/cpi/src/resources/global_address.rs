//! Global addresses: routed to a VM's public address while it runs, and nowhere when it goes.

use super::machine::MachineView;
use crate::errors::{CloudResult, ResultExt};
use crate::naming;
use crate::properties::Wait;
use crate::session::SoftLayer;
use cloud_http::Deadline;
use journal::Absence;
use softlayer::Filter;
use softlayer::api::{GlobalIp, account, network};

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
    let idle = |record: GlobalIp| record.active_transaction.is_none().then_some(record);
    let call = network::GetGlobalIp { id };
    let what = "the end of the global address's transaction";
    let now = cloud.wait_for(&call, what, until, idle).await?;
    if destination(&now) == to {
        return Ok(());
    }
    match to {
        Some(to) => {
            let route = network::RouteGlobalIp { id, address: to.to_owned() };
            cloud.call(&route, until).await?;
        }
        None => drop(cloud.call(&network::UnrouteGlobalIp { id }, until).await?),
    }
    let there = |record: GlobalIp| {
        (destination(&record) == to && record.active_transaction.is_none()).then_some(())
    };
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
