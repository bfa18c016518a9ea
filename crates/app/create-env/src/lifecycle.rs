//! `stop-env` and `start-env`: the jobs of a VM that stays, by its agent alone.

use crate::environment::Environment;
use crate::error::Error;
use crate::instance::Instance;
use crate::state::book::Book;
use crate::vm::stop_jobs;
use bosh_agent::Agent;

/// Stops the jobs.
///
/// # Errors
/// `NoEnvironment` without a state file or a VM; the agent's, if it cannot be reached.
pub fn stop(environment: &Environment<'_>) -> Result<(), Error> {
    let (_book, instance) = reach(environment)?;
    environment.steps().stage("stopping deployment", || {
        wait(environment, &instance)?;
        stop_jobs(environment, &instance)
    })
}

/// Starts the jobs, and waits until they run.
///
/// # Errors
/// As [`stop`]; `NotRunning`.
pub fn start(environment: &Environment<'_>) -> Result<(), Error> {
    let (_book, instance) = reach(environment)?;
    let steps = environment.steps();
    let watch = environment.manifest.watch_time;
    let name = format!("{}/0", environment.manifest.instance_group.name);
    steps.stage("starting deployment", || {
        wait(environment, &instance)?;
        steps.step(&format!("Running the pre-start scripts '{name}'"), || {
            Ok(instance
                .say("run_script", |agent| agent.run_script("pre-start", instance.patient()))?)
        })?;
        steps.step(&format!("Starting the agent '{name}'"), || {
            Ok(instance.say("start", Agent::start)?)
        })?;
        steps.step(&format!("Waiting for instance '{name}' to be running"), || {
            instance.wait_running(watch.least, watch.most)
        })?;
        steps.step(&format!("Running the post-start scripts '{name}'"), || {
            Ok(instance
                .say("run_script", |agent| agent.run_script("post-start", instance.patient()))?)
        })
    })
}

/// The state, which stays locked, and the agent of its VM.
fn reach<'a>(environment: &Environment<'a>) -> Result<(Book<'a>, Instance<'a>), Error> {
    let missing = || Error::NoEnvironment(environment.state.to_owned());
    let book = Book::open(environment.state, environment.reporter)?.ok_or_else(missing)?;
    if book.state.current_vm_cid.is_none() {
        return Err(missing());
    }
    let instance = Instance::new(environment, &book.state.director_id)?;
    Ok((book, instance))
}

fn wait(environment: &Environment<'_>, instance: &Instance<'_>) -> Result<(), Error> {
    let limit = environment.options.reach_timeout;
    environment.steps().step("Waiting for the agent", || Ok(instance.wait(limit, None)?))
}
