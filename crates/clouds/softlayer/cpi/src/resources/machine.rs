//! Virtual guests and bare metal servers, as the methods on VMs see them: alike.

use crate::cids::Machine;
use crate::errors::{CloudResult, Failure};
use crate::properties::Wait;
use crate::session::SoftLayer;
use bosh_cpi::VmCid;
use cloud_http::{Deadline, Secret};
use softlayer::api::{
    GuestNetworks, GuestProgress, Hardware, HardwareNetworks, TagReference, Transaction,
    VirtualGuest, account, hardware, virtual_guest,
};
use softlayer::{Call, Client, Code, Filter};
use std::time::Duration;

/// A machine as it is now.
#[derive(Debug)]
pub(crate) struct MachineView {
    pub machine: Machine,
    pub hostname: Option<String>,
    pub notes: Option<String>,
    pub power: Option<String>,
    pub transaction: Option<Transaction>,
    /// What it is billed by.
    pub billing_item: Option<u64>,
    /// When it was ready.
    pub provisioned: Option<String>,
    pub tags: Vec<String>,
    pub addresses: Vec<String>,
}

impl MachineView {
    /// Whether it was cancelled: SoftLayer tells of it for minutes or hours more.
    pub(crate) fn is_gone(&self) -> bool {
        is_cancelled(&self.transaction, &self.provisioned, &self.billing_item)
    }
}

/// Whether a machine was cancelled: it is being reclaimed, or it was ready and is not billed any
/// more.
pub(crate) fn is_cancelled<P, B>(
    transaction: &Option<Transaction>,
    provisioned: &Option<P>,
    billing_item: &Option<B>,
) -> bool {
    let status = transaction.as_ref().and_then(Transaction::status);
    status.is_some_and(|status| status.contains("RECLAIM"))
        || (provisioned.is_some() && billing_item.is_none())
}

impl From<VirtualGuest> for MachineView {
    fn from(guest: VirtualGuest) -> Self {
        Self {
            machine: Machine::Guest(guest.id),
            hostname: guest.hostname,
            notes: guest.notes,
            power: guest.power_state.and_then(|state| state.key_name),
            transaction: guest.active_transaction,
            billing_item: guest.billing_item.map(|item| item.id),
            provisioned: guest.provision_date,
            tags: tags(guest.tag_references),
            addresses: [guest.primary_ip_address, guest.primary_backend_ip_address]
                .into_iter()
                .flatten()
                .collect(),
        }
    }
}

impl From<Hardware> for MachineView {
    fn from(server: Hardware) -> Self {
        let billing = server.billing_item;
        let cancelled = billing.as_ref().is_some_and(|item| item.cancellation_date.is_some());
        Self {
            machine: Machine::Server(server.id),
            hostname: server.hostname,
            notes: server.notes,
            power: None,
            transaction: server.active_transaction,
            billing_item: billing.map(|item| item.id).filter(|_| !cancelled),
            provisioned: server.provision_date,
            tags: tags(server.tag_references),
            addresses: [server.primary_ip_address, server.primary_backend_ip_address]
                .into_iter()
                .flatten()
                .collect(),
        }
    }
}

fn tags(references: Vec<TagReference>) -> Vec<String> {
    references.into_iter().filter_map(|reference| reference.tag.name).collect()
}

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

/// The machine of that CID, also while it is being reclaimed; None if there is none.
pub(crate) async fn find_including_cancelled(
    cloud: &SoftLayer,
    cid: &VmCid,
) -> CloudResult<Option<MachineView>> {
    match Machine::of(cid) {
        Some(machine) => get(cloud, machine).await,
        None => Ok(None),
    }
}

/// The machine of that CID; None if there is none, or none any more.
pub(crate) async fn find(cloud: &SoftLayer, cid: &VmCid) -> CloudResult<Option<MachineView>> {
    Ok(find_including_cancelled(cloud, cid).await?.filter(|seen| !seen.is_gone()))
}

/// A machine as it is now.
pub(crate) async fn get(cloud: &SoftLayer, machine: Machine) -> CloudResult<Option<MachineView>> {
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

/// The guests of this host name.
pub(crate) async fn guests_by_name(cloud: &SoftLayer, name: &str) -> CloudResult<Vec<MachineView>> {
    let filter = Filter::is("hostname", name);
    let guests: Vec<VirtualGuest> = cloud.list(&account::GetVirtualGuests {}, &filter).await?;
    Ok(guests.into_iter().map(MachineView::from).collect())
}

/// The servers of this host name.
pub(crate) async fn servers_by_name(
    cloud: &SoftLayer,
    name: &str,
) -> CloudResult<Vec<MachineView>> {
    let filter = Filter::is("hostname", name);
    let servers: Vec<Hardware> = cloud.list(&account::GetHardware {}, &filter).await?;
    Ok(servers.into_iter().map(MachineView::from).collect())
}
