//! Ownership as a type. Two laws hold whatever a cloud answers: nothing of ours is left behind,
//! and **nothing of others is touched**. A list may ignore its filter, be stale, or show rows of
//! another account; so nothing that it shows is changed, deleted or answered as ours before it was
//! compared here.
//!
//! A [`Claim`] says what is known beforehand: a name that one of our operations gave, an id that
//! the journal wrote down, a CID that the caller named. [`Claim::verify`] compares it with a fresh
//! row of the cloud and is the only way to an [`Owned`]. What destroys or adopts takes an `Owned`.
//!
//! ```text
//!  Intent (journal) ─┐
//!  CID (caller) ─────┼─► Claim ──verify(fresh row)──► Owned<Row> ──► delete, adopt, answer
//!  own name ─────────┘             │
//!                                  └─► NotOwned: named, never touched
//! ```

use crate::naming::Names;
use bosh_cpi::{CpiError, DiskCid, NetworkCid, SnapshotCid, StemcellCid, VmCid};
use cloud_http::CloudResource;
use journal::OperationId;
use std::ops::Deref;

/// A row of the cloud that was compared with what we know of our own. Reads like the row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Owned<R>(R);

impl<R> Owned<R> {
    /// The row itself, for what only reads.
    pub fn into_row(self) -> R {
        self.0
    }
}

impl<R> Deref for Owned<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0
    }
}

/// A CID of any kind: the caller named it, so that it is what the call is about.
pub trait Cid {
    /// The text of it.
    fn text(&self) -> &str;
}

macro_rules! cids {
    ($($cid:ty),*) => {$(
        impl Cid for $cid {
            fn text(&self) -> &str {
                self.as_str()
            }
        }
    )*};
}

cids!(VmCid, DiskCid, SnapshotCid, StemcellCid, NetworkCid);

/// What is known of a thing of ours before the cloud is asked. All of it must be true of a row.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Claim<'c> {
    id: Option<&'c str>,
    name: Option<&'c str>,
    note: Option<&'c str>,
    subtype: Option<&'c str>,
    zone: Option<&'c str>,
    account: Option<String>,
}

/// A row that is not what was claimed: the cloud answered with something of somebody else, or of
/// another kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the cloud answered with {kind} '{id}', whose {what} is '{found}', where '{expected}' was \
     expected; it is not touched"
)]
pub struct NotOwned {
    /// The kind of thing.
    pub kind: &'static str,
    /// The row's id.
    pub id: String,
    /// What differs: `id`, `name`, `account` …
    pub what: &'static str,
    /// What the row has there.
    pub found: String,
    /// What was claimed.
    pub expected: String,
}

impl From<NotOwned> for CpiError {
    fn from(error: NotOwned) -> Self {
        CpiError::cloud(error.to_string())
    }
}

impl<'c> Claim<'c> {
    /// The thing of this id, which the caller named by its CID (`id` is what stands for the
    /// thing in it, where a CID holds more than the cloud's id).
    pub fn named_by_caller(_cid: &impl Cid, id: &'c str) -> Self {
        Self { id: Some(id), ..Self::default() }
    }

    /// The thing of this id, which the caller named by its CID.
    pub fn cid(cid: &'c impl Cid) -> Self {
        Self { id: Some(cid.text()), ..Self::default() }
    }

    /// The thing of this id, which the journal wrote down.
    pub fn journaled_id(id: &'c str) -> Self {
        Self { id: Some(id), ..Self::default() }
    }

    /// The thing of this name, which the journal wrote down before it was made.
    pub fn journaled_name(name: &'c str) -> Self {
        Self { name: Some(name), ..Self::default() }
    }

    /// The thing of this name, which an operation of this director gives: None if the name does
    /// not hold its mark and the operation's id.
    pub fn own_name(name: &'c str, names: &Names, operation: OperationId) -> Option<Self> {
        let own = names.parse(name)?;
        (own.operation == operation).then(|| Self { name: Some(name), ..Self::default() })
    }

    /// What garbage collection has listed, by its id; its name must still be the same.
    pub fn listed(id: &'c str, name: &'c str) -> Self {
        Self { id: Some(id), name: Some(name), ..Self::default() }
    }

    /// That also has this description: a name that an operator chose may be anybody's.
    pub fn with_note(self, note: &'c str) -> Self {
        Self { note: Some(note), ..self }
    }

    /// That also is of this kind, in the cloud's own words.
    pub fn of_subtype(self, subtype: &'c str) -> Self {
        Self { subtype: Some(subtype), ..self }
    }

    /// That also is in this zone.
    pub fn in_zone(self, zone: &'c str) -> Self {
        Self { zone: Some(zone), ..self }
    }

    /// That also belongs to this account, once it is known.
    pub fn of_account(self, account: Option<String>) -> Self {
        Self { account, ..self }
    }

    /// Compares a fresh row with the claim. Names and ids are compared letter by letter. What a
    /// row does not tell at all (an older release has no account in it) is not held against it,
    /// but for its id, name and note.
    pub fn verify<R: CloudResource>(&self, row: R) -> Result<Owned<R>, NotOwned> {
        let differs = |what, found: &str, expected: &str| NotOwned {
            kind: R::KIND,
            id: row.id().to_owned(),
            what,
            found: found.to_owned(),
            expected: expected.to_owned(),
        };
        let must = |what, expected: Option<&str>, found: &str| match expected {
            Some(expected) if expected != found => Err(differs(what, found, expected)),
            _ => Ok(()),
        };
        let may = |what, expected: Option<&str>, found: Option<&str>| match found {
            Some(found) => must(what, expected, found),
            None => Ok(()),
        };
        must("id", self.id, row.id())?;
        must("name", self.name, row.name())?;
        must("description", self.note, row.note().unwrap_or_default())?;
        may("kind", self.subtype, row.subtype())?;
        may("zone", self.zone, row.zone())?;
        may("account", self.account.as_deref(), row.account().as_deref())?;
        Ok(Owned(row))
    }

