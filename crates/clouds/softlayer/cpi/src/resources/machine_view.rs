//! Virtual guests and bare metal servers, seen alike.

use crate::cids::Machine;
use softlayer::api::{Hardware, TagReference, Transaction, VirtualGuest};

/// A machine as it is now.
#[derive(Debug, Clone)]
pub(crate) struct MachineView {
    pub machine: Machine,
    /// Whose it is, where SoftLayer tells it.
    pub account: Option<u64>,
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
            account: guest.account_id,
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
            account: server.account_id,
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
