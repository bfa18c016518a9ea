//! The manifest's releases, fetched, unpacked and checked.

use crate::environment::Environment;
use crate::error::Error;
use crate::event::{Event, Skipped};
use crate::manifest::{JobReference, Location, Tarball};
use bosh_release::{Job, Package, Release, Source, sha256_of};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The releases of a manifest.
pub(crate) struct Releases {
    all: Vec<Release>,
}

/// A tarball on this machine.
pub(crate) struct Local {
    pub path: PathBuf,
    /// `sha256:…` of its bytes.
    pub digest: String,
}

/// Brings a tarball here; `what` is what the step is called by.
pub(crate) fn fetch(
    environment: &Environment<'_>,
    tarball: &Tarball,
    what: &str,
) -> Result<Local, Error> {
    let source = match &tarball.location {
        Location::File(path) => Source::File(path.clone()),
        Location::Http(_) => Source::parse(&tarball.url, &tarball.sha1)?,
    };
    let (downloads, reporter) = (environment.downloads(), environment.reporter);
    let mut progress = |done, total| reporter.tell(Event::Progress(done, total));
    let path = match source {
        Source::File(_) => source.fetch(&downloads, &mut progress)?.path,
        Source::Web { .. } => {
            environment.steps().skippable(&format!("Downloading {what}"), || {
                let fetched = source.fetch(&downloads, &mut progress)?;
                Ok((fetched.path, fetched.found.then_some(Skipped("Found in local cache"))))
            })?
        }
    };
    Ok(Local { digest: sha256_of(&path)?, path })
}

/// Brings all tarballs of the releases here, by their names.
pub(crate) fn fetch_all(
    environment: &Environment<'_>,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<BTreeMap<String, Local>, Error> {
    let mut local = BTreeMap::new();
    for release in environment.manifest.releases.iter().filter(|it| wanted(&it.name)) {
        let what = format!("release '{}'", release.name);
        local.insert(release.name.clone(), fetch(environment, &release.tarball, &what)?);
    }
    Ok(local)
}

impl Releases {
    /// Unpacks and checks these tarballs below `folder`.
    pub fn open(
        environment: &Environment<'_>,
        local: &BTreeMap<String, Local>,
        folder: &Path,
    ) -> Result<Self, Error> {
        let mut all = Vec::new();
        let wanted = environment.manifest.releases.iter().enumerate();
        for (at, release) in wanted {
            let Some(local) = local.get(&release.name) else { continue };
            let step = format!("Validating release '{}'", release.name);
            all.push(environment.steps().step(&step, || {
                let opened = Release::open(&local.path, &folder.join(at.to_string()))?;
                if opened.name != release.name {
                    return Err(Error::Invalid {
                        path: format!("releases[{at}].name"),
                        message: format!(
                            "must be the name in the tarball: '{}', not '{}'",
                            opened.name, release.name
                        ),
                    });
                }
                Ok(opened)
            })?);
        }
        Ok(Self { all })
    }

    /// Their names and versions.
    pub fn versions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all.iter().map(|release| (release.name.as_str(), release.version.as_str()))
    }

    /// A job with its release; `path` is where the manifest names it.
    pub fn job(&self, reference: &JobReference, path: &str) -> Result<(&Release, &Job), Error> {
        let release = self.all.iter().find(|release| release.name == reference.release);
        let found = release.and_then(|release| Some((release, release.job(&reference.name)?)));
        found.ok_or_else(|| Error::Invalid {
            path: path.to_owned(),
            message: format!(
                "job '{}' is not in release '{}'; its jobs are: {}",
                reference.name,
                reference.release,
                release.map(names).unwrap_or_default()
            ),
        })
    }

    /// The jobs of the instance group with their releases, in the manifest's order.
    pub fn group_jobs(
        &self,
        environment: &Environment<'_>,
    ) -> Result<Vec<(&Release, &Job)>, Error> {
        let jobs = environment.manifest.instance_group.jobs.iter();
        jobs.map(|job| self.job(&job.reference, &job.path)).collect()
    }

    /// The packages of the instance group's jobs with their releases, each once, each after what it
    /// needs.
    pub fn group_packages(
        &self,
        environment: &Environment<'_>,
    ) -> Result<Vec<(&Release, &Package)>, Error> {
        let mut packages: Vec<(&Release, &Package)> = Vec::new();
        for (release, job) in self.group_jobs(environment)? {
            for package in release.packages_of(job)? {
                let same = |(_, known): &(&Release, &Package)| {
                    known.name == package.name && known.fingerprint == package.fingerprint
                };
                if !packages.iter().any(same) {
                    packages.push((release, package));
                }
            }
        }
        Ok(packages)
    }
}

fn names(release: &Release) -> String {
    release.jobs.iter().map(|job| job.name.as_str()).collect::<Vec<_>>().join(", ")
}
