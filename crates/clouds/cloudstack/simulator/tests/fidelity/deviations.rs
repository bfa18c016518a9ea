//! The deviations we know of, by name and with a reason: `deviations.yaml`.

use crate::compare::Difference;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the file holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviations {
    fields: Vec<FieldDeviation>,
    lines: Vec<LineDeviation>,
    #[serde(skip)]
    seen: BTreeMap<String, usize>,
}

/// Fields that are compared nowhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldDeviation {
    name: String,
    reason: String,
    fields: Vec<String>,
}

/// Lines whose differences are known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineDeviation {
    name: String,
    reason: String,
    transcript: String,
    lines: Vec<usize>,
    /// Only the differences whose path contains one of these; all where it is empty.
    #[serde(default)]
    paths: Vec<String>,
    /// Sent, but neither compared nor counted.
    #[serde(default)]
    left_out: bool,
}

/// What is to be thought of the differences of one line.
#[derive(Debug)]
pub enum Verdict {
    /// There are none that count.
    Agrees,
    /// It is not counted.
    LeftOut,
    /// All are listed, under these names.
    Listed(Vec<String>),
    /// These are not listed.
    Unlisted(Vec<Difference>),
}

impl Deviations {
    /// Reads the file.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("the list of deviations is there");
        let deviations: Self = serde_saphyr::from_str(&text).expect("deviations.yaml is valid");
        for reason in deviations.reasons() {
            assert!(!reason.1.trim().is_empty(), "the deviation {} gives no reason", reason.0);
        }
        deviations
    }

    /// Judges the differences of one line.
    pub fn judge(&mut self, transcript: &str, line: usize, all: Vec<Difference>) -> Verdict {
        let (free, left): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|one| self.free(one).is_some());
        let free: BTreeSet<String> = free.iter().filter_map(|one| self.free(one)).collect();
        free.into_iter().for_each(|name| *self.seen.entry(name).or_default() += 1);
        let here: Vec<&LineDeviation> = self
            .lines
            .iter()
            .filter(|known| transcript.contains(&known.transcript) && known.lines.contains(&line))
            .collect();
        if let Some(known) = here.iter().find(|known| known.left_out) {
            if !left.is_empty() {
                *self.seen.entry(known.name.clone()).or_default() += 1;
            }
            return Verdict::LeftOut;
        }
        if left.is_empty() {
            return Verdict::Agrees;
        }
        let mut names = BTreeSet::new();
        let mut unlisted = Vec::new();
        for difference in left {
            match here.iter().find(|known| known.covers(&difference)) {
                Some(known) => drop(names.insert(known.name.clone())),
                None => unlisted.push(difference),
            }
        }
        names.iter().for_each(|name| *self.seen.entry(name.clone()).or_default() += 1);
        if unlisted.is_empty() {
            Verdict::Listed(names.into_iter().collect())
        } else {
            Verdict::Unlisted(unlisted)
        }
    }

    /// How many lines each of the list was seen in.
    pub fn seen(&self) -> &BTreeMap<String, usize> {
        &self.seen
    }

    /// Those on the list that did not occur though their transcript was replayed.
    pub fn gone(&self, replayed: &[String]) -> Vec<String> {
        let lines = self
            .lines
            .iter()
            .filter(|known| replayed.iter().any(|name| name.contains(&known.transcript)))
            .map(|known| &known.name);
        let fields = self.fields.iter().map(|known| &known.name);
        lines.chain(fields).filter(|name| !self.seen.contains_key(*name)).cloned().collect()
    }

    /// The name under which a field is compared nowhere.
    fn free(&self, difference: &Difference) -> Option<String> {
        let has = |field: &String| difference.path.split('.').any(|part| part == field);
        let known = self.fields.iter().find(|known| known.fields.iter().any(has));
        known.map(|known| known.name.clone())
    }

    fn reasons(&self) -> Vec<(&str, &str)> {
        let fields = self.fields.iter().map(|known| (known.name.as_str(), known.reason.as_str()));
        let lines = self.lines.iter().map(|known| (known.name.as_str(), known.reason.as_str()));
        fields.chain(lines).collect()
    }
}

impl LineDeviation {
    fn covers(&self, difference: &Difference) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|part| difference.path.contains(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Deviations {
        let text = "{fields: [{name: f, reason: r, fields: [cpu]}], \
                     lines: [{name: l, reason: r, transcript: walk, lines: [3], paths: [state]}]}";
        serde_saphyr::from_str(text).expect("the list is valid")
    }

    fn differs(path: &str) -> Vec<Difference> {
        vec![Difference { path: path.to_owned(), text: String::new() }]
    }

    /// Only what is listed passes, and what is listed has to occur.
    #[test]
    fn only_what_is_listed_passes() {
        let mut known = known();
        assert!(matches!(known.judge("walk", 3, Vec::new()), Verdict::Agrees));
        assert!(matches!(known.judge("walk", 3, differs("vm.size")), Verdict::Unlisted(_)));
        assert!(matches!(known.judge("walk", 4, differs("vm.state")), Verdict::Unlisted(_)));
        assert!(matches!(known.judge("other", 3, differs("vm.state")), Verdict::Unlisted(_)));
        assert_eq!(known.gone(&["walk".to_owned()]), ["l", "f"]);
        assert!(matches!(known.judge("walk", 3, differs("vm.state")), Verdict::Listed(_)));
        assert!(matches!(known.judge("walk", 9, differs("vm.cpu")), Verdict::Agrees));
        assert!(known.gone(&["walk".to_owned()]).is_empty());
        assert!(known.gone(&["other".to_owned()]).is_empty());
    }
}
