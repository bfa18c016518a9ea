//! `delete-env`: nothing is left of the environment.

use crate::cpi::{Cpi, recover};
use crate::create::{delete_stemcell, delete_unused_stemcells};
use crate::disk;
use crate::environment::{CpiSource, Environment};
use crate::error::Error;
use crate::installation::{self, Installation};
use crate::instance::Instance;
use crate::releases::{Releases, fetch_all};
use crate::state::book::Book;
use crate::vm;

/// Deletes VM, disks and stemcells, the local installation and the state file.
///
/// # Errors
/// `NoEnvironment` without a state file; whatever ends it. What is left is in the state file.
pub fn delete(environment: &Environment<'_>) -> Result<(), Error> {
    let steps = environment.steps();
    let Some(mut book) = Book::open(environment.state, environment.reporter)? else {
        return Err(Error::NoEnvironment(environment.state.to_owned()));
    };
    recover(&mut book, steps)?;
    let installation = Installation::open(environment, &book.state.installation_id)?;
    let releases = cpi_releases(environment, &installation)?;
    let driver = steps.stage("installing CPI", || installation.install(environment, &releases))?;
    let stemcell = book.state.current_stemcell().map(|stemcell| stemcell.api_version);
    let cpi = Cpi::ask(driver, &book, stemcell.filter(|version| *version > 0), steps)?;
    let instance = Instance::new(environment, &book.state.director_id)?;
    steps.stage("deleting deployment", || {
        if let Some(vm) = book.state.current_vm_cid.clone() {
            vm::delete(environment, &mut book, &cpi, &instance, &vm)?;
        }
        if environment.options.keep_disks {
            return Ok(());
        }
        if let Some(disk) = book.state.current_disk().map(|disk| disk.cid.clone()) {
            let step = format!("Deleting disk '{disk}'");
            disk::delete(steps, &mut book, &cpi, &disk, &step)?;
        }
        if let Some(cid) = book.state.current_stemcell().map(|stemcell| stemcell.cid.clone()) {
            let step = format!("Deleting stemcell '{cid}'");
            delete_stemcell(steps, &mut book, &cpi, &cid, &step)?;
        }
        Ok(())
    })?;
    if environment.options.keep_disks {
        return keep_disks(environment, book, &cpi);
    }
    disk::delete_unused(environment, &mut book, &cpi)?;
    delete_unused_stemcells(steps, &mut book, &cpi)?;
    if !book.state.is_empty() {
        return Err(Error::Refused(format!(
            "the CPI refuses to delete some of it, which stays in {}: see the warnings above",
            environment.state.display()
        )));
    }
    steps.step("Uninstalling local artifacts for CPI and deployment", || {
        installation.remove()?;
        Ok(book.remove()?)
    })
}

/// The state file stays, since it knows the disks.
fn keep_disks(
    environment: &Environment<'_>,
    mut book: Book<'_>,
    cpi: &Cpi<'_>,
) -> Result<(), Error> {
    book.state.current_stemcell_id = None;
    book.state.current_manifest_sha = None;
    book.state.releases.clear();
    book.state.current_release_ids.clear();
    book.save()?;
    delete_unused_stemcells(environment.steps(), &mut book, cpi)
}

/// The releases that the CPI comes from.
fn cpi_releases(
    environment: &Environment<'_>,
    installation: &Installation,
) -> Result<Releases, Error> {
    environment.steps().stage("validating", || {
        let jobs = &environment.manifest.cloud_provider.jobs;
        let wanted = |name: &str| match environment.cpi {
            CpiSource::Release => jobs.iter().any(|job| job.release == name),
            CpiSource::Command { .. } => false,
        };
        let local = fetch_all(environment, &wanted)?;
        let releases =
            Releases::open(environment, &local, &installation.temporary().join("releases"))?;
        environment
            .steps()
            .step("Validating cpi release", || installation::check(environment, &releases))?;
        Ok(releases)
    })
}
