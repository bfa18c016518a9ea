//! The same calls to a real `bosh int`.

use super::case::{Case, cases};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The CLI that `BOSH_CLI` names.
pub fn bosh() -> Option<PathBuf> {
    let path = std::env::var_os("BOSH_CLI").map(PathBuf::from);
    if path.is_none() {
        eprintln!("skipped: BOSH_CLI names no bosh to compare with");
    }
    path
}

/// What the CLI does: the bytes that it writes, or its error.
pub fn run(bosh: &Path, case: &Case) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut command = Command::new(bosh);
    command.env_clear().env("HOME", folder.path()).current_dir(folder.path());
    command.arg("int").arg(file("in.yml", &case.document));
    for (index, text) in case.operations.iter().enumerate() {
        command.arg("-o").arg(file(&format!("ops-{index}.yml"), text));
    }
    for prefix in &case.prefixes {
        command.arg("--vars-env").arg(prefix);
    }
    command.envs(case.environment.iter().map(|(name, value)| (name, value)));
    for (index, text) in case.vars_files.iter().enumerate() {
        command.arg("-l").arg(file(&format!("vars-{index}.yml"), text));
    }
    for (index, (name, text)) in case.var_files.iter().enumerate() {
        let path = file(&format!("var-{index}"), text);
        command.arg("--var-file").arg(format!("{name}={}", path.display()));
    }
    for text in &case.vars {
        command.arg("-v").arg(text);
    }
    if let Some(text) = &case.store {
        command.arg("--vars-store").arg(file("store.yml", text));
    }
    if let Some(path) = &case.path {
        command.arg(format!("--path={path}"));
    }
    for (flag, wanted) in [("--var-errs", case.missing), ("--var-errs-unused", case.unused)] {
        if wanted {
            command.arg(flag);
        }
    }
    let output = command.output().unwrap();
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// How the library and the CLI differ, if they do. Errors are worded by each in its own way.
pub fn difference(bosh: &Path, case: &Case) -> Option<String> {
    let (ours, theirs) = (case.run(), run(bosh, case));
    let same = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => ours.as_bytes() == theirs,
        (Err(_), Err(_)) => true,
        _ => false,
    };
    let theirs = theirs.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (!same).then(|| format!("{}:\n  ours {ours:?}\n  theirs {theirs:?}\n  {case:?}", case.name))
}

/// The table is the CLI's, but where it says that it differs.
#[test]
fn the_cli_does_what_the_table_says() {
    let Some(bosh) = bosh() else { return };
    let differences: Vec<String> = cases()
        .iter()
        .filter(|case| case.differs.is_none())
        .filter_map(|case| difference(&bosh, case))
        .collect();
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}