    /// The rows that are what is claimed. Others are passed over: a cloud that does not heed a
    /// filter shows everything. There may be twins, where a request was delivered twice.
    pub fn select<R: CloudResource>(&self, rows: impl IntoIterator<Item = R>) -> Vec<Owned<R>> {
        let mut foreign = 0;
        let verified = |row| self.verify(row).inspect_err(|_| foreign += 1).ok();
        let owned: Vec<_> = rows.into_iter().filter_map(verified).collect();
        if foreign > 0 {
            tracing::debug!("{foreign} rows of {}s were listed that are not ours", R::KIND);
        }
        owned
    }

    /// The row that is what is claimed, of a list by id. None if the list is empty. A list that
    /// holds something else is no answer to that question: it must not be taken for "not found".
    pub fn find<R: CloudResource>(
        &self,
        rows: impl IntoIterator<Item = R>,
    ) -> Result<Option<Owned<R>>, NotOwned> {
        let mut not_owned = None;
        for row in rows {
            match self.verify(row) {
                Ok(owned) => return Ok(Some(owned)),
                Err(error) => not_owned = not_owned.or(Some(error)),
            }
        }
        not_owned.map_or(Ok(None), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq)]
    struct Row {
        id: &'static str,
        name: String,
        note: Option<&'static str>,
        subtype: Option<&'static str>,
        account: Option<&'static str>,
    }

    impl CloudResource for Row {
        const KIND: &'static str = "volume";

        fn id(&self) -> &str {
            self.id
        }

        fn name(&self) -> &str {
            &self.name
        }

        fn note(&self) -> Option<&str> {
            self.note
        }

        fn subtype(&self) -> Option<&str> {
            self.subtype
        }

        fn account(&self) -> Option<String> {
            self.account.map(str::to_owned)
        }
    }

    fn row(id: &'static str, name: &str) -> Row {
        Row { id, name: name.into(), ..Row::default() }
    }

    /// A list that ignores its filter shows everything, look-alikes first: only the exact name is
    /// ours, twins of it included.
    #[test]
    fn only_the_exact_name_is_selected() {
        let rows =
            ["disk-1-ab", "DISK-1-A", "disk-1-a", "disk-1-a ", "other", "disk-1-a"].map(|name| {
                let id = if name == "disk-1-a" { "ours" } else { "foreign" };
                row(id, name)
            });
        let owned = Claim::journaled_name("disk-1-a").select(rows);
        assert_eq!(owned.len(), 2);
        assert!(owned.iter().all(|row| row.id == "ours"));
    }

    /// A list by id that answers with another row must not pass for "not found": a director
    /// would forget a live disk.
    #[test]
    fn another_row_is_an_error_and_an_empty_list_is_none() {
        let cid = DiskCid::new("d1").unwrap();
        let claim = Claim::cid(&cid);
        assert_eq!(claim.find(Vec::<Row>::new()), Ok(None));
        let found = claim.find([row("d2", "x"), row("d1", "y")]).unwrap().unwrap();
        assert_eq!(found.name, "y");
        let error = claim.find([row("d2", "x")]).unwrap_err();
        assert_eq!((error.what, error.found.as_str(), error.expected.as_str()), ("id", "d2", "d1"));
    }

    /// An operator's name is anybody's; an id may come back for another kind of thing, or be
    /// another account's.
    #[test]
    fn everything_that_is_claimed_is_compared() {
        let claim = Claim::journaled_name("routers").with_note("made by us");
        let mut group = row("g", "routers");
        assert_eq!(claim.verify(group.clone()).unwrap_err().what, "description");
        group.note = Some("made by us");
        assert!(claim.verify(group).is_ok());

        let mut volume = row("v", "ROOT-1");
        volume.subtype = Some("ROOT");
        let claim = Claim::journaled_id("v").of_subtype("DATADISK");
        assert_eq!(claim.verify(volume).unwrap_err().what, "kind");

        let mut volume = row("v", "data");
        let claim = Claim::journaled_id("v").of_account(Some("domain/me".into()));
        assert!(claim.verify(volume.clone()).is_ok(), "a row that does not tell its account");
        volume.account = Some("domain/other");
        assert_eq!(claim.verify(volume).unwrap_err().what, "account");
    }

    /// Adoption by name: the name must be one that this very operation gives.
    #[test]
    fn a_name_of_another_operation_or_director_is_not_claimed() {
        let (names, operation) = (Names::new(Some("d1")), OperationId::new());
        let name = names.disk(operation);
        assert!(Claim::own_name(&name, &names, operation).is_some());
        assert!(Claim::own_name(&name, &names, OperationId::new()).is_none());
        assert!(Claim::own_name(&name, &Names::new(Some("d2")), operation).is_none());
        assert!(Claim::own_name("data", &names, operation).is_none());
    }

    /// gc has listed a thing; what has its id now must still be it.
    #[test]
    fn what_was_listed_must_still_bear_its_name() {
        let claim = Claim::listed("v", "disk-1-a");
        assert!(claim.verify(row("v", "disk-1-a")).is_ok());
        assert_eq!(claim.verify(row("v", "renamed")).unwrap_err().what, "name");
        assert_eq!(claim.verify(row("w", "disk-1-a")).unwrap_err().what, "id");
    }
}
