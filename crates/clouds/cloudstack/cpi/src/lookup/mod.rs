//! From the names that operators write to the ids that CloudStack wants.
//!
//! What was found is remembered for later processes (see [`cpi_kit::Cache`]). An id may go stale, so
//! whoever acts on a [`Found`] that was remembered, and is refused, forgets it and finds again.

mod find;
mod known;
mod network;
mod rows;
mod scope;

pub(crate) use rows::{
    DiskOfferingRow, DiskRow, NetworkRow, OfferingRow, TemplateRow, UserDataBy, VersionRow, VmRow,
    ZoneRow, serves, zones,
};

use rows::Offered;

use bosh_cpi::{CpiError, Result};
use std::ops::Deref;

/// A name or an id as an operator wrote it, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The name or id.
    pub text: String,
    /// Its path: `arguments[2].compute_offering`.
    pub path: String,
    /// What the text is of what is wanted.
    by: By,
}

/// By what something is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Its name or id.
    Name,
    /// Storage tags that it has, comma-separated.
    Tags,
}

/// A network as an operator named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetworkWanted {
    /// Its name or id.
    pub network: Wanted,
    /// The VPC, by name or id, whose tier it is.
    pub vpc: Option<String>,
}

impl NetworkWanted {
    /// Where it is looked for, in the cache's words.
    fn place(&self, zone: &Wanted) -> String {
        match &self.vpc {
            Some(vpc) => format!("{} {vpc}", zone.text),
            None => zone.text.clone(),
        }
    }
}

impl Wanted {
    pub(crate) fn new(text: &str, path: impl Into<String>) -> Self {
        Self { text: text.to_owned(), path: path.into(), by: By::Name }
    }

    /// What has all of these storage tags.
    pub(crate) fn tagged(tags: &[String], path: impl Into<String>) -> Self {
        Self { text: tags.join(","), path: path.into(), by: By::Tags }
    }

    /// Whether it is an id.
    pub(crate) fn is_id(&self) -> bool {
        self.by == By::Name && is_id(&self.text)
    }

    fn missing(&self, what: &str) -> CpiError {
        if self.by == By::Tags {
            return CpiError::cloud(format!(
                "{}: no custom {what} has the storage tags '{}' in this cloud that this account \
                 may use; one of a fixed size is named by its name",
                self.path, self.text
            ));
        }
        CpiError::cloud(format!(
            "{}: no {what} '{}' in this cloud that this account may use",
            self.path, self.text
        ))
    }

    fn ambiguous(&self, what: &str, ids: &[&str]) -> CpiError {
        if self.by == By::Tags {
            return CpiError::cloud(format!(
                "{}: more than one custom {what} has the storage tags '{}': say more tags, or \
                 name one by its name or id ({})",
                self.path,
                self.text,
                ids.join(", ")
            ));
        }
        CpiError::cloud(format!(
            "{}: more than one {what} is named '{}': name one by its id ({})",
            self.path,
            self.text,
            ids.join(", ")
        ))
    }
}

/// Whether a text is an id of CloudStack's, and no name.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(crate) struct Found<T> {
    row: T,
    key: String,
    source: Source,
}

/// Where a [`Found`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The cloud has just told.
    Cloud,
    /// An earlier call found it.
    Cache,
    /// An id that the operator wrote: nothing to look up.
    Given,
}

impl<T> Deref for Found<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.row
    }
}

impl<T> Found<T> {
    /// An id that needs no lookup.
    pub(crate) fn given(row: T) -> Self {
        Self { row, key: String::new(), source: Source::Given }
    }

    /// The same source, another row.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        Found { row: change(self.row), key: self.key, source: self.source }
    }

    /// Its key in the cache, if that is where it comes from: it may be stale.
    pub(crate) fn remembered(&self) -> Option<&str> {
        (self.source == Source::Cache).then_some(self.key.as_str())
    }
}

impl<T: Offered + Clone> Found<Vec<T>> {
    /// The only one of them that can be used in this zone.
    pub(crate) fn in_zone(self, wanted: &Wanted, zone: &str) -> Result<Found<T>> {
        let fits = |row: &&T| serves(row.zones(), zone);
        let rows = self.row.iter().filter(fits).cloned().collect();
        let told = if wanted.by == By::Tags { T::name } else { T::id };
        let row = only(wanted, T::WHAT, rows, told)?;
        Ok(Found { row, key: self.key, source: self.source })
    }
}

/// The only one of `matches`, or an error that names the culprit.
fn only<T>(wanted: &Wanted, what: &str, matches: Vec<T>, id: impl Fn(&T) -> &str) -> Result<T> {
    let ids: Vec<&str> = matches.iter().map(&id).collect();
    match ids.as_slice() {
        [] => Err(wanted.missing(what)),
        [_] => Ok(matches.into_iter().next().expect("there is one")),
        several => Err(wanted.ambiguous(what, several)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bosh_cpi::GiB;

    fn offering(id: &str, zones: &[&str]) -> DiskOfferingRow {
        let zones = zones.iter().map(ToString::to_string).collect();
        DiskOfferingRow {
            id: id.into(),
            name: "fast".into(),
            custom: true,
            size: GiB(0),
            custom_iops: false,
            local: false,
            zones,
        }
    }

    fn in_zone(rows: Vec<DiskOfferingRow>, zone: &str) -> Result<String> {
        let found = Found { row: rows, key: String::new(), source: Source::Cloud };
        let wanted = Wanted::new("fast", "arguments[1].disk_offering");
        Ok(found.in_zone(&wanted, zone)?.id.clone())
    }

    /// Since 4.13 two offerings of one name may be bound to two zones.
    #[test]
    fn the_zone_tells_which_offering_is_meant() {
        let rows = || vec![offering("1", &["id-a", "a"]), offering("2", &["id-b", "b"])];
        assert_eq!(in_zone(rows(), "b").unwrap(), "2");
        assert_eq!(in_zone(rows(), "id-a").unwrap(), "1");
        assert!(in_zone(rows(), "c").unwrap_err().message.contains("no disk offering 'fast'"));
        assert_eq!(in_zone(vec![offering("3", &[])], "c").unwrap(), "3");
    }

    /// To take the wrong one is worse than to ask.
    #[test]
    fn two_of_one_name_are_refused_with_their_ids() {
        let error = in_zone(vec![offering("1", &[]), offering("2", &["a"])], "a").unwrap_err();
        for part in ["arguments[1].disk_offering", "'fast'", "1, 2"] {
            assert!(error.message.contains(part), "{error}");
        }
    }
}
