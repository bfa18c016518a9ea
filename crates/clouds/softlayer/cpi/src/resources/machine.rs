//! Virtual guests and bare metal servers, as the methods on VMs see them: alike.

use super::machine_view::MachineView;
use super::ownership::{self, OwnedMachine};
use crate::cids::Machine;
use crate::errors::{CloudResult, Failure};
use crate::properties::Wait;
use crate::session::SoftLayer;
use bosh_cpi::VmCid;
use cloud_http::{Deadline, Secret};
use softlayer::api::{
    GuestNetworks, GuestProgress, Hardware, HardwareNetworks, VirtualGuest, account, hardware,
    virtual_guest,
};
use softlayer::{Call, Client, Code, Filter};
use std::time::Duration;

/// How long a new machine may be unknown.
const UNKNOWN: Duration = Duration::from_secs(300);

async fn set_once_possible<C: Call>(client: &Client, call: &C, until: Deadline) -> CloudResult<()> {
    let (not_yet, soon) = ([Code::NotImplemented, Code::ObjectNotFound], until.or_sooner(UNKNOWN));
    match client.call_once_possible(call, &not_yet, soon).await {
        Err(error) if error.code() == Some(&Code::NotImplemented) => {
            let called = client.call_once_possible(call, &not_yet[..1], until).await;
            called.map_err(Failure::Cloud)?;
        }
        other => drop(other.map_err(Failure::Cloud)?),
    }
    Ok(())
}

/// The machine of that CID, also while it is being reclaimed; None if it does not exist.
pub(crate) async fn find_including_cancelled(
    cloud: &SoftLayer,
    cid: &VmCid,
) -> CloudResult<Option<OwnedMachine>> {
    let Some(machine) = Machine::of(cid) else { return Ok(None) };
    let Some(view) = get(cloud, machine).await? else { return Ok(None) };
    ownership::by_id(cloud, &machine.to_string(), view).map(Some)
}

/// The machine of that CID; None if it does not exist, or not any more.
pub(crate) async fn find(cloud: &SoftLayer, cid: &VmCid) -> CloudResult<Option<OwnedMachine>> {
    Ok(find_including_cancelled(cloud, cid).await?.filter(|view| !view.is_gone()))
}

/// A machine as it is now.
async fn get(cloud: &SoftLayer, machine: Machine) -> CloudResult<Option<MachineView>> {
    Ok(match machine {
        Machine::Guest(id) => {
            let call = virtual_guest::GetObject { id };
            cloud.find::<VirtualGuest, _>(&call).await?.map(MachineView::from)
        }
        Machine::Server(id) => {
            let call = hardware::GetObject { id };
            cloud.find::<Hardware, _>(&call).await?.map(MachineView::from)
        }
    })
}

/// Sets what the agent reads, as soon as possible: a machine without a host has no metadata. One
/// that is not known at all may be so for a moment only.
pub(crate) async fn set_user_metadata(
    cloud: &SoftLayer,
    machine: Machine,
    text: &Secret,
    until: Deadline,
) -> CloudResult<()> {
    let client = cloud.client()?;
    let metadata = vec![text.clone()];
    match machine {
        Machine::Guest(id) => {
            let call = virtual_guest::SetUserMetadata { id, metadata };
            Box::pin(set_once_possible(client, &call, until)).await
        }
        Machine::Server(id) => {
            let call = hardware::SetUserMetadata { id, metadata };
            Box::pin(set_once_possible(client, &call, until)).await
        }
    }
}

/// Replaces its tags.
pub(crate) async fn set_tags(cloud: &SoftLayer, machine: Machine, tags: String) -> CloudResult<()> {
    let until = cloud.deadline(Wait::Lookup);
    match machine {
        Machine::Guest(id) => {
            cloud.call(&virtual_guest::SetTags { id, tags }, until).await.map(drop)
        }
        Machine::Server(id) => cloud.call(&hardware::SetTags { id, tags }, until).await.map(drop),
    }
}

/// Waits until a machine runs and nothing is being done to it.
pub(crate) async fn wait_until_ready(
    cloud: &SoftLayer,
    machine: Machine,
    until: Deadline,
) -> CloudResult<()> {
    match machine {
        Machine::Guest(id) => {
            let ready = |guest: GuestProgress| {
                let power = guest.power_state.and_then(|state| state.key_name);
                let ready = guest.provision_date.is_some()
                    && guest.active_transaction.is_none()
                    && power.as_deref() == Some("RUNNING");
                ready.then_some(())
            };
            let call = virtual_guest::GetObject { id };
            cloud.wait_for(&call, "a running VM", until, ready).await
        }
        Machine::Server(id) => {
            let ready = |server: Hardware| {
                let ready = server.provision_date.is_some() && server.active_transaction.is_none();
                ready.then_some(())
            };
            let call = hardware::GetObject { id };
            cloud.wait_for(&call, "a running server", until, ready).await
        }
    }
}

/// Waits until a machine has addresses on its private NIC and, if it is to have one, on its
/// public one.
pub(crate) async fn wait_for_nics(
    cloud: &SoftLayer,
    machine: Machine,
    private_only: bool,
    until: Deadline,
) -> CloudResult<HardwareNetworks> {
    let done = |nics: HardwareNetworks| {
        let has = |nic: &Option<softlayer::api::NetworkComponent>| {
            nic.as_ref().is_some_and(|nic| {
                nic.mac_address.is_some()
                    && nic.primary_ip_address.is_some()
                    && nic.primary_subnet.is_some()
            })
        };
        let ready = has(&nics.primary_backend_network_component)
            && (private_only || has(&nics.primary_network_component));
        ready.then_some(nics)
    };
    let what = "addresses of the VM";
    match machine {
        Machine::Guest(id) => {
            let call = virtual_guest::GetObject { id };
            let seen = |guest: GuestNetworks| {
                done(HardwareNetworks {
                    id: guest.id,
                    primary_network_component: guest.primary_network_component,
                    primary_backend_network_component: guest.primary_backend_network_component,
                })
            };
            cloud.wait_for(&call, what, until, seen).await
        }
        Machine::Server(id) => cloud.wait_for(&hardware::GetObject { id }, what, until, done).await,
    }
}

/// The guests of this host name that are ours.
pub(crate) async fn guests_by_name(
    cloud: &SoftLayer,
    name: &str,
) -> CloudResult<Vec<OwnedMachine>> {
    let filter = Filter::is("hostname", name);
    let guests: Vec<VirtualGuest> = cloud.list(&account::GetVirtualGuests {}, &filter).await?;
    let guests = guests.into_iter().map(MachineView::from).collect();
    ownership::by_name(cloud, name, guests).await
}

/// The servers of this host name that are ours.
pub(crate) async fn servers_by_name(
    cloud: &SoftLayer,
    name: &str,
) -> CloudResult<Vec<OwnedMachine>> {
    let filter = Filter::is("hostname", name);
    let servers: Vec<Hardware> = cloud.list(&account::GetHardware {}, &filter).await?;
    let servers = servers.into_iter().map(MachineView::from).collect();
    ownership::by_name(cloud, name, servers).await
}
