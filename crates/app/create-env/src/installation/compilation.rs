//! Packages of a CPI's release, compiled on this machine, once for each fingerprint.
//!
//! Source: bosh-cli `installation/pkg/compiler.go`, `state/job/dependency_compiler.go`.

use super::index::{Compiled, Index, Key};
use super::private_folder;
use crate::error::Error;
use crate::event::{Skipped, Steps};
use crate::files;
use bosh_release::{
    Digests, Job, Package, PackageKind, Release, archive, dependency_key, sha256_of,
};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where packages are compiled and laid out.
pub(super) struct Compilation<'a> {
    /// The installation's.
    pub folder: &'a Path,
    /// Where packages are laid out.
    pub packages: &'a Path,
    pub steps: Steps<'a>,
}

/// A package that is compiled.
pub(super) struct Ready {
    name: String,
    blob: PathBuf,
    digest: String,
}

impl Compilation<'_> {
    /// Compiles the packages of these jobs: what is to be laid out. Of two of one name the later
    /// job's counts.
    pub fn compile(&self, jobs: &[(&Release, &Job)]) -> Result<Vec<Ready>, Error> {
        let mut index = Index::read(self.folder)?;
        let mut ready: Vec<Ready> = Vec::new();
        let mut done: Vec<(String, String)> = Vec::new();
        for (release, job) in jobs {
            for package in release.packages_of(job)? {
                let key = (package.name.clone(), package.fingerprint.clone());
                if done.contains(&key) {
                    continue;
                }
                let name = format!("Compiling package '{}/{}'", package.name, package.fingerprint);
                let made = self
                    .steps
                    .skippable(&name, || self.compile_one(release, package, &mut index, &ready))?;
                ready.retain(|it| it.name != made.name);
                ready.push(made);
                done.push(key);
            }
        }
        Ok(ready)
    }

    fn compile_one(
        &self,
        release: &Release,
        package: &Package,
        index: &mut Index,
        ready: &[Ready],
    ) -> Result<(Ready, Option<Skipped>), Error> {
        let key = Key {
            package_name: package.name.clone(),
            package_fingerprint: package.fingerprint.clone(),
            dependency_key: dependency_key(&release.packages, package)?,
        };
        if let Some(found) = index.find(&key).and_then(|found| self.found(package, found)) {
            return Ok((found, None));
        }
        let blobs = self.folder.join("blobs");
        private_folder(&blobs)?;
        let id = uuid::Uuid::new_v4().to_string();
        let blob = blobs.join(&id);
        let skipped = match &package.kind {
            PackageKind::Compiled { .. } => {
                fs::copy(&package.archive, &blob).map_err(Error::file(&blob))?;
                Some(Skipped("Package already compiled"))
            }
            PackageKind::Source => {
                self.run_packaging(package, ready, &blob)?;
                None
            }
        };
        let digest = sha256_of(&blob)?;
        index.add(key, Compiled { blob_id: id, sha1: digest.clone() })?;
        Ok((Ready { name: package.name.clone(), blob, digest }, skipped))
    }

    /// A package that the index knows, if its blob is there and whole.
    fn found(&self, package: &Package, compiled: &Compiled) -> Option<Ready> {
        let blob = self.folder.join("blobs").join(&compiled.blob_id);
        let digests: Digests = compiled.sha1.parse().ok()?;
        digests.verify_file(&blob).ok()?;
        Some(Ready { name: package.name.clone(), blob, digest: compiled.sha1.clone() })
    }

    fn run_packaging(&self, package: &Package, ready: &[Ready], blob: &Path) -> Result<(), Error> {
        let failed = |reason: String| Error::Compilation { package: package.name.clone(), reason };
        let needed = ready.iter().filter(|it| package.dependencies.contains(&it.name));
        self.lay_out(needed)?;
        let target = self.packages.join(&package.name);
        let source = self.folder.join("tmp").join("compile").join(&package.name);
        for folder in [&target, &source] {
            files::remove_folder(folder).map_err(Error::file(folder))?;
            private_folder(folder)?;
        }
        let packed = File::open(&package.archive).map_err(Error::file(&package.archive))?;
        archive::extract(packed, &source).map_err(Error::file(&package.archive))?;
        if !source.join("packaging").is_file() {
            return Err(failed("its script 'packaging' is missing".to_owned()));
        }
        let output = Command::new("bash")
            .args(["-x", "packaging"])
            .current_dir(&source)
            .env("BOSH_COMPILE_TARGET", &source)
            .env("BOSH_INSTALL_TARGET", &target)
            .env("BOSH_PACKAGE_NAME", &package.name)
            .env("BOSH_PACKAGES_DIR", self.packages)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(format!("bash cannot be started: {error}")))?;
        if !output.status.success() {
            let said = [&output.stdout[..], &output.stderr[..]].concat();
            let said = String::from_utf8_lossy(&said);
            let lines: Vec<&str> = said.lines().collect();
            let last = lines[lines.len().saturating_sub(20)..].join("\n  ");
            return Err(failed(format!("packaging ended with {}\n  {last}", output.status)));
        }
        let mut file = tempfile::NamedTempFile::new_in(self.folder.join("blobs"))
            .map_err(Error::file(self.folder))?;
        archive::pack_folder(&target, file.as_file_mut()).map_err(Error::file(&target))?;
        file.persist(blob).map_err(|error| error.error).map_err(Error::file(blob))?;
        files::remove_folder(&source).map_err(Error::file(&source))
    }

    /// Lays packages out, and nothing else.
    pub fn lay_out<'r>(&self, ready: impl IntoIterator<Item = &'r Ready>) -> Result<(), Error> {
        files::remove_folder(self.packages).map_err(Error::file(self.packages))?;
        private_folder(self.packages)?;
        for package in ready {
            let folder = self.packages.join(&package.name);
            private_folder(&folder)?;
            package.digest.parse::<Digests>()?.verify_file(&package.blob)?;
            let packed = File::open(&package.blob).map_err(Error::file(&package.blob))?;
            archive::extract(packed, &folder).map_err(Error::file(&package.blob))?;
        }
        Ok(())
    }
}
