//! The CPI on this machine: from a release, compiled and rendered as the CLI does, or a program
//! that gets a config.
//!
//! Source: bosh-cli `installation/`.

mod compilation;
mod index;

use crate::cpi::{config, proxies};
use crate::environment::{CpiSource, Environment};
use crate::error::Error;
use crate::files;
use crate::releases::Releases;
use bosh_release::{Context, Job, Ruby, Template, template_properties};
use compilation::Compilation;
use cpi_driver::Driver;
use serde_json::Map;
use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What makes a job that of a CPI.
const EXECUTABLE: &str = "bin/cpi";

/// Files of a job: where they go, and what is in them.
type RenderedFiles = Vec<(String, Vec<u8>)>;

/// The folder of an installation: `$HOME/.bosh/installations/<id>`. Rendered jobs and configs,
/// which hold secrets, go when this is dropped.
pub(crate) struct Installation {
    folder: PathBuf,
    packages: PathBuf,
}

impl Installation {
    /// The installation of this id. What an earlier run has left in its folder for temporary files
    /// is removed.
    pub fn open(environment: &Environment<'_>, id: &str) -> Result<Self, Error> {
        let folder = environment.installation(id);
        let packages = environment.options.package_dir.clone();
        let packages = packages.unwrap_or_else(|| folder.join("packages"));
        let installation = Self { folder, packages };
        let temporary = installation.temporary();
        files::remove_folder(&temporary).map_err(Error::file(&temporary))?;
        private_folder(&temporary)?;
        Ok(installation)
    }

    /// Where temporary files go.
    pub fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    /// Installs the CPI: how to start it.
    pub fn install(
        &self,
        environment: &Environment<'_>,
        releases: &Releases,
    ) -> Result<Driver, Error> {
        match environment.cpi {
            CpiSource::Release => self.install_release(environment, releases),
            CpiSource::Command { program, arguments, plugin } => {
                let properties = &environment.manifest.cloud_provider.properties;
                let config = config(properties, plugin.as_deref(), &self.folder.join("cpi-state"));
                let path = self.config_path();
                let bytes = config.to_string();
                files::replace(&path, bytes.as_bytes()).map_err(Error::file(&path))?;
                let path = path.display().to_string();
                let arguments = arguments.iter().map(|it| it.replace("{config}", &path));
                let driver = Driver::new(program, arguments).with_callers_environment();
                let set = |driver: Driver, (name, value)| driver.variable(name, value);
                Ok(proxies(properties).into_iter().fold(driver, set))
            }
        }
    }

    fn install_release(
        &self,
        environment: &Environment<'_>,
        releases: &Releases,
    ) -> Result<Driver, Error> {
        let steps = environment.steps();
        let jobs = cpi_jobs(environment, releases)?;
        let compilation = Compilation { folder: &self.folder, packages: &self.packages, steps };
        let compiled = compilation.compile(&jobs)?;
        steps.step("Installing packages", || compilation.lay_out(&compiled))?;
        let folder = self.jobs();
        files::remove_folder(&folder).map_err(Error::file(&folder))?;
        private_folder(&folder)?;
        let ruby = Ruby::at(&environment.options.ruby);
        let rendered = steps.step("Rendering job templates", || {
            jobs.iter().map(|(_, job)| Ok((*job, render(environment, job, &ruby)?))).collect()
        });
        let rendered: Vec<(&Job, RenderedFiles)> = rendered?;
        for (job, files) in &rendered {
            steps.step(&format!("Installing job '{}'", job.name), || {
                write_job(&folder.join(&job.name), files)
            })?;
        }
        let job = rendered.iter().find(|(job, _)| job.renders(EXECUTABLE)).map(|(job, _)| *job);
        let name = job.map(|job| job.name.as_str()).unwrap_or_default();
        let driver = Driver::new::<String>(folder.join(name).join(EXECUTABLE), []);
        Ok(driver
            .with_callers_environment()
            .variable("BOSH_PACKAGES_DIR", &self.packages)
            .variable("BOSH_JOBS_DIR", &folder))
    }

    fn jobs(&self) -> PathBuf {
        self.folder.join("jobs")
    }

    fn config_path(&self) -> PathBuf {
        self.folder.join("cpi.json")
    }

    /// Removes what is rendered, and temporary files.
    pub fn clean_up(&self) -> Result<(), Error> {
        for folder in [self.jobs(), self.temporary()] {
            files::remove_folder(&folder).map_err(Error::file(&folder))?;
        }
        let path = self.config_path();
        files::remove_if_exists(&path).map_err(Error::file(&path))
    }

    /// Removes all of it.
    pub fn remove(&self) -> Result<(), Error> {
        files::remove_folder(&self.folder).map_err(Error::file(&self.folder))
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        // Whoever wants to know of an error calls it.
        let _ = self.clean_up();
    }
}

/// The jobs of the CPI with their releases: exactly one of them has the executable.
fn cpi_jobs<'r>(
    environment: &Environment<'_>,
    releases: &'r Releases,
) -> Result<Vec<(&'r bosh_release::Release, &'r Job)>, Error> {
    let references = &environment.manifest.cloud_provider.jobs;
    let mut jobs = Vec::new();
    for (at, reference) in references.iter().enumerate() {
        let path = format!("cloud_provider.templates[{at}]");
        jobs.push(releases.job(reference, &path)?);
    }
    let found = jobs.iter().filter(|(_, job)| job.renders(EXECUTABLE)).count();
    if found == 1 {
        return Ok(jobs);
    }
    Err(Error::Invalid {
        path: "cloud_provider.templates".to_owned(),
        message: format!("exactly one job must have a template for {EXECUTABLE}, found {found}"),
    })
}

/// Whether a manifest's CPI release is one that can be installed, found out without installing.
pub(crate) fn check(environment: &Environment<'_>, releases: &Releases) -> Result<(), Error> {
    match environment.cpi {
        CpiSource::Release => cpi_jobs(environment, releases).map(drop),
        CpiSource::Command { .. } => Ok(()),
    }
}

fn render(environment: &Environment<'_>, job: &Job, ruby: &Ruby) -> Result<RenderedFiles, Error> {
    let manifest = environment.manifest;
    let group = &manifest.cloud_provider.properties;
    let properties = template_properties(&job.spec, &Map::new(), group, None);
    let context = Context { deployment: manifest.name.clone(), address: None };
    let sources = crate::jobs::sources(job)?;
    let templates: Vec<Template<'_>> =
        sources.iter().map(|source| source.template(job, &properties, &context)).collect();
    let files = ruby.render(&templates)?;
    let targets = sources.iter().map(|source| source.target.clone());
    Ok(targets.zip(files.into_iter().map(|file| file.0)).collect())
}

fn write_job(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Error> {
    for (target, bytes) in files {
        let path = folder.join(target);
        let failed = Error::file(&path);
        if let Some(parent) = path.parent() {
            private_folder(parent)?;
        }
        files::replace(&path, bytes).map_err(&failed)?;
        if target.starts_with("bin/") {
            fs::set_permissions(&path, Permissions::from_mode(0o700)).map_err(&failed)?;
        }
    }
    Ok(())
}

pub(crate) fn private_folder(folder: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(Error::file(folder))
}
