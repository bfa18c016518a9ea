//! The release: jobs and packages as archives, and the manifest that lists them.

use crate::archive::{self, File, Files, Mode, plain};
use anyhow::{Context, Result};
use serde_json::json;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The release's name in manifests.
pub const NAME: &str = "bosh-cloudstack-cpi";
/// The one job, and the one package.
pub const JOB: &str = "cloudstack_cpi";

/// What goes into a release.
#[derive(Debug, Clone)]
pub struct Release {
    version: String,
    source: Source,
    job: Files,
    package: Files,
}

impl Release {
    /// Reads `release/` of the repository at `root`, and the binary.
    pub fn read(root: &Path, binary: &Path, version: &str) -> Result<Self> {
        let job_dir = root.join("release/jobs").join(JOB);
        let mut job = Files::new();
        job.insert("job.MF".into(), plain(read(&job_dir.join("spec"))?));
        job.insert("monit".into(), plain(read(&job_dir.join("monit"))?));
        for entry in fs::read_dir(job_dir.join("templates"))? {
            let path = entry?.path();
            let name = path.file_name().context("a template without a name")?.to_string_lossy();
            job.insert(format!("templates/{name}"), plain(read(&path)?));
        }
        let packaging = read(&root.join("release/packages").join(JOB).join("packaging"))?;
        let program = File { bytes: read(binary)?, mode: Mode::Program };
        let package =
            Files::from([("packaging".into(), plain(packaging)), (format!("{JOB}/cpi"), program)]);
        Ok(Self { version: version.to_owned(), source: Source::of(root), job, package })
    }

    /// The tarball: the same bytes for the same release.
    pub fn tarball(&self) -> Result<Vec<u8>> {
        let job = archive::pack(&self.job)?;
        let package = archive::pack(&self.package)?;
        let manifest = self.manifest(&archive::digest(&job), &archive::digest(&package))?;
        archive::pack(&Files::from([
            ("release.MF".into(), plain(manifest)),
            (format!("jobs/{JOB}.tgz"), plain(job)),
            (format!("packages/{JOB}.tgz"), plain(package)),
        ]))
    }

    /// `release.MF`. JSON's strings are YAML's too.
    fn manifest(&self, job: &str, package: &str) -> Result<String> {
        let (name, version, commit) = (json!(NAME), json!(self.version), json!(self.source.commit));
        let mut text = format!(
            "---\nname: {name}\nversion: {version}\ncommit_hash: {commit}\n\
             uncommitted_changes: {}\n",
            self.source.changed
        );
        let parts = [
            ("jobs", &self.job, job, format!("packages: [{}]", json!(JOB))),
            ("packages", &self.package, package, "dependencies: []".to_owned()),
        ];
        for (kind, files, digest, needs) in parts {
            let print = json!(archive::fingerprint(files));
            write!(
                text,
                "{kind}:\n- name: {}\n  version: {print}\n  fingerprint: {print}\n  \
                 sha1: {}\n  {needs}\n",
                json!(JOB),
                json!(digest),
            )?;
        }
        Ok(text)
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

/// What the release was made of, for people only.
#[derive(Debug, Clone)]
struct Source {
    commit: String,
    /// Whether files were there that the commit does not have.
    changed: bool,
}

impl Source {
    /// A tree without git has no commit, and nobody knows what it is.
    fn of(root: &Path) -> Self {
        let commit = git(root, &["rev-parse", "--short=12", "HEAD"]);
        let changes = git(root, &["status", "--porcelain"]);
        Self {
            commit: commit.unwrap_or_else(|| "unknown".to_owned()),
            changed: changes.is_none_or(|changes| !changes.is_empty()),
        }
    }
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let git = std::process::Command::new("git").args(arguments).current_dir(root).output();
    let said = git.ok().filter(|output| output.status.success())?.stdout;
    Some(String::from_utf8_lossy(&said).trim().to_owned())
}
