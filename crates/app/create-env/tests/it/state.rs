//! The state file: the CLI's bytes, kept whole, locked, and with a copy.

use bosh_cpi::{DiskCid, MiB, VmCid};
use create_env::State;
use create_env::state::{DiskRecord, StateError, StateFile, default_path, view};
use serde_json::{Map, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// As the CLI wrote it.
const WRITTEN_BY_THE_CLI: &str = r#"{
    "director_id": "c18c5c0c-1111-4c8a-9e1f-0123456789ab",
    "installation_id": "d91e5c0c-2222-4c8a-9e1f-0123456789ab",
    "current_vm_cid": "vm-b5671e6a",
    "current_stemcell_id": "222a5c0c-3333-4c8a-9e1f-0123456789ab",
    "current_disk_id": "6ee45c0c-4444-4c8a-9e1f-0123456789ab",
    "current_release_ids": [
        "3a495c0c-5555-4c8a-9e1f-0123456789ab"
    ],
    "current_manifest_sha": "9f0c",
    "disks": [
        {
            "id": "6ee45c0c-4444-4c8a-9e1f-0123456789ab",
            "cid": "disk-36f1",
            "size": 2048,
            "cloud_properties": {
                "note": "a \u003c b \u0026 c",
                "type": "fast"
            }
        }
    ],
    "stemcells": [
        {
            "id": "222a5c0c-3333-4c8a-9e1f-0123456789ab",
            "name": "toy-stemcell",
            "version": "1.2",
            "api_version": 3,
            "cid": "sc-3121"
        }
    ],
    "releases": [
        {
            "id": "3a495c0c-5555-4c8a-9e1f-0123456789ab",
            "name": "toy-cpi",
            "version": "0.0.3"
        }
    ]
}"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_file_of_the_cli_is_written_back_byte_by_byte() {
    let state = State::parse(WRITTEN_BY_THE_CLI.as_bytes()).unwrap();
    assert_eq!(state.current_disk().unwrap().cid.as_str(), "disk-36f1");
    assert_eq!(state.current_stemcell().unwrap().api_version, 3);
    assert_eq!(String::from_utf8(state.to_bytes().unwrap()).unwrap(), WRITTEN_BY_THE_CLI);
}

#[test]
fn the_file_of_an_environment_in_which_nothing_is_yet_is_read() {
    let text = r#"{"director_id":"c1","installation_id":"","current_vm_cid":"","current_stemcell_id":"",
        "current_disk_id":"","current_release_ids":null,"current_manifest_sha":"","disks":null,
        "stemcells":null,"releases":null}"#;
    let state = State::parse(text.as_bytes()).unwrap();
    assert!(state.is_empty());
    assert_eq!((state.current_vm_cid, state.current_manifest_sha), (None, None));
}

#[test]
fn fields_of_others_are_kept_and_records_without_a_cid_are_not() {
    let text = r#"{"director_id":"c1","x":{"y":[1]},"disks":[{"id":"d","cid":"disk-1","z":1},{}],
        "stemcells":[{"cid":""}]}"#;
    let state = State::parse(text.as_bytes()).unwrap();
    assert_eq!((state.disks.len(), state.stemcells.len()), (1, 0));
    assert_eq!(state.disks[0].size, MiB(0));
    let written: serde_json::Value = serde_json::from_slice(&state.to_bytes().unwrap()).unwrap();
    assert_eq!((&written["x"], &written["disks"][0]["z"]), (&json!({"y": [1]}), &json!(1)));
}

#[test]
fn a_save_replaces_the_file_keeps_the_one_before_and_is_the_owners_alone() {
    let folder = Folder::new();
    let path = folder.path("bosh-state.json");
    std::fs::write(&path, WRITTEN_BY_THE_CLI).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut file = StateFile::open(&path).unwrap();
    let mut state = file.load().unwrap().unwrap();
    let disk = DiskRecord::new(DiskCid::new("disk-2").unwrap(), MiB(1), Map::new());
    state.disks.push(disk);
    state.current_vm_cid = Some(VmCid::new("vm-2").unwrap());
    file.save(&state).unwrap();
    assert_eq!(view(&path).unwrap(), Some(state));
    assert_eq!(std::fs::read_to_string(file.copy_path()).unwrap(), WRITTEN_BY_THE_CLI);
    for path in [&path, &file.copy_path()] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    file.remove().unwrap();
    assert_eq!(folder.names(), Vec::<String>::new());
}

#[test]
fn one_run_at_a_time_works_on_an_environment() {
    let folder = Folder::new();
    let path = folder.path("bosh-state.json");
    let held = StateFile::open(&path).unwrap();
    match StateFile::open(&path) {
        Err(StateError::Locked { process, .. }) => assert_eq!(process, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
    drop(held);
    StateFile::open(&path).unwrap();
    assert_eq!(folder.names(), Vec::<String>::new());
}

#[test]
fn ids_are_made_and_saved_at_once() {
    let folder = Folder::new();
    let manifest = folder.path("bosh.yml");
    let path = default_path(&manifest);
    assert_eq!(path, folder.path("bosh-state.json"));
    let mut file = StateFile::open(&path).unwrap();
    let state = file.load_or_create(&manifest).unwrap();
    assert_eq!((state.director_id.len(), state.installation_id.len()), (36, 36));
    assert_eq!(view(&path).unwrap(), Some(state));
}

#[test]
fn the_state_of_the_ruby_tool_is_converted_and_its_file_removed() {
    let folder = Folder::new();
    let manifest = folder.path("bosh.yml");
    let legacy = folder.path("bosh-deployments.yml");
    std::fs::write(&legacy, "instances:\n- :vm_cid: vm-1\n  :disk_cid: disk-1\n").unwrap();
    let path = default_path(&manifest);
    let mut file = StateFile::open(&path).unwrap();
    let state = file.load_or_create(&manifest).unwrap();
    assert_eq!(state.current_vm_cid.as_ref().map(VmCid::as_str), Some("vm-1"));
    assert_eq!(view(&path).unwrap(), Some(state));
    assert!(!legacy.exists());
}

#[test]
fn a_file_that_is_not_a_state_is_an_error_that_names_it_and_its_copy() {
    let folder = Folder::new();
    let path = folder.path("bosh-state.json");
    for text in ["", "{", "[]", "{\"disks\":1}", "{\"director_id\":[]}"] {
        std::fs::write(&path, text).unwrap();
        let error = view(&path).unwrap_err().to_string();
        assert!(error.contains("bosh-state.json: not a valid state file"), "{error}");
    }
    std::fs::write(folder.path("bosh-state.json.bak"), "{}").unwrap();
    assert!(view(&path).unwrap_err().to_string().contains("bosh-state.json.bak is a copy"));
    assert_eq!(view(Path::new("/nowhere/at-all.json")).unwrap(), None);
}
