//! What the director tells about a VM, disk or snapshot, as CloudStack's tags.

use bosh_cpi::method::Hash;
use cloudstack::api::{Tag, TagKey, TagPair};
use serde_json::Value;

/// The longest key and the longest value, in characters (`resource_tags` of CloudStack's
/// schema: 255 each).
const LONGEST: usize = 255;

/// Tags that can be written: text, no empties, no two keys that differ in case only (to
/// CloudStack they are the same), trimmed to what fits.
pub(crate) fn from_metadata(metadata: &Hash) -> Vec<TagPair> {
    let mut tags: Vec<TagPair> = Vec::new();
    for (key, value) in metadata {
        let (key, value) = (clean(key), clean(&text(value)));
        if key.is_empty() || value.is_empty() {
            continue;
        }
        match tags.iter_mut().find(|tag| same(&tag.key, &key)) {
            Some(tag) => *tag = TagPair { key, value },
            None => tags.push(TagPair { key, value }),
        }
    }
    tags
}

/// What has to be written so that a resource with the tags `there` has those `wanted` too.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Difference {
    /// Keys whose value changes: there is no upsert, so they go first.
    pub stale: Vec<TagKey>,
    /// Tags to write.
    pub new: Vec<TagPair>,
}

/// Compares; foreign tags are left alone.
pub(crate) fn difference(there: &[Tag], wanted: Vec<TagPair>) -> Difference {
    let mut difference = Difference::default();
    for tag in wanted {
        match there.iter().find(|old| same(&old.key, &tag.key)) {
            Some(old) if old.value == tag.value && old.key == tag.key => {}
            Some(old) => {
                difference.stale.push(TagKey { key: old.key.clone() });
                difference.new.push(tag);
            }
            None => difference.new.push(tag),
        }
    }
    difference
}

/// The name that people see, from what the director tells: `name`, or `job/index` of the
/// oldest directors.
pub(crate) fn display_name(metadata: &Hash) -> Option<String> {
    let part = |key: &str| metadata.get(key).map(|value| clean(&text(value)));
    let filled = |name: String| (!name.is_empty()).then_some(name);
    part("name").and_then(filled).or_else(|| {
        let (job, index) = (part("job").and_then(filled)?, part("index").and_then(filled)?);
        Some(clean(&format!("{job}/{index}")))
    })
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// CloudStack refuses control characters, and keeps three bytes of a character at most.
fn clean(text: &str) -> String {
    let keep = |c: &char| !c.is_control() && *c <= '\u{ffff}';
    text.trim().chars().filter(keep).take(LONGEST).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pairs(metadata: Value) -> Vec<(String, String)> {
        let tags = from_metadata(metadata.as_object().unwrap());
        tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
    }

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.into(), value: value.into(), ..Tag::default() }
    }

    /// One empty value, or one key twice, would fail the whole call.
    #[test]
    fn metadata_becomes_tags_that_can_be_written() {
        let metadata = json!({
            "index": 0, "bootstrap": true, "job": "router", "empty": "", "none": null, " ": "x",
            "JOB": "diego", "tab": "a\tb", "long": "ü".repeat(300), "list": ["a", 1],
        });
        assert_eq!(
            pairs(metadata),
            [
                ("index".into(), "0".into()),
                ("bootstrap".into(), "true".into()),
                ("JOB".into(), "diego".into()),
                ("tab".into(), "ab".into()),
                ("long".into(), "ü".repeat(255)),
                ("list".into(), r#"["a",1]"#.into()),
            ]
        );
    }

    /// Writing what is there already fails, deleting what is not there fails too.
    #[test]
    fn only_the_difference_is_written() {
        let there = [tag("director", "d"), tag("Index", "1"), tag("foreign", "x")];
        let wanted = json!({"director": "d", "index": "2", "name": "a/0"});
        let difference = difference(&there, from_metadata(wanted.as_object().unwrap()));
        assert_eq!(difference.stale, [TagKey { key: "Index".into() }]);
        let new: Vec<_> = difference.new.iter().map(|tag| tag.key.as_str()).collect();
        assert_eq!(new, ["index", "name"]);
    }

    #[test]
    fn the_display_name_follows_the_instance() {
        let name = |metadata: Value| display_name(metadata.as_object().unwrap());
        assert_eq!(name(json!({"name": "router/1f"})), Some("router/1f".into()));
        assert_eq!(name(json!({"job": "router", "index": 3})), Some("router/3".into()));
        assert_eq!(name(json!({"deployment": "cf", "name": ""})), None);
    }
}
