//! A release tarball, opened and checked.

use crate::manifest::{PackageEntry, ReleaseManifest};
use crate::{Digests, Job, Package, PackageKind, ReleaseError, archive, compile_order, yaml};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

/// A release. Its packages stay as archives in the folder where it was opened.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its jobs.
    pub jobs: Vec<Job>,
    /// Its packages: where one is there as source and compiled, the source.
    pub packages: Vec<Package>,
}

impl Release {
    /// Unpacks a tarball into `folder`, and checks all of it: digests, jobs, and that every
    /// package that is needed is there.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    pub fn open(tarball: &Path, folder: &Path) -> Result<Self, ReleaseError> {
        let name = tarball.display().to_string();
        let file = File::open(tarball).map_err(ReleaseError::file(tarball))?;
        fs::create_dir_all(folder).map_err(ReleaseError::file(folder))?;
        archive::extract(file, folder).map_err(ReleaseError::archive(&name))?;
        let text = fs::read_to_string(folder.join("release.MF"))
            .map_err(|_| ReleaseError::Missing { archive: name, file: "release.MF".to_owned() })?;
        let manifest: ReleaseManifest = yaml::read("release.MF", &text)?;
        let release = Opening { folder, manifest: &manifest }.read()?;
        release.check()?;
        Ok(release)
    }

    /// A job by its name.
    pub fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The packages that a job needs, each after what it needs itself.
    ///
    /// # Errors
    /// `Circle`.
    pub fn packages_of(&self, job: &Job) -> Result<Vec<&Package>, ReleaseError> {
        compile_order(&self.packages, &job.spec.packages)
    }

    fn check(&self) -> Result<(), ReleaseError> {
        let inconsistent =
            |reason| ReleaseError::Inconsistent { release: self.name.clone(), reason };
        let names: BTreeSet<&str> = self.packages.iter().map(|it| it.name.as_str()).collect();
        for job in &self.jobs {
            let mut needed = job.spec.packages.iter();
            if let Some(package) = needed.find(|name| !names.contains(name.as_str())) {
                let reason =
                    format!("job '{}' needs package '{package}', which is missing", job.name);
                return Err(inconsistent(reason));
            }
        }
        for package in &self.packages {
            for needed in &package.dependencies {
                let found = self.packages.iter().find(|it| it.name == *needed);
                let is_source = |package: &Package| package.kind == PackageKind::Source;
                match found {
                    Some(found) if is_source(found) == is_source(package) => {}
                    Some(_) => {
                        return Err(inconsistent(format!(
                            "package '{}' needs '{needed}', and one is source where the other is \
                             compiled",
                            package.name
                        )));
                    }
                    None => {
                        return Err(inconsistent(format!(
                            "package '{}' needs package '{needed}', which is missing",
                            package.name
                        )));
                    }
                }
            }
            compile_order(&self.packages, std::slice::from_ref(&package.name))?;
        }
        Ok(())
    }
}

struct Opening<'a> {
    folder: &'a Path,
    manifest: &'a ReleaseManifest,
}

impl Opening<'_> {
    fn read(&self) -> Result<Release, ReleaseError> {
        let manifest = self.manifest;
        let mut jobs = Vec::new();
        for entry in manifest.jobs.iter().flatten() {
            let fingerprint = first(&entry.fingerprint, &entry.version);
            let path = self.part("jobs", &entry.name, &entry.sha1)?;
            let packed = fs::read(&path).map_err(ReleaseError::file(&path))?;
            let mut job = Job::read(&entry.name, fingerprint, &packed)?;
            if job.spec.packages.is_empty() {
                job.spec.packages = entry.packages.clone().unwrap_or_default();
            }
            jobs.push(job);
        }
        let mut packages = Vec::new();
        for entry in manifest.packages.iter().flatten() {
            packages.push(self.package("packages", entry, PackageKind::Source)?);
        }
        for entry in manifest.compiled_packages.iter().flatten() {
            if packages.iter().any(|it: &Package| it.name == entry.package.name) {
                continue;
            }
            let (os, version) = entry.stemcell.split_once('/').unwrap_or((&entry.stemcell, ""));
            let kind = PackageKind::Compiled { os: os.to_owned(), version: version.to_owned() };
            packages.push(self.package("compiled_packages", &entry.package, kind)?);
        }
        Ok(Release {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            jobs,
            packages,
        })
    }

    fn package(
        &self,
        kind_folder: &str,
        entry: &PackageEntry,
        kind: PackageKind,
    ) -> Result<Package, ReleaseError> {
        Ok(Package {
            name: entry.name.clone(),
            fingerprint: first(&entry.fingerprint, &entry.version).to_owned(),
            digest: entry.sha1.clone(),
            dependencies: entry.dependencies.clone().unwrap_or_default(),
            kind,
            archive: self.part(kind_folder, &entry.name, &entry.sha1)?,
        })
    }

    /// Where an archive is, whose bytes are those that the manifest promises.
    fn part(&self, kind: &str, name: &str, sha1: &str) -> Result<std::path::PathBuf, ReleaseError> {
        let relative = format!("{kind}/{name}.tgz");
        if !archive::is_safe(name) || name.contains('/') {
            return Err(ReleaseError::Document {
                document: "release.MF".to_owned(),
                reason: format!("'{name}' is not a valid name of a job or package"),
            });
        }
        let path = self.folder.join(&relative);
        let file = File::open(&path).map_err(|_| ReleaseError::Missing {
            archive: format!("release '{}'", self.manifest.name),
            file: relative.clone(),
        })?;
        let what = format!("{relative} of release '{}'", self.manifest.name);
        sha1.parse::<Digests>()?.verify(&what, file)?;
        Ok(path)
    }
}

/// Everything downstream uses the fingerprint; only old releases have none.
fn first<'a>(fingerprint: &'a str, version: &'a str) -> &'a str {
    if fingerprint.is_empty() { version } else { fingerprint }
}
