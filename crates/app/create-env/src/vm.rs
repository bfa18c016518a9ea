//! The VM: made, found again, stopped and deleted.

use crate::cpi::{Cpi, Deleted, unrecorded};
use crate::environment::Environment;
use crate::error::Error;
use crate::event::{Skipped, Steps};
use crate::instance::Instance;
use crate::plan::vm_env;
use crate::state::book::Book;
use crate::state::{Change, StemcellRecord, new_id};
use bosh_agent::{Agent, AgentError};
use bosh_cpi::VmCid;
use serde_json::{Map, Value, json};

/// The name of the instance where a manifest's is not known, as the CLI has it.
const UNKNOWN: &str = "unknown/0";

/// Makes a VM, and waits until its agent answers.
pub(crate) fn create(
    environment: &Environment<'_>,
    book: &mut Book<'_>,
    cpi: &Cpi<'_>,
    instance: &Instance<'_>,
    stemcell: &StemcellRecord,
    made_of: &str,
) -> Result<VmCid, Error> {
    let steps = environment.steps();
    let manifest = environment.manifest;
    let group = &manifest.instance_group.name;
    let step = format!("Creating VM for instance '{group}/0' from stemcell '{}'", stemcell.cid);
    let agent_id = new_id();
    let vm = steps.step(&step, || {
        let disks: Vec<&str> = book.state.disks.iter().map(|disk| disk.cid.as_str()).collect();
        let arguments = json!([
            agent_id,
            stemcell.cid,
            manifest.resource_pool.cloud_properties,
            manifest.instance_group.networks_argument(),
            disks,
            vm_env(environment),
        ]);
        let change = Change::CreateVm {
            agent_id: agent_id.clone(),
            stemcell: stemcell.id.clone(),
            made_of: made_of.to_owned(),
        };
        cpi.change(book, change, arguments)?;
        let vm = book.state.current_vm_cid.clone().ok_or_else(|| unrecorded("create_vm"))?;
        set_metadata(environment, book, cpi, &vm)?;
        Ok(vm)
    })?;
    wait(environment, instance, &vm, Some(&agent_id))?;
    Ok(vm)
}

/// Waits until the agent of a VM that boots answers.
pub(crate) fn wait(
    environment: &Environment<'_>,
    instance: &Instance<'_>,
    vm: &VmCid,
    agent_id: Option<&str>,
) -> Result<(), Error> {
    let step = format!("Waiting for the agent on VM '{vm}' to be ready");
    let limit = environment.options.agent_timeout;
    environment.steps().step(&step, || Ok(instance.wait(limit, agent_id)?))
}

/// Sets the VM's metadata, and remembers it.
pub(crate) fn set_metadata(
    environment: &Environment<'_>,
    book: &mut Book<'_>,
    cpi: &Cpi<'_>,
    vm: &VmCid,
) -> Result<(), Error> {
    let group = &environment.manifest.instance_group.name;
    let mut metadata = metadata(environment);
    metadata.insert("job".to_owned(), json!(group));
    metadata.insert("index".to_owned(), json!("0"));
    metadata.insert("name".to_owned(), json!(format!("{group}/0")));
    metadata.insert("created_at".to_owned(), json!(now()));
    let metadata = tagged(environment, metadata);
    cpi.set_metadata("set_vm_metadata", json!([vm, metadata]))?;
    if let Some(record) = &mut book.section.vm {
        record.has_metadata = true;
        book.save()?;
    }
    Ok(())
}

/// What VMs and disks have in common; tags come over it.
pub(crate) fn metadata(environment: &Environment<'_>) -> Map<String, Value> {
    let manifest = environment.manifest;
    let metadata = json!({
        "director": "bosh-init",
        "deployment": manifest.name,
        "instance_group": manifest.instance_group.name,
    });
    metadata.as_object().cloned().unwrap_or_default()
}

/// Tags come over everything.
pub(crate) fn tagged(
    environment: &Environment<'_>,
    mut metadata: Map<String, Value>,
) -> Map<String, Value> {
    let tags = environment.manifest.tags.iter();
    metadata.extend(tags.map(|(name, value)| (name.clone(), json!(value))));
    metadata
}

