//! What is ours. A list may ignore its filter, show another account's rows, or rows whose names are
//! almost those that were asked for; an id may come back for something else. So nothing is
//! deleted, changed or adopted before its row was compared here, letter by letter, with what the
//! journal or the caller says ([`cpi_kit::Claim`]).

use super::machine_view::MachineView;
use crate::errors::CloudResult;
use crate::lookup::account;
use crate::notes::Notes;
use crate::session::SoftLayer;
use cloud_http::CloudResource;
use cpi_kit::{Claim, Owned};
use softlayer::api::{Image, NetworkStorage, SshKey, StorageSnapshot};
use std::ops::Deref;

/// Something that can be ours.
pub(crate) trait Resource {
    /// What people call it.
    const KIND: &'static str;

    /// Its id, as a CID has it.
    fn cid(&self) -> String;

    /// Whether it bears this name, exactly.
    fn has_name(&self, name: &str) -> bool;

    /// The account whose it is, where the row tells it.
    fn account(&self) -> Option<u64>;
}

/// A row with what shows whose it is. Reads like the row.
#[derive(Debug, Clone)]
pub(crate) struct Row<R> {
    id: String,
    name: String,
    row: R,
}

/// A row that is ours.
pub(crate) type OwnedRow<R> = Owned<Row<R>>;
/// A guest or server that is ours.
pub(crate) type OwnedMachine = OwnedRow<MachineView>;
/// A volume that is ours.
pub(crate) type OwnedVolume = OwnedRow<NetworkStorage>;

impl<R> Deref for Row<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.row
    }
}

impl<R: Resource> CloudResource for Row<R> {
    const KIND: &'static str = R::KIND;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn account(&self) -> Option<String> {
        self.row.account().map(|id| id.to_string())
    }
}

impl<R: Resource> Row<R> {
    /// A row, of which it matters whether it has this name: it may have others too.
    fn new(row: R, name: &str) -> Self {
        let name = if row.has_name(name) { name.to_owned() } else { String::new() };
        Self { id: row.cid(), name, row }
    }
}

/// The row that was asked for by an id that the caller or the journal gave. Another row in its place
/// is an error, and is not touched.
pub(crate) fn by_id<R: Resource>(cloud: &SoftLayer, id: &str, row: R) -> CloudResult<OwnedRow<R>> {
    let claim = Claim::journaled_id(id).of_account(account::known(cloud));
    Ok(claim.verify(Row::new(row, "")).map_err(bosh_cpi::CpiError::from)?)
}

/// The same for what may be another account's, and is shared.
pub(crate) fn by_id_of_any_account<R: Resource>(id: &str, row: R) -> CloudResult<OwnedRow<R>> {
    let claim = Claim::journaled_id(id);
    Ok(claim.verify(Row::new(row, "")).map_err(bosh_cpi::CpiError::from)?)
}

/// The same for what must bear a name besides.
pub(crate) fn by_id_and_name<R: Resource>(
    cloud: &SoftLayer,
    id: &str,
    name: &str,
    row: R,
) -> CloudResult<OwnedRow<R>> {
    let claim = Claim::listed(id, name).of_account(account::known(cloud));
    Ok(claim.verify(Row::new(row, name)).map_err(bosh_cpi::CpiError::from)?)
}

/// The rows of this account that bear exactly this name, the oldest first. There may be twins, where
/// a request was delivered twice.
pub(crate) async fn by_name<R: Resource>(
    cloud: &SoftLayer,
    name: &str,
    rows: Vec<R>,
) -> CloudResult<Vec<OwnedRow<R>>> {
    let rows: Vec<_> = rows.into_iter().filter(|row| row.has_name(name)).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let claim = Claim::journaled_name(name).of_account(Some(account::id(cloud).await?));
    let mut owned = claim.select(rows.into_iter().map(|row| Row::new(row, name)));
    owned.sort_by_key(|row| row.id.parse::<u64>().unwrap_or(u64::MAX));
    Ok(owned)
}

impl Resource for MachineView {
    const KIND: &'static str = "VM";

    fn cid(&self) -> String {
        self.machine.to_string()
    }

    fn has_name(&self, name: &str) -> bool {
        self.hostname.as_deref() == Some(name)
    }

    fn account(&self) -> Option<u64> {
        self.account
    }
}

impl Resource for NetworkStorage {
    const KIND: &'static str = "volume";

    fn cid(&self) -> String {
        self.id.to_string()
    }

    fn has_name(&self, name: &str) -> bool {
        Notes::read(self.notes.as_deref()).has_name(name)
    }

    fn account(&self) -> Option<u64> {
        self.account_id
    }
}

impl Resource for StorageSnapshot {
    const KIND: &'static str = "snapshot";

    fn cid(&self) -> String {
        self.id.to_string()
    }

    fn has_name(&self, name: &str) -> bool {
        Notes::read(self.notes.as_deref()).has_name(name)
    }

    fn account(&self) -> Option<u64> {
        self.account_id
    }
}

impl Resource for Image {
    const KIND: &'static str = "image";

    fn cid(&self) -> String {
        self.id.to_string()
    }

    fn has_name(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }

    fn account(&self) -> Option<u64> {
        self.account_id
    }
}

impl Resource for SshKey {
    const KIND: &'static str = "SSH key";

    fn cid(&self) -> String {
        self.id.to_string()
    }

    fn has_name(&self, name: &str) -> bool {
        self.label.as_deref() == Some(name)
    }

    /// SoftLayer does not tell it; keys of other accounts are never listed.
    fn account(&self) -> Option<u64> {
        None
    }
}
