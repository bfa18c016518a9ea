//! `env plan`: what a run would change.

use super::arguments::{CreateArguments, EnvironmentArguments};
use super::exit::{Failure, FailureKind, exit_codes};
use super::output::Output;
use super::session::{Session, run};
use clap::Args;
use create_env::Plan;
use std::process::ExitCode;

/// Show what create-env would change, and which CIDs would be deleted. Nothing is changed.
///
/// Releases and stemcell are fetched and checked, and templates are rendered, as create-env does
/// before it touches anything.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  cpi env plan bosh.yml -l vars.yml --vars-store creds.yml --check\n\n",
    exit_codes!()
))]
pub struct PlanEnv {
    #[command(flatten)]
    environment: EnvironmentArguments,

    #[command(flatten)]
    create: CreateArguments,

    /// End with exit code 8 if something is to be done.
    #[arg(long)]
    check: bool,
}

impl PlanEnv {
    /// Shows the plan.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        run(&self.environment, |session, output| {
            self.create.put(&mut session.options);
            let plan = show_plan(session, output)?;
            if self.check && !plan.unchanged {
                return Err(Failure::new(FailureKind::Pending, "something is to be done"));
            }
            Ok(())
        })
    }
}

/// Makes the plan, and shows it.
pub fn show_plan(session: &Session, output: &dyn Output) -> Result<Plan, Failure> {
    let plan = session.with(output, create_env::plan)?;
    output.plan(&plan);
    Ok(plan)
}
