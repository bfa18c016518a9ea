//! `create-env`: from what is there to what the manifest says.
//!
//! ```text
//! lock, recover → fetch → prepare → plan → CPI's info → confirm       nothing is touched
//!   → stemcell → VM → disk → packages → apply → start → post-start    old disk and stemcell stay
//!   → unused disks and stemcells are deleted
//! ```

use crate::cpi::{Cpi, Deleted, recover, unrecorded};
use crate::disk::{self, Disks};
use crate::environment::Environment;
use crate::error::Error;
use crate::event::{Skipped, Steps};
use crate::installation::Installation;
use crate::instance::Instance;
use crate::jobs;
use crate::manifest::NetworkKind;
use crate::packages;
use crate::plan::{Plan, VmPlan, is_unchanged, made_of};
use crate::prepared::{Prepared, Tarballs};
use crate::state::book::Book;
use crate::state::{Change, ReleaseRecord, StemcellRecord};
use crate::vm;
use bosh_agent::{Agent, ApplySpec, BlobRef};
use bosh_cpi::{StemcellCid, VmCid};
use serde_json::json;

/// What a run has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// Everything was as the manifest says.
    Unchanged,
    /// The environment is what the manifest says.
    Deployed {
        /// Its VM.
        vm: String,
    },
}

/// Brings up the environment, or changes it to what the manifest says.
///
/// # Errors
/// Whatever ends it. What is there is in the state file, and the next run goes on from it.
pub fn create(environment: &Environment<'_>) -> Result<Created, Error> {
    let Environment { state, manifest_path, reporter, .. } = *environment;
    let mut book = Book::open_or_create(state, manifest_path, reporter)?;
    recover(&mut book, environment.steps())?;
    let installation = Installation::open(environment, &book.state.installation_id)?;
    let steps = environment.steps();
    let prepared = steps.stage("validating", || {
        let tarballs = fetch(environment)?;
        // What was deployed from the same bytes needs not even to be unpacked.
        if is_unchanged(environment, &book.state, &book.section, &tarballs.digests()) {
            return Ok(None);
        }
        Prepared::make(environment, &tarballs, &installation).map(Some)
    })?;
    let Some(prepared) = prepared else { return Ok(Created::Unchanged) };
    let plan = plan_of(environment, &book, &prepared)?;
    if plan.unchanged {
        return Ok(Created::Unchanged);
    }
    let cpi = start_cpi(environment, &book, &installation, &prepared)?;
    let instance = Instance::new(environment, &book.state.director_id)?;
    if !reporter.confirm(&plan) {
        return Err(Error::NotConfirmed);
    }
    let creation = Creation { environment, cpi, instance, prepared, plan, installation };
    let vm = creation.run(&mut book)?;
    creation.delete_unused(&mut book)?;
    Ok(Created::Deployed { vm: vm.as_str().to_owned() })
}

/// What `create` would do: everything is fetched, checked and rendered, and nothing is touched.
///
/// # Errors
/// Those that `create` would end with before it touches anything.
pub fn plan(environment: &Environment<'_>) -> Result<Plan, Error> {
    let Environment { state, manifest_path, reporter, .. } = *environment;
    let mut book = Book::open_or_create(state, manifest_path, reporter)?;
    recover(&mut book, environment.steps())?;
    let installation = Installation::open(environment, &book.state.installation_id)?;
    let prepared = environment
        .steps()
        .stage("validating", || Prepared::make(environment, &fetch(environment)?, &installation))?;
    plan_of(environment, &book, &prepared)
}

fn fetch(environment: &Environment<'_>) -> Result<Tarballs, Error> {
    for path in &environment.manifest.ignored {
        let text = format!("{path} has no meaning to create-env and is ignored");
        environment.steps().warn(text);
    }
    Tarballs::fetch(environment)
}

fn plan_of(
    environment: &Environment<'_>,
    book: &Book<'_>,
    prepared: &Prepared,
) -> Result<Plan, Error> {
    let owned = |(name, version): (&str, &str)| (name.to_owned(), version.to_owned());
    let versions: Vec<_> = prepared.releases.versions().map(owned).collect();
    Plan::of(environment, book, &prepared.stemcell, &versions, &prepared.digests)
}

fn start_cpi<'a>(
    environment: &Environment<'a>,
    book: &Book<'_>,
    installation: &Installation,
    prepared: &Prepared,
) -> Result<Cpi<'a>, Error> {
    let steps = environment.steps();
    let driver =
        steps.stage("installing CPI", || installation.install(environment, &prepared.releases))?;
    let cpi = Cpi::ask(driver, book, Some(prepared.stemcell.api_version), steps)?;
    cpi.require_version()?;
    Ok(cpi)
}

