//! The binary as a release has it: without the lab.

use std::process::Command;

/// A director starts what is there; who types a command of the lab learns where it is.
#[test]
fn the_commands_of_the_lab_are_not_there() {
    for name in ["demo", "sim", "torture", "conformance", "rehearse"] {
        let output = Command::new(env!("CARGO_BIN_EXE_cpi")).arg(name).output().expect("started");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {stderr}");
        assert!(stderr.contains("not part of this build"), "{name}: {stderr}");
    }
}