/// RFC 3339.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Whether the VM that is recorded is there and its agent answers, so that it can be used.
pub(crate) fn is_usable(
    environment: &Environment<'_>,
    book: &Book<'_>,
    cpi: &Cpi<'_>,
    instance: &Instance<'_>,
    vm: &VmCid,
) -> Result<bool, Error> {
    let steps = environment.steps();
    if !cpi.has_vm(vm.as_str())? {
        steps.warn(format!("VM '{vm}' is gone: another one is made"));
        return Ok(false);
    }
    let agent_id = book.section.vm(vm).map(|record| record.agent_id.clone());
    let step = format!("Waiting for the agent on VM '{vm}'");
    let reached = steps.step(&step, || {
        match instance.wait(environment.options.reach_timeout, agent_id.as_deref()) {
            Err(error) if error.is_interruption() => Err(error.into()),
            outcome => Ok(outcome),
        }
    })?;
    if let Err(error) = reached {
        steps.warn(format!("VM '{vm}' is replaced, since its agent does not answer: {error}"));
        return Ok(false);
    }
    Ok(true)
}

/// Stops the jobs as one does before something is changed below them.
pub(crate) fn stop_jobs(
    environment: &Environment<'_>,
    instance: &Instance<'_>,
) -> Result<(), Error> {
    let steps = environment.steps();
    let message = |step: &str, what: &str, act: &dyn Fn(&Agent) -> Result<(), AgentError>| {
        steps.step(&format!("{step} '{UNKNOWN}'"), || Ok(instance.say(what, act)?))
    };
    message("Running the pre-stop scripts", "run_script", &|agent| {
        agent.run_script("pre-stop", instance.patient())
    })?;
    if !environment.options.skip_drain {
        message("Draining jobs on instance", "drain", &|agent| agent.drain(instance.stoppable()))?;
    }
    message("Stopping jobs on instance", "stop", &|agent| agent.stop(instance.patient()))?;
    message("Running the post-stop scripts", "run_script", &|agent| {
        agent.run_script("post-stop", instance.patient())
    })
}

/// Unmounts whatever is mounted.
fn unmount_disks(steps: Steps<'_>, instance: &Instance<'_>) -> Result<(), Error> {
    for disk in instance.say("list_disk", Agent::mounted_disks)? {
        steps.step(&format!("Unmounting disk '{disk}'"), || {
            Ok(instance
                .say("unmount_disk", |agent| agent.unmount_disk(&disk, instance.patient()))?)
        })?;
    }
    Ok(())
}

/// Deletes the current VM, after its jobs are stopped and its disks unmounted as far as its agent
/// can be reached.
pub(crate) fn delete(
    environment: &Environment<'_>,
    book: &mut Book<'_>,
    cpi: &Cpi<'_>,
    instance: &Instance<'_>,
    vm: &VmCid,
) -> Result<(), Error> {
    let steps = environment.steps();
    if cpi.has_vm(vm.as_str())? {
        shut_down(environment, instance, vm)?;
    }
    steps.skippable(&format!("Deleting VM '{vm}'"), || {
        let deleted = cpi.change(book, Change::DeleteVm { cid: vm.clone() }, json!([vm]))?;
        Ok(((), (deleted == Deleted::GoneBefore).then_some(Skipped("VM not found"))))
    })
}

/// An agent that does not answer stops nobody from deleting its VM; its disk is then as after a
/// power failure.
fn shut_down(
    environment: &Environment<'_>,
    instance: &Instance<'_>,
    vm: &VmCid,
) -> Result<(), Error> {
    let steps = environment.steps();
    let step = format!("Waiting for the agent on VM '{vm}'");
    let reached = steps.step(&step, || Ok(instance.wait(environment.options.reach_timeout, None)?));
    let outcome = reached
        .and_then(|()| stop_jobs(environment, instance))
        .and_then(|()| unmount_disks(steps, instance));
    match outcome {
        Err(Error::Agent(error)) if !error.is_interruption() => {
            steps.warn(format!("VM '{vm}' is deleted without having been stopped: {error}"));
            Ok(())
        }
        outcome => outcome,
    }
}
