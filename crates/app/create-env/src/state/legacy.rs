//! `bosh-deployments.yml`: the state file of the Ruby tool, `bosh micro`.

use super::{DiskRecord, State, StemcellRecord, new_id};
use bosh_cpi::{DiskCid, MiB, StemcellCid, VmCid};
use bosh_manifest::{Value, yaml};
use serde_json::Map;
use thiserror::Error;

/// The file's name; it lies beside the manifest.
pub const LEGACY_FILE: &str = "bosh-deployments.yml";

/// What the Ruby tool names a stemcell of which it knows no name.
const UNKNOWN_STEMCELL: &str = "unknown-stemcell";

/// A legacy state file that cannot be converted.
#[derive(Debug, Error)]
pub enum LegacyError {
    /// It is not YAML.
    #[error("not valid YAML: {0}")]
    Yaml(#[from] yaml::YamlError),
    /// It is YAML, but holds something else.
    #[error("not a state file of `bosh micro`: {0}")]
    Invalid(&'static str),
}

/// Converts the state of the Ruby tool: of its first instance, as the CLI does.
///
/// The stemcell's version is not known, so that it never counts as the manifest's.
pub fn from_legacy(text: &str) -> Result<State, LegacyError> {
    let document = yaml::parse(text)?;
    let instances = field(&document, "instances");
    let instance = match instances {
        None | Some(Value::Null) => None,
        Some(Value::List(instances)) => instances.first(),
        Some(_) => return Err(LegacyError::Invalid("instances must be a list")),
    };
    let text = |name| -> Option<String> {
        let text = field(instance?, name)?.scalar_text()?;
        Some(text).filter(|text| !text.is_empty() && text != "null")
    };
    let mut state = State {
        director_id: text("uuid").unwrap_or_else(new_id),
        current_vm_cid: text("vm_cid").and_then(|cid| VmCid::new(cid).ok()),
        ..State::default()
    };
    if let Some(cid) = text("disk_cid").and_then(|cid| DiskCid::new(cid).ok()) {
        let disk = DiskRecord::new(cid, MiB(0), Map::new());
        state.current_disk_id = Some(disk.id.clone());
        state.disks.push(disk);
    }
    if let Some(cid) = text("stemcell_cid").and_then(|cid| StemcellCid::new(cid).ok()) {
        let name = text("stemcell_name").unwrap_or_else(|| UNKNOWN_STEMCELL.to_owned());
        state.stemcells.push(StemcellRecord::new(cid, &name, "", 0));
    }
    Ok(state)
}

/// Ruby writes symbols as keys: with a colon before them.
fn field<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| map.get(&format!(":{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_instance_becomes_vm_disk_and_stemcell() {
        let state = from_legacy(
            "---\ninstances:\n- :id: 1\n  :name: micro\n  :uuid: bm-5480\n  :stemcell_cid: sc-1\n  \
             :stemcell_name: \n  :vm_cid: vm-1\n  :disk_cid: 42\n",
        )
        .unwrap();
        assert_eq!(state.director_id, "bm-5480");
        assert_eq!(state.current_vm_cid.as_ref().map(VmCid::as_str), Some("vm-1"));
        assert_eq!(
            state.current_disk().map(|disk| (disk.cid.as_str(), disk.size)),
            Some(("42", MiB(0)))
        );
        assert_eq!(state.stemcells[0].name, "unknown-stemcell");
        assert!(state.current_stemcell_id.is_none());
    }

    #[test]
    fn an_empty_file_is_an_environment_with_nothing_in_it() {
        assert!(from_legacy("--- {}\n").unwrap().is_empty());
    }
}
