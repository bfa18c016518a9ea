//! The tarball itself, with a program in the place of the CPI that answers `info`.

use std::path::{Path, PathBuf};
use std::process::Command;
use xtask::archive::{self, Files, plain};
use xtask::release::{NAME, Release};
use xtask::{check, root};

/// A program that answers as a CPI does, as long as it is given a config, and that checks an
/// image server's settings as far as a shell can.
fn stand_in() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("cpi");
    let script = "#!/bin/sh\n[ \"$1 $2\" = 'images serve' ] && exec test -d \"$4\"\n\
                  [ \"$1\" = --config ] && grep -q '\"cloud\"' \"$2\" || exit 1\n\
                  echo '{\"result\": {\"api_version\": 2}, \"error\": null, \"log\": \"\"}'\n";
    std::fs::write(&program, script).unwrap();
    (dir, program)
}

fn tarball() -> Vec<u8> {
    let (_dir, program) = stand_in();
    Release::read(&root(), &program, "1.2.3").unwrap().tarball().unwrap()
}

/// Whoever makes a release again can compare it with ours.
#[test]
fn the_same_input_gives_the_same_bytes() {
    assert!(tarball() == tarball(), "two tarballs differ");
}

/// Runs git in a folder, as nobody in particular.
fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The manifest says of which commit a release is made, and whether of more than that.
#[test]
fn the_commit_and_changes_since_are_told() {
    if Command::new("git").arg("--version").output().is_err() {
        test_support::skip("git is not installed (Debian's package 'git')");
        return;
    }
    let (_dir, program) = stand_in();
    let home = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(root().join("release")).arg(home.path()).status();
    assert!(copied.unwrap().success());
    let manifest = || {
        let tarball = Release::read(home.path(), &program, "1").unwrap().tarball().unwrap();
        let files = archive::unpack(&tarball).unwrap();
        String::from_utf8(files["release.MF"].bytes.clone()).unwrap()
    };
    let says = |commit: &str, changed: bool| {
        let manifest = manifest();
        let line = format!("commit_hash: \"{commit}\"\nuncommitted_changes: {changed}\n");
        assert!(manifest.contains(&line), "{manifest}");
    };
    says("unknown", true);
    git(home.path(), &["init", "-q"]);
    git(home.path(), &["add", "."]);
    git(home.path(), &["commit", "-q", "-m", "all"]);
    let commit = git(home.path(), &["rev-parse", "--short=12", "HEAD"]);
    says(&commit, false);
    std::fs::write(home.path().join("release/jobs/cloudstack_cpi/monit"), "# changed\n").unwrap();
    says(&commit, true);
}

#[test]
fn a_good_tarball_passes() {
    let done = check::tarball(&tarball()).unwrap();
    assert_eq!(done[0], format!("{NAME} 1.2.3"));
}

/// Takes a good tarball apart, lets `change` at it, and expects an error that says `expected`.
fn refused(change: impl Fn(&mut Files), expected: &str) {
    let mut files = archive::unpack(&tarball()).unwrap();
    change(&mut files);
    let error = check::tarball(&archive::pack(&files).unwrap()).unwrap_err();
    assert!(format!("{error:#}").contains(expected), "{error:#}");
}

#[test]
fn a_part_that_is_not_what_the_manifest_says_is_refused() {
    refused(|files| drop(files.remove("release.MF")), "release.MF is missing");
    refused(|files| drop(files.remove("packages/cloudstack_cpi.tgz")), "is missing");
    let other = archive::pack(&Files::from([("packaging".into(), plain("exit 0"))])).unwrap();
    let swap = |files: &mut Files| {
        files.insert("packages/cloudstack_cpi.tgz".into(), plain(other.clone()));
    };
    refused(swap, "its digest is not the manifest's");
}

/// The bosh CLI's opinion, where it is installed.
#[test]
fn the_bosh_cli_takes_it() {
    let bosh = std::env::var_os("BOSH_CLI").unwrap_or_else(|| "bosh".into());
    if Command::new(&bosh).arg("--version").output().is_err() {
        eprintln!("skipped: there is no bosh CLI on PATH or in BOSH_CLI");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("release.tgz");
    std::fs::write(&path, tarball()).unwrap();
    let output = Command::new(&bosh)
        .args(["--json", "inspect-local-release"])
        .arg(&path)
        .env("HOME", dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("cloudstack_cpi/"), "{text}");
}
