//! Global addresses: led to the VM's public address once it runs, and to nothing when it goes.

use super::find::Found;
use super::{impossible, name_within};
use crate::SoftLayer;
use crate::connect::Answer;
use crate::machine::Seen;
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine};
use cloud_http::Deadline;
use cpi_kit::naming::EDGE;
use journal::{Absence, Operation};
use softlayer::Filter;
use softlayer::api::{GlobalIp, HardwareNetworks, account, network};

/// Leads every global address of a VM to its public one. One that led elsewhere is taken over.
pub(super) async fn route(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    found: &Found,
    seen: &HardwareNetworks,
    until: Deadline,
) -> Answer<()> {
    if found.vips.is_empty() {
        return Ok(());
    }
    let public = seen.primary_network_component.as_ref();
    let Some(to) = public.and_then(|nic| nic.primary_ip_address.clone()) else {
        return Err(impossible("a global address needs a public NIC".to_owned()));
    };
    for record in &found.vips {
        let target = Intent::GlobalAddress {
            id: record.id,
            to: to.clone(),
            from: destination(record).map(str::to_owned),
        };
        let lead = operation.step(
            target,
            async || ended(lead(cloud, record.id, Some(&to), until).await),
            async || lead(cloud, record.id, Some(&to), until).await.map(Some),
        );
        lead.await?;
    }
    Ok(())
}

fn destination(record: &GlobalIp) -> Option<&str> {
    record.destination_ip_address.as_ref().map(|it| it.ip_address.as_str())
}

/// Leads a global address to an address, or nowhere, and waits until it does.
async fn lead(cloud: &SoftLayer, id: u64, to: Option<&str>, until: Deadline) -> Answer<()> {
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
    cloud.wait_for(&call, "the way of the global address", until, there).await
}

/// Leads global addresses away from a machine that is about to go. Only the names of some say that
/// there may be one, so that others cost no call.
pub(crate) async fn unroute(cloud: &SoftLayer, seen: &Seen, until: Deadline) -> Answer<()> {
    let name = seen.hostname.as_deref().and_then(|name| name_within(cloud, name));
    if !name.is_some_and(|name| name.starts_with(EDGE)) {
        return Ok(());
    }
    let all: Vec<GlobalIp> =
        cloud.list(&account::GetGlobalIpRecords {}, &Filter::everything()).await?;
    let here = |record: &&GlobalIp| {
        destination(record).is_some_and(|to| seen.addresses.iter().any(|own| own == to))
    };
    for record in all.iter().filter(here) {
        gone_is_fine(lead(cloud, record.id, None, until).await)?;
    }
    Ok(())
}

/// Leads a global address back to where it led before, unless it leads elsewhere by now.
pub(crate) async fn undo_route(
    cloud: &SoftLayer,
    id: u64,
    to: &str,
    from: Option<&str>,
) -> Answer<Absence> {
    let found: Option<GlobalIp> = cloud.find(&network::GetGlobalIp { id }).await?;
    match found.as_ref().map(destination) {
        None => Ok(Absence::Final),
        Some(now) if now == Some(to) && from != Some(to) => {
            lead(cloud, id, from, cloud.undo_deadline(Wait::Lookup)).await?;
            Ok(Absence::Final)
        }
        Some(_) => Ok(Absence::MayAppear),
    }
}
