//! What the director tells about a VM, as SoftLayer's tags: `key:value`, joined by commas.
//!
//! `setTags` replaces all tags, so that those of others are written again.

use bosh_cpi::method::Hash;
use serde_json::Value;

/// The longest tag, in characters; SoftLayer's limit is not documented, and this was taken.
const LONGEST: usize = 255;

/// The tags to write so that a thing with the tags `there` has the metadata too; None if it has.
pub(crate) fn merged(there: &[String], metadata: &Hash) -> Option<String> {
    let wanted = from_metadata(metadata);
    let key = |tag: &str| tag.split_once(':').map(|(key, _)| key.trim().to_lowercase());
    let ours: Vec<_> = wanted.iter().filter_map(|tag| key(tag)).collect();
    let foreign = there.iter().filter(|tag| key(tag).is_none_or(|key| !ours.contains(&key)));
    let mut all: Vec<String> = foreign.cloned().collect();
    all.extend(wanted);
    let same = all.len() == there.len() && all.iter().all(|tag| there.contains(tag));
    (!same).then(|| all.join(","))
}

/// `key:value` of each entry that leaves something; of two keys that differ in case only the last.
fn from_metadata(metadata: &Hash) -> Vec<String> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for (key, value) in metadata {
        let (key, value) = (clean(key), clean(&text(value)));
        if key.is_empty() || value.is_empty() {
            continue;
        }
        tags.retain(|(known, _)| !known.eq_ignore_ascii_case(&key));
        tags.push((key, value));
    }
    let tag = |(key, value)| format!("{key}:{value}").chars().take(LONGEST).collect();
    tags.into_iter().map(tag).collect()
}

/// What people see of a VM: `name`, or `job/index` of the oldest directors.
pub(crate) fn display_name(metadata: &Hash) -> Option<String> {
    let part = |key: &str| metadata.get(key).map(text).filter(|text| !text.is_empty());
    part("name").or_else(|| Some(format!("{}/{}", part("job")?, part("index")?)))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// SoftLayer takes letters, digits, `_`, `-`, `.` and spaces; a slash, as in `job/id`, becomes a
/// hyphen, as a colon does.
fn clean(text: &str) -> String {
    let kept = text.trim().chars().filter_map(|c| match c {
        ':' | '/' => Some('-'),
        c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ') => Some(c),
        _ => None,
    });
    kept.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merge(there: &[&str], metadata: Value) -> Option<String> {
        let there: Vec<String> = there.iter().map(ToString::to_string).collect();
        merged(&there, metadata.as_object().unwrap())
    }

    /// The Go release wiped the tags of operators.
    #[test]
    fn tags_of_others_stay() {
        let metadata = json!({"director": "d1", "index": 0, "job": "router"});
        assert_eq!(
            merge(&["costs", "owner:me", "index:7"], metadata.clone()).unwrap(),
            "costs,owner:me,director:d1,index:0,job:router"
        );
        assert_eq!(merge(&["index:0", "job:router", "director:d1", "x"], metadata), None);
    }

    /// One bad tag fails them all.
    #[test]
    fn only_what_softlayer_takes_is_written() {
        let metadata = json!({"name": "router/1f-2", "a,b": "x:y,z", "empty": "", "none": null,
            "JOB": "one", "job": "two", "ünï": "ç", "long": "y".repeat(300)});
        let tags = merge(&[], metadata).unwrap();
        let tags: Vec<_> = tags.split(',').collect();
        assert_eq!(tags[..3], ["name:router-1f-2", "ab:x-yz", "job:two"]);
        assert_eq!((tags.len(), tags[3].len()), (4, 255));
    }

    #[test]
    fn the_display_name_follows_the_instance() {
        let name = |metadata: Value| display_name(metadata.as_object().unwrap());
        assert_eq!(name(json!({"name": "router/1f"})), Some("router/1f".into()));
        assert_eq!(name(json!({"job": "router", "index": 3})), Some("router/3".into()));
        assert_eq!(name(json!({"deployment": "cf", "name": ""})), None);
    }
}
