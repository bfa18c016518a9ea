//! `SoftLayer_Tag` and what bears it.

use crate::engine::Exception;
use crate::object_ref::Node;
use crate::state::Cloud;
use crate::state::account::Tag;
use serde_json::{Value, json};

pub fn read(cloud: &Cloud, tag: &Tag, name: &str) -> Node {
    match name {
        "id" => tag.id.into(),
        "accountId" => cloud.world.account.into(),
        "name" => tag.name.as_str().into(),
        "internal" => 0.into(),
        _ => json!(null).into(),
    }
}

/// What `setTags` is given, as names: they replace all that there were.
pub fn names(text: &str) -> Result<Vec<String>, Exception> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let fits = |c: char| c.is_alphanumeric() || " _-.:".contains(c);
        if !name.chars().all(fits) {
            return Err(Exception::public(format!(
                "Tag '{name}' contains invalid characters. Only alphanumeric characters, spaces, \
                 and the characters _ - . : are allowed."
            )));
        }
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

impl Cloud {
    /// The ids of tags of these names; what is missing is made.
    pub fn tags_named(&mut self, names: Vec<String>) -> Vec<u64> {
        names.into_iter().map(|name| self.tag_named(name)).collect()
    }

    fn tag_named(&mut self, name: String) -> u64 {
        let known = self.tags.values().find(|tag| tag.name.eq_ignore_ascii_case(&name));
        if let Some(known) = known {
            return known.id;
        }
        let id = self.new_id();
        self.tags.insert(id, Tag { id, name });
        id
    }

    /// Each tag that a resource bears, written out.
    pub fn tag_references(&self, tags: &[u64], resource: u64, kind: u64) -> Value {
        let known = tags.iter().filter_map(|id| self.tags.get(id));
        let reference = |tag: &Tag| {
            json!({
                "id": resource + tag.id,
                "resourceTableId": resource,
                "tagId": tag.id,
                "tagTypeId": kind,
                "usrRecordId": self.users.keys().next(),
                "tag": {
                    "id": tag.id, "accountId": self.world.account, "name": tag.name, "internal": 0,
                },
            })
        };
        known.map(reference).collect()
    }
}