struct Creation<'a, 'b> {
    environment: &'a Environment<'b>,
    cpi: Cpi<'b>,
    instance: Instance<'b>,
    prepared: Prepared,
    plan: Plan,
    installation: Installation,
}

impl Creation<'_, '_> {
    fn steps(&self) -> Steps<'_> {
        self.environment.steps()
    }

    fn run(&self, book: &mut Book<'_>) -> Result<VmCid, Error> {
        let stemcell = self.upload_stemcell(book)?;
        self.steps().stage("deploying", || {
            book.state.current_manifest_sha = None;
            book.state.releases.clear();
            book.state.current_release_ids.clear();
            book.save()?;
            let vm = self.deploy(book, &stemcell)?;
            self.record(book)?;
            Ok(vm)
        })
    }

    fn upload_stemcell(&self, book: &mut Book<'_>) -> Result<StemcellRecord, Error> {
        let stemcell = &self.prepared.stemcell;
        let (name, version) = (&stemcell.name, &stemcell.version);
        self.steps().skippable(&format!("Uploading stemcell '{name}/{version}'"), || {
            if let Some(known) = book.state.stemcell(name, version) {
                return Ok((known.clone(), Some(Skipped("Stemcell already uploaded"))));
            }
            let change = Change::CreateStemcell {
                name: name.clone(),
                version: version.clone(),
                api_version: stemcell.api_version,
            };
            let arguments = json!([stemcell.image, stemcell.cloud_properties]);
            self.cpi.change(book, change, arguments)?;
            let made = book.state.stemcell(name, version).cloned();
            Ok((made.ok_or_else(|| unrecorded("create_stemcell"))?, None))
        })
    }

    fn deploy(&self, book: &mut Book<'_>, stemcell: &StemcellRecord) -> Result<VmCid, Error> {
        let (environment, cpi, instance) = (self.environment, &self.cpi, &self.instance);
        if let Some(vm) = self.kept_vm(book)? {
            self.go_on_with(book, &vm)?;
            return Ok(vm);
        }
        if let Some(old) = book.state.current_vm_cid.clone() {
            vm::delete(environment, book, cpi, instance, &old)?;
        }
        let made_of = made_of(environment, &self.prepared.stemcell);
        let vm = vm::create(environment, book, cpi, instance, stemcell, &made_of)?;
        self.disks(&vm).settle(book, &self.plan.disk)?;
        let spec = self.upload(book, &vm)?;
        self.start(book, &spec)?;
        Ok(vm)
    }

    /// The VM that stays, if it can: it is there, and its agent answers.
    fn kept_vm(&self, book: &mut Book<'_>) -> Result<Option<VmCid>, Error> {
        let (VmPlan::Keep { .. }, Some(vm)) = (&self.plan.vm, book.state.current_vm_cid.clone())
        else {
            return Ok(None);
        };
        let (environment, cpi) = (self.environment, &self.cpi);
        if !vm::is_usable(environment, book, cpi, &self.instance, &vm)? {
            return Ok(None);
        }
        if !book.section.vm(&vm).is_some_and(|record| record.has_metadata) {
            vm::set_metadata(environment, book, cpi, &vm)?;
        }
        Ok(Some(vm))
    }

    /// Jobs run as long as they can: they are stopped once everything is there for the new ones.
    fn go_on_with(&self, book: &mut Book<'_>, vm: &VmCid) -> Result<(), Error> {
        let spec = self.upload(book, vm)?;
        vm::stop_jobs(self.environment, &self.instance)?;
        self.disks(vm).settle(book, &self.plan.disk)?;
        self.start(book, &spec)
    }

    fn disks<'a>(&'a self, vm: &'a VmCid) -> Disks<'a, 'a> {
        Disks { environment: self.environment, cpi: &self.cpi, instance: &self.instance, vm }
    }

    /// Gives the agent all that it needs to run the jobs.
    fn upload(&self, book: &mut Book<'_>, vm: &VmCid) -> Result<ApplySpec, Error> {
        let (environment, instance) = (self.environment, &self.instance);
        let manifest = environment.manifest;
        let group = &manifest.instance_group;
        let mut spec = ApplySpec::initial(&manifest.name, &group.name, group.networks_argument());
        let rendered = self.rendered_jobs(&spec)?;
        let (releases, stemcell) = (&self.prepared.releases, &self.prepared.stemcell);
        spec.packages = packages::provide(environment, book, instance, releases, stemcell, vm)?;
        for (_, job) in releases.group_jobs(environment)? {
            spec = spec.with_job(&job.name, &job.fingerprint);
        }
        let blobstore_id = instance.say("blobs", |agent| agent.put_blob(&rendered.path))?;
        spec.rendered_templates_archive = BlobRef { blobstore_id, sha1: rendered.digest };
        Ok(spec)
    }

    /// The archive of rendered jobs. An address that the cloud gives is asked of the agent.
    fn rendered_jobs(&self, initial: &ApplySpec) -> Result<jobs::RenderedJobs, Error> {
        let (environment, instance) = (self.environment, &self.instance);
        let folder = self.installation.temporary();
        let network = environment.manifest.instance_group.main_network();
        let dynamic = network.filter(|network| network.kind == NetworkKind::Dynamic);
        let Some(network) = dynamic else { return jobs::pack(&self.prepared.jobs, &folder) };
        // An agent fills the addresses in when it applies.
        let patience = instance.patient();
        instance.say("apply", |agent| agent.apply(initial, patience))?;
        let state = instance.say("get_state", Agent::state)?;
        let address = state.address(&network.name).ok_or_else(|| Error::Invalid {
            path: format!("networks '{}'", network.name),
            message: "the agent knows no address of the VM in this network".to_owned(),
        })?;
        let files = jobs::render(environment, &self.prepared.releases, address)?;
        jobs::pack(&files, &folder)
    }

    /// Applies and starts the jobs, and waits until they run.
    fn start(&self, book: &mut Book<'_>, spec: &ApplySpec) -> Result<(), Error> {
        let (instance, steps) = (&self.instance, self.steps());
        let name = format!("{}/0", self.environment.manifest.instance_group.name);
        let watch = self.environment.manifest.watch_time;
        steps.step(&format!("Updating instance '{name}'"), || {
            instance.say("stop", |agent| agent.stop(instance.patient()))?;
            let applied = instance.say("apply", |agent| agent.apply(spec, instance.patient()));
            if applied.is_err()
                && let Some(record) = &mut book.section.vm
            {
                // Perhaps a package is not in the agent's store any more.
                record.packages.clear();
                book.save()?;
            }
            applied?;
            instance
                .say("run_script", |agent| agent.run_script("pre-start", instance.patient()))?;
            Ok(instance.say("start", Agent::start)?)
        })?;
        steps.step(&format!("Waiting for instance '{name}' to be running"), || {
            instance.wait_running(watch.least, watch.most)
        })?;
        steps.step(&format!("Running the post-start scripts '{name}'"), || {
            Ok(instance
                .say("run_script", |agent| agent.run_script("post-start", instance.patient()))?)
        })
    }

    /// The environment is what the manifest says, from now on.
    fn record(&self, book: &mut Book<'_>) -> Result<(), Error> {
        let releases = self.prepared.releases.versions();
        book.state.releases =
            releases.map(|(name, version)| ReleaseRecord::new(name, version)).collect();
        book.state.current_release_ids =
            book.state.releases.iter().map(|release| release.id.clone()).collect();
        book.state.current_manifest_sha = Some(self.environment.manifest_sha.to_owned());
        book.section.deployed.clone_from(&self.prepared.digests);
        Ok(book.save()?)
    }

    /// Deletes what the new VM does not need, now that it has proved itself.
    fn delete_unused(&self, book: &mut Book<'_>) -> Result<(), Error> {
        disk::delete_unused(self.environment, book, &self.cpi)?;
        delete_unused_stemcells(self.steps(), book, &self.cpi)?;
        self.steps().step("Cleaning up rendered CPI jobs", || self.installation.clean_up())
    }
}

/// Deletes stemcells that are not the VM's. What fails is told, and tried again by the next run.
pub(crate) fn delete_unused_stemcells(
    steps: Steps<'_>,
    book: &mut Book<'_>,
    cpi: &Cpi<'_>,
) -> Result<(), Error> {
    let unused: Vec<StemcellCid> =
        book.state.unused_stemcells().map(|stemcell| stemcell.cid.clone()).collect();
    for cid in unused {
        let step = format!("Deleting unused stemcell '{cid}'");
        disk::tolerate(steps, delete_stemcell(steps, book, cpi, &cid, &step))?;
    }
    Ok(())
}

/// Deletes a stemcell.
pub(crate) fn delete_stemcell(
    steps: Steps<'_>,
    book: &mut Book<'_>,
    cpi: &Cpi<'_>,
    cid: &StemcellCid,
    step: &str,
) -> Result<(), Error> {
    steps.skippable(step, || {
        let deleted =
            cpi.change(book, Change::DeleteStemcell { cid: cid.clone() }, json!([cid]))?;
        Ok(((), (deleted == Deleted::GoneBefore).then_some(Skipped("Stemcell not found"))))
    })
}
