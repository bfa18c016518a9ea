//! Any bytes as a disk image: it is inspected, converted to every format, and patched.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stemcell::{AgentSettings, Target, UnpackOptions, convert, inspect, patch};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
    let image = folder.path().join("image");
    std::fs::write(&image, bytes).expect("written");
    let _ = inspect(&image, folder.path(), &UnpackOptions::default(), &mut |_| ());
    for target in [Target::Raw, Target::Qcow2, Target::VhdDynamic, Target::VhdFixed] {
        let to = folder.path().join("converted");
        match convert(&image, &to, target, &mut |_| ()) {
            Ok(()) => {
                // A disk that is written as it is may be known by nothing.
                if matches!(target, Target::Qcow2 | Target::VhdDynamic) {
                    assert_eq!(stemcell::disk_size(&to).ok(), stemcell::disk_size(&image).ok());
                }
                std::fs::remove_file(&to).expect("it is there");
            }
            Err(_) => assert!(!to.exists(), "half an output"),
        }
    }
    let _ = patch(&image, &AgentSettings::CloudStack);
});
