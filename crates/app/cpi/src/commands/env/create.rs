//! `create-env`, `delete-env`, `stop-env` and `start-env`.

use super::arguments::{CreateArguments, EnvironmentArguments, InstallArguments, StopArguments};
use super::exit::{Failure, FailureKind, exit_codes};
use super::output::{Output, ask};
use super::plan::show_plan;
use super::session::{Session, run};
use clap::Args;
use create_env::Created;
use std::process::ExitCode;

/// Bring up an environment, or change it to what its manifest says.
///
/// Takes the manifests, flags, state files and variables of the bosh CLI; both can be used in turn
/// on one environment. Everything that can fail without a VM is tried before anything is touched.
/// A run that broke off is gone on with by the next one.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n  cpi create-env --embedded manifests/rehearsal.yml\n  \
     cpi create-env bosh.yml -o cpi.yml -l vars.yml --vars-store creds.yml\n\n",
    exit_codes!()
))]
pub struct CreateEnv {
    #[command(flatten)]
    environment: EnvironmentArguments,

    #[command(flatten)]
    create: CreateArguments,

    #[command(flatten)]
    install: InstallArguments,

    /// Show what would change, and change nothing, as `env plan` does.
    #[arg(long)]
    dry_run: bool,
}

/// Delete an environment: its VM, disks and stemcells, and its state file.
///
/// Running deployments of a director are not deleted with it.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n  cpi delete-env --embedded manifests/rehearsal.yml\n  \
     cpi delete-env bosh.yml -o cpi.yml -l vars.yml --vars-store creds.yml\n\n",
    exit_codes!()
))]
pub struct DeleteEnv {
    #[command(flatten)]
    environment: EnvironmentArguments,

    #[command(flatten)]
    stop: StopArguments,

    #[command(flatten)]
    install: InstallArguments,

    /// Leave the persistent disks in the cloud, and in the state file.
    #[arg(long)]
    keep_disks: bool,
}

/// Stop the jobs of an environment's VM. The VM stays.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  cpi stop-env bosh.yml -l vars.yml --vars-store creds.yml\n\n",
    exit_codes!()
))]
pub struct StopEnv {
    #[command(flatten)]
    environment: EnvironmentArguments,

    #[command(flatten)]
    stop: StopArguments,
}

/// Start the jobs of an environment's VM, and wait until they run.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  cpi start-env bosh.yml -l vars.yml --vars-store creds.yml\n\n",
    exit_codes!()
))]
pub struct StartEnv {
    #[command(flatten)]
    environment: EnvironmentArguments,
}

impl CreateEnv {
    /// Brings it up.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (create, install) = (self.create, self.install);
        run(&self.environment, |session, output| {
            create.put(&mut session.options);
            session.options.package_dir = install.package_dir;
            if self.dry_run {
                return show_plan(session, output).map(drop);
            }
            bring_up(session, output)
        })
    }

    /// The same, with a new VM in any case.
    pub fn recreating(mut self) -> Self {
        self.create.recreate = true;
        self
    }
}

/// Creates or changes the environment.
pub fn bring_up(session: &Session, output: &dyn Output) -> Result<(), Failure> {
    match session.with(output, create_env::create)? {
        Created::Unchanged => {
            output.say("No deployment, stemcell or release changes. Skipping deploy.");
        }
        Created::Deployed { .. } => {}
    }
    if let Some(embedded) = &session.embedded {
        output.say(&embedded.description());
    }
    Ok(())
}

impl DeleteEnv {
    /// Deletes it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let may_ask = self.environment.output.may_ask();
        run(&self.environment, |session, output| {
            session.options.skip_drain = self.stop.skip_drain;
            session.options.package_dir = self.install.package_dir;
            session.options.keep_disks = self.keep_disks;
            let question = format!(
                "This deletes the VM{} of '{}'. Continue?",
                if self.keep_disks { "" } else { ", the disks with their data" },
                session.manifest.name
            );
            if may_ask && !ask(&question) {
                let message = "not confirmed: nothing was changed";
                return Err(Failure::new(FailureKind::Refused, message));
            }
            tear_down(session, output)
        })
    }
}

/// Deletes the environment, and its embedded cloud if it has one.
pub fn tear_down(session: &mut Session, output: &dyn Output) -> Result<(), Failure> {
    session.with(output, create_env::delete)?;
    match session.embedded.take() {
        Some(embedded) => embedded.end(output),
        None => Ok(()),
    }
}

impl StopEnv {
    /// Stops the jobs.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        run(&self.environment, |session, output| {
            session.options.skip_drain = self.stop.skip_drain;
            session.with(output, create_env::stop)
        })
    }
}

impl StartEnv {
    /// Starts the jobs.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        run(&self.environment, |session, output| session.with(output, create_env::start))
    }
}
