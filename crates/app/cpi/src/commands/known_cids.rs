//! The CIDs that a director knows, from what `bosh vms` and its like print.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What stands in files of `cpi gc --keep`.
pub struct KnownCids {
    /// Every word that may be a CID: one too many keeps a thing, one too few deletes it.
    pub cids: BTreeSet<String>,
    files: String,
}

impl KnownCids {
    /// Reads `files`; None if there are none.
    ///
    /// # Errors
    /// A file that cannot be read, is broken JSON, or holds nothing.
    pub fn read(files: &[PathBuf]) -> Result<Option<KnownCids>> {
        let mut cids = BTreeSet::new();
        for path in files {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
            let before = cids.len();
            collect(&text, &mut cids).with_context(|| name.clone())?;
            if cids.len() == before {
                bail!("{name}: no CIDs in it");
            }
        }
        let names: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
        Ok((!files.is_empty()).then(|| KnownCids { cids, files: names.join(", ") }))
    }

    /// Makes sure that the files are about these things: of another director, or of another
    /// form, they would name none of them, and all would go.
    ///
    /// # Errors
    /// Not one of `found` is in the files.
    pub fn require_match<'a>(&self, found: impl Iterator<Item = &'a str>) -> Result<()> {
        let found: Vec<_> = found.collect();
        if found.is_empty() || found.iter().any(|cid| self.cids.contains(*cid)) {
            return Ok(());
        }
        bail!(
            "--keep {}: names none of the {} things here that bear the director's mark, such as \
             {}; is it the output of `bosh vms --json` of this director?",
            self.files,
            found.len(),
            found[0]
        )
    }
}

fn collect(text: &str, cids: &mut BTreeSet<String>) -> Result<()> {
    if text.trim_start().starts_with(['{', '[']) {
        collect_json(&serde_json::from_str(text).context("is not valid JSON")?, cids);
    } else {
        collect_words(text, cids);
    }
    Ok(())
}

/// The texts of values; a disk's CIDs stand in one text, with line ends between them.
fn collect_json(value: &Value, cids: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.values().for_each(|value| collect_json(value, cids)),
        Value::Array(list) => list.iter().for_each(|value| collect_json(value, cids)),
        Value::String(text) => collect_words(text, cids),
        Value::Number(number) => {
            cids.insert(number.to_string());
        }
        Value::Bool(_) | Value::Null => {}
    }
}

fn collect_words(text: &str, cids: &mut BTreeSet<String>) {
    let words = text.split([' ', '\t', '\r', '\n', ',', ';', '|', '"', '\'']);
    cids.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    const VM: &str = "0b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a111";
    const DISK: &str = "1b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a112";

    fn read(text: &str) -> Result<Option<KnownCids>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        KnownCids::read(&[file.path().to_owned()])
    }

    /// What was read as a list of CIDs once matched nothing, and the live VMs went.
    #[test]
    fn cids_are_found_in_whatever_bosh_prints() {
        let json = format!(
            r#"{{"Tables": [{{"Content": "vms", "Header": {{"vm_cid": "VM CID"}}, "Rows": [
                {{"instance": "db/0", "vm_cid": "{VM}", "disk_cids": "{DISK}\nx"}}]}}], "Lines": []}}"#
        );
        let table = format!("Instance  VM CID  Disk CIDs\ndb/0\trunning\t{VM}  {DISK}\n");
        let list = format!("{VM}\n{DISK}\n");
        for text in [json, table, list, format!("[\"{VM}\", \"{DISK}\"]")] {
            let known = read(&text).unwrap().unwrap();
            assert!(known.cids.contains(VM) && known.cids.contains(DISK), "{text}");
            known.require_match([VM, "other"].into_iter()).unwrap();
        }
        assert!(
            read("[1093, 7]").unwrap().unwrap().cids.contains("1093"),
            "SoftLayer's are numbers"
        );
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for (text, expected) in [("", "no CIDs"), ("{", "not valid JSON"), ("{}", "no CIDs")] {
            let Err(error) = read(text) else { panic!("{text} was taken") };
            assert!(format!("{error:#}").contains(expected), "{text}: {error:#}");
        }
        let known = read("of-another-director").unwrap().unwrap();
        let error = known.require_match([VM].into_iter()).unwrap_err().to_string();
        assert!(error.contains("names none of the 1 things"), "{error}");
        known.require_match([].into_iter()).unwrap();
        assert!(KnownCids::read(&[]).unwrap().is_none());
    }
}
