//! From the names that operators write to the ids that CloudStack wants.
//!
//! What was found is remembered for later processes (see [`cache`]). An id may go stale, so
//! whoever acts on a [`Found`] that was remembered, and is refused, forgets it and finds again.

mod cache;
mod find;
mod rows;

pub(crate) use cache::Cache;
pub(crate) use find::is_offered_in;
pub(crate) use rows::{DiskOfferingRow, NetworkRow, OfferingRow, TemplateRow, VmZoneRow, ZoneRow};

use bosh_cpi::{CpiError, Result};
use std::ops::Deref;

/// A name or an id as an operator wrote it, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The name or id.
    pub text: String,
    /// Its path: `arguments[2].compute_offering`.
    pub path: String,
}

impl Wanted {
    pub(crate) fn new(text: &str, path: impl Into<String>) -> Self {
        Self { text: text.to_owned(), path: path.into() }
    }

    /// Whether it is an id.
    pub(crate) fn is_id(&self) -> bool {
        is_id(&self.text)
    }

    fn missing(&self, what: &str) -> CpiError {
        CpiError::cloud(format!(
            "{}: no {what} '{}' in this cloud that this account may use",
            self.path, self.text
        ))
    }

    fn ambiguous(&self, what: &str, ids: &[&str]) -> CpiError {
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

/// The only one of `matches`, or an error that names the culprit.
fn only<T>(wanted: &Wanted, what: &str, matches: Vec<T>, id: impl Fn(&T) -> &str) -> Result<T> {
    let ids: Vec<&str> = matches.iter().map(&id).collect();
    match ids.as_slice() {
        [] => Err(wanted.missing(what)),
        [_] => Ok(matches.into_iter().next().expect("there is one")),
        several => Err(wanted.ambiguous(what, several)),
    }
}
