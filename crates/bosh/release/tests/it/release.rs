//! A release tarball, opened: what is in it, and what is refused.

use bosh_release::archive::{self, File, Files, Mode, plain};
use bosh_release::{PackageKind, Release, ReleaseError};
use std::fs;
use std::path::{Path, PathBuf};

/// A release on its way into a tarball.
struct Made {
    files: Files,
    manifest: String,
}

impl Made {
    fn new() -> Self {
        Self {
            files: Files::new(),
            manifest: "name: r\nversion: 1.10\ncommit_hash: c\nuncommitted_changes: false\n".into(),
        }
    }

    fn add(mut self, section: &str, name: &str, files: Files, more: &str) -> Self {
        let packed = archive::pack(&files).unwrap();
        if !self.manifest.contains(&format!("\n{section}:")) {
            self.manifest += &format!("{section}:\n");
        }
        self.manifest += &format!(
            "- {{name: {name}, version: f-{name}, fingerprint: f-{name}, sha1: '{}', {more}}}\n",
            archive::digest(&packed)
        );
        self.files.insert(format!("{section}/{name}.tgz"), plain(packed));
        self
    }

    fn job(self, spec: &str) -> Self {
        let files = Files::from([
            ("job.MF".into(), plain(spec)),
            ("templates/a.erb".into(), plain("A <%= p('x') %>")),
        ]);
        self.add("jobs", "j", files, "packages: []")
    }

    fn package(self, name: &str, needs: &str) -> Self {
        let files = Files::from([("packaging".into(), plain("exit 0"))]);
        self.add("packages", name, files, &format!("dependencies: [{needs}]"))
    }

    fn compiled(self, name: &str, needs: &str) -> Self {
        let program = File { bytes: b"x".into(), mode: Mode::Program };
        let more = format!("stemcell: ubuntu-jammy/1.2, dependencies: [{needs}]");
        self.add("compiled_packages", name, Files::from([("bin/x".into(), program)]), &more)
    }

    fn tarball(mut self, folder: &Path) -> PathBuf {
        self.files.insert("release.MF".into(), plain(self.manifest));
        let path = folder.join("r.tgz");
        fs::write(&path, archive::pack(&self.files).unwrap()).unwrap();
        path
    }

    fn open(self) -> Result<Release, ReleaseError> {
        let folder = tempfile::tempdir().unwrap();
        let tarball = self.tarball(folder.path());
        Release::open(&tarball, &folder.path().join("opened"))
    }
}

const SPEC: &str = "name: j\ntemplates: {a.erb: bin/a}\npackages: [p]\nproperties:\n  x:\n";

#[test]
fn a_source_release_is_read() {
    let release = Made::new().job(SPEC).package("p", "q").package("q", "").open().unwrap();
    assert_eq!((release.name.as_str(), release.version.as_str()), ("r", "1.10"));
    let job = release.job("j").unwrap();
    assert!(job.renders("bin/a") && !job.renders("bin/cpi") && job.monit().is_empty());
    let names: Vec<_> =
        release.packages_of(job).unwrap().iter().map(|it| it.name.clone()).collect();
    assert_eq!(names, ["q", "p"]);
}

/// Only the operating system and version that they were compiled for stand in the manifest.
#[test]
fn a_compiled_release_is_read() {
    let release = Made::new().job(SPEC).compiled("p", "").open().unwrap();
    let kind = PackageKind::Compiled { os: "ubuntu-jammy".into(), version: "1.2".into() };
    assert_eq!(release.packages[0].kind, kind);
}

/// What contradicts itself is refused before anything is touched, and the culprit is named.
#[test]
fn a_broken_release_is_refused() {
    let cases = [
        (Made::new().job(SPEC), "job 'j' needs package 'p'"),
        (Made::new().package("p", "q"), "package 'p' needs package 'q'"),
        (Made::new().package("p", "q").compiled("q", ""), "one is source"),
        (Made::new().package("p", "q").package("q", "p"), "in a circle: p → q → p"),
        (Made::new().job("name: j\ntemplates: {b.erb: b}\n"), "templates/b.erb is missing"),
        (Made::new().job("name: j\ntemplates: {a.erb: ../b}\n"), "'../b'"),
        (Made::new().job("name: [j\n"), "job.MF is invalid"),
        (Made { manifest: "name: r\n".into(), ..Made::new() }, "release.MF is invalid"),
    ];
    for (made, expected) in cases {
        let error = made.open().unwrap_err().to_string();
        assert!(error.contains(expected), "expected {expected}: {error}");
    }
    let mut made = Made::new().package("p", "");
    made.files.insert("packages/p.tgz".into(), plain("other"));
    assert!(matches!(made.open().unwrap_err(), ReleaseError::WrongDigest { .. }));
}

#[test]
fn what_is_not_a_tarball_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.tgz");
    for bytes in ["", "<html>404</html>", "\u{1f}\u{8b}"] {
        fs::write(&path, bytes).unwrap();
        let error = Release::open(&path, &folder.path().join("opened")).unwrap_err();
        assert!(error.to_string().contains("r.tgz"), "{error}");
    }
}
