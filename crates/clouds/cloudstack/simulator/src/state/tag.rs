//! Tags.

use super::Cloud;
use std::collections::HashSet;

/// A tag on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// `UserVm`, `Volume` …
    pub kind: String,
    /// The resource.
    pub resource: String,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The account that owns the resource.
    pub owner: String,
}

impl Cloud {
    /// The tags of a resource.
    pub fn tags_of(&self, resource: &str) -> impl Iterator<Item = &Tag> {
        self.tags.iter().filter(move |tag| tag.resource == resource)
    }

    /// Forgets the tags of a resource that is no more.
    pub fn drop_tags(&mut self, resource: &str) {
        self.tags.retain(|tag| tag.resource != resource);
    }

    /// The resources that have one of these tags; None where none is wanted.
    pub fn tagged(&self, wanted: &[(String, Option<String>)]) -> Option<HashSet<&str>> {
        if wanted.is_empty() {
            return None;
        }
        let fits = |tag: &&Tag| {
            wanted.iter().any(|(key, value)| {
                tag.key.eq_ignore_ascii_case(key)
                    && value.as_ref().is_none_or(|value| tag.value.eq_ignore_ascii_case(value))
            })
        };
        Some(self.tags.iter().filter(fits).map(|tag| tag.resource.as_str()).collect())
    }

    /// Whether a resource has one of these tags: CloudStack joins the wanted ones with OR and
    /// compares without case.
    pub fn has_any_tag(&self, resource: &str, wanted: &[(String, Option<String>)]) -> bool {
        wanted.is_empty()
            || self.tags_of(resource).any(|tag| {
                wanted.iter().any(|(key, value)| {
                    tag.key.eq_ignore_ascii_case(key)
                        && value.as_ref().is_none_or(|value| tag.value.eq_ignore_ascii_case(value))
                })
            })
    }
}
