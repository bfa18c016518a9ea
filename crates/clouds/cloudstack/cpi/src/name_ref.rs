//! Names and ids as operators write them, and what they stand for once they are looked up.
//!
//! What was found is remembered for later processes (see [`cpi_kit::Cache`]). An id may go stale,
//! so whoever acts on a [`Found`] that was remembered, and is refused, forgets it and finds again.

use bosh_cpi::{CpiError, Result};
use cpi_kit::Cacheable;
use std::ops::Deref;

/// A name or an id as an operator wrote it, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameRef {
    /// The name or id.
    pub text: String,
    /// Its path: `arguments[2].compute_offering`.
    pub path: String,
    /// What the text is of what is wanted.
    pub by: LookupBy,
}

/// By what something is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookupBy {
    /// Its name or id.
    Name,
    /// Storage tags that it has, comma-separated.
    Tags,
}

/// A network as an operator named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetworkRef {
    /// Its name or id.
    pub network: NameRef,
    /// The VPC, by name or id, whose tier it is.
    pub vpc: Option<String>,
}

impl NetworkRef {
    /// Where it is looked for, in the cache's words.
    pub(crate) fn place(&self, zone: &NameRef) -> String {
        match &self.vpc {
            Some(vpc) => format!("{} {vpc}", zone.text),
            None => zone.text.clone(),
        }
    }
}

impl NameRef {
    pub(crate) fn new(text: &str, path: impl Into<String>) -> Self {
        Self { text: text.to_owned(), path: path.into(), by: LookupBy::Name }
    }

    /// What has all of these storage tags.
    pub(crate) fn tagged(tags: &[String], path: impl Into<String>) -> Self {
        Self { text: tags.join(","), path: path.into(), by: LookupBy::Tags }
    }

    /// Whether it is an id.
    pub(crate) fn is_id(&self) -> bool {
        self.by == LookupBy::Name && is_id(&self.text)
    }

    /// The text as the filters of a list: (id, name).
    pub(crate) fn as_filter(&self) -> (Option<String>, Option<String>) {
        let text = Some(self.text.clone());
        if self.is_id() { (text, None) } else { (None, text) }
    }

    /// Whether this is what was asked for. CloudStack's filter by name ignores case.
    pub(crate) fn matches(&self, id: &str, name: &str) -> bool {
        self.text == id || self.text == name
    }

    /// Nothing of this name was found.
    pub(crate) fn not_found(&self, what: &str) -> CpiError {
        if self.by == LookupBy::Tags {
            return CpiError::cloud(format!(
                "{}: no custom {what} with the storage tags '{}' found for this account; name one \
                 of a fixed size by its name",
                self.path, self.text
            ));
        }
        CpiError::cloud(format!("{}: {what} '{}' not found for this account", self.path, self.text))
    }

    fn ambiguous(&self, what: &str, ids: &[&str]) -> CpiError {
        if self.by == LookupBy::Tags {
            return CpiError::cloud(format!(
                "{}: more than one custom {what} has the storage tags '{}': add tags, or name one \
                 by its name or id ({})",
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
    facts: T,
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
    Literal,
}

impl<T> Deref for Found<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.facts
    }
}

impl<T> Found<T> {
    /// What an operator wrote as an id, which needs no lookup.
    pub(crate) fn literal(facts: T) -> Self {
        Self { facts, key: String::new(), source: Source::Literal }
    }

    /// What the cloud has just told, and its key in the cache.
    pub(crate) fn from_cloud(facts: T, key: String) -> Self {
        Self { facts, key, source: Source::Cloud }
    }

    /// What an earlier call has found, and its key in the cache.
    pub(crate) fn from_cache(facts: T, key: String) -> Self {
        Self { facts, key, source: Source::Cache }
    }

    /// The same source, other facts.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        Found { facts: change(self.facts), key: self.key, source: self.source }
    }

    /// The same source, other facts, or an error.
    pub(crate) fn try_map<U>(self, change: impl FnOnce(T) -> Result<U>) -> Result<Found<U>> {
        Ok(Found { facts: change(self.facts)?, key: self.key, source: self.source })
    }

    /// Its key in the cache, if that is where it comes from: it may be stale.
    pub(crate) fn remembered(&self) -> Option<&str> {
        (self.source == Source::Cache).then_some(self.key.as_str())
    }
}

/// The key of facts in the cache.
pub(crate) fn cache_key<T: Cacheable>(name: &NameRef, zone: &str) -> String {
    format!("{}\n{zone}\n{}", T::NOUN, name.text)
}

/// The only one of `matches`, or an error that names the culprit.
pub(crate) fn only<T>(
    name: &NameRef,
    what: &str,
    mut matches: Vec<T>,
    id: impl Fn(&T) -> &str,
) -> Result<T> {
    if matches.len() > 1 {
        let ids: Vec<&str> = matches.iter().map(&id).collect();
        return Err(name.ambiguous(what, &ids));
    }
    matches.pop().ok_or_else(|| name.not_found(what))
}
