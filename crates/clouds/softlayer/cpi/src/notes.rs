//! The notes of volumes and snapshots: the name that an operation gave, what the director tells,
//! and whatever people wrote there, comma-separated.
//!
//! `disk-<mark>-<operation>,director:d1,deployment:cf`

use bosh_cpi::method::Hash;
use serde_json::Value;

/// The longest value that is written, in characters.
const LONGEST: usize = 100;

/// Notes, part by part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notes(Vec<String>);

impl Notes {
    /// Notes with a name of ours only.
    pub(crate) fn named(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// Reads notes; none are empty ones.
    pub(crate) fn read(text: Option<&str>) -> Self {
        let parts = text.unwrap_or_default().split(',').map(str::trim);
        Self(parts.filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an operation gave this name.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.0.iter().any(|part| part == name)
    }

    /// Every part that could be a name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|part| !part.contains(':'))
    }

    /// Whether a director has told something.
    pub(crate) fn is_tagged(&self) -> bool {
        self.0.iter().any(|part| part.starts_with("director:") || part.starts_with("deployment:"))
    }

    /// With what the director tells; what is there already under other keys stays.
    pub(crate) fn with(mut self, metadata: &Hash) -> Self {
        for (key, value) in metadata {
            let (key, value) = (clean(key), clean(&text(value)));
            if key.is_empty() || value.is_empty() {
                continue;
            }
            let new = format!("{key}:{value}");
            let old = self
                .0
                .iter_mut()
                .find(|part| part.split_once(':').is_some_and(|(there, _)| there.trim() == key));
            match old {
                Some(old) => *old = new,
                None => self.0.push(new),
            }
        }
        self
    }

    /// As they are written.
    pub(crate) fn text(&self) -> String {
        self.0.join(",")
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Commas and colons part the notes.
fn clean(text: &str) -> String {
    let part = |c: char| if matches!(c, ',' | ':') { '-' } else { c };
    let kept = text.chars().filter(|c| !c.is_control()).map(part);
    kept.take(LONGEST).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The name is what makes a disk ours: a director that tags it must never wipe it out.
    #[test]
    fn what_the_director_tells_is_merged() {
        let notes = Notes::read(Some("disk-1, director:old ,by hand"));
        let told = json!({"director": "d:1", "index": 0, "": "x", "none": null});
        let notes = notes.with(told.as_object().unwrap());
        assert_eq!(notes.text(), "disk-1,director:d-1,by hand,index:0");
        assert!(notes.has_name("disk-1") && notes.is_tagged());
        assert_eq!(notes.names().collect::<Vec<_>>(), ["disk-1", "by hand"]);
        assert!(Notes::read(Some(" ")).is_empty() && !Notes::named("disk-1").is_tagged());
    }
}
