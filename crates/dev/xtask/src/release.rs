//! The release: jobs and packages as archives, and the manifest that lists them.

use crate::archive::{self, File, Files, Mode, plain};
use crate::cloud_job::JOBS;
use crate::image_job::IMAGE_JOB;
use anyhow::{Context, Result};
use serde_json::json;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The release's name in manifests.
pub const NAME: &str = "bosh-cloudstack-cpi";
/// The one package, which holds the program for every cloud.
pub const PACKAGE: &str = "cloudstack_cpi";

/// What goes into a release.
#[derive(Debug, Clone)]
pub struct Release {
    version: String,
    source: Source,
    jobs: Vec<(&'static str, Files)>,
    package: Files,
}

impl Release {
    /// Reads `release/` of the repository at `root`, and the binary.
    pub fn read(root: &Path, binary: &Path, version: &str) -> Result<Self> {
        let names = JOBS.iter().map(|job| job.name).chain([IMAGE_JOB]);
        let jobs = names.map(|name| Ok((name, job_files(root, name)?)));
        let jobs = jobs.collect::<Result<_>>()?;
        let packaging = read(&root.join("release/packages").join(PACKAGE).join("packaging"))?;
        let program = File { bytes: read(binary)?, mode: Mode::Program };
        let package = Files::from([
            ("packaging".into(), plain(packaging)),
            (format!("{PACKAGE}/cpi"), program),
        ]);
        Ok(Self { version: version.to_owned(), source: Source::of(root), jobs, package })
    }

    /// The tarball: the same bytes for the same release.
    pub fn tarball(&self) -> Result<Vec<u8>> {
        let package = archive::pack(&self.package)?;
        let mut parts = vec![Part {
            kind: "packages",
            name: PACKAGE,
            files: &self.package,
            needs: "dependencies: []".to_owned(),
            packed: package,
        }];
        for (name, files) in &self.jobs {
            let needs = format!("packages: [{}]", json!(PACKAGE));
            parts.push(Part { kind: "jobs", name, files, needs, packed: archive::pack(files)? });
        }
        let mut all = Files::from([("release.MF".into(), plain(self.manifest(&parts)?))]);
        for part in parts {
            all.insert(format!("{}/{}.tgz", part.kind, part.name), plain(part.packed));
        }
        Ok(archive::pack(&all)?)
    }

    /// `release.MF`. JSON's strings are YAML's too.
    fn manifest(&self, parts: &[Part<'_>]) -> Result<String> {
        let (name, version, commit) = (json!(NAME), json!(self.version), json!(self.source.commit));
        let mut text = format!(
            "---\nname: {name}\nversion: {version}\ncommit_hash: {commit}\n\
             uncommitted_changes: {}\n",
            self.source.changed
        );
        for kind in ["jobs", "packages"] {
            writeln!(text, "{kind}:")?;
            for part in parts.iter().filter(|part| part.kind == kind) {
                let print = json!(archive::fingerprint(part.files));
                write!(
                    text,
                    "- name: {}\n  version: {print}\n  fingerprint: {print}\n  \
                     sha1: {}\n  {}\n",
                    json!(part.name),
                    json!(archive::digest(&part.packed)),
                    part.needs,
                )?;
            }
        }
        Ok(text)
    }
}

/// A job or a package on its way into the tarball.
struct Part<'a> {
    kind: &'static str,
    name: &'static str,
    files: &'a Files,
    /// The line that says what it needs.
    needs: String,
    packed: Vec<u8>,
}

fn job_files(root: &Path, name: &str) -> Result<Files> {
    let folder = root.join("release/jobs").join(name);
    let mut files = Files::new();
    files.insert("job.MF".into(), plain(read(&folder.join("spec"))?));
    files.insert("monit".into(), plain(read(&folder.join("monit"))?));
    for entry in fs::read_dir(folder.join("templates"))? {
        let path = entry?.path();
        let name = path.file_name().context("a template without a name")?.to_string_lossy();
        files.insert(format!("templates/{name}"), plain(read(&path)?));
    }
    Ok(files)
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
