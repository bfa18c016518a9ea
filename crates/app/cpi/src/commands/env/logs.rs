//! `env logs`: the logs of an environment's VM.

use super::arguments::EnvironmentArguments;
use super::exit::{Failure, exit_codes};
use super::session::run;
use bosh_agent::Patience;
use clap::Args;
use serde_json::json;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Fetch the logs of the VM's jobs, or of its agent, as a tarball.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  cpi env logs bosh.yml -l vars.yml --vars-store creds.yml --to logs.tgz\n\n",
    exit_codes!()
))]
pub struct LogsEnv {
    #[command(flatten)]
    environment: EnvironmentArguments,

    /// The agent's logs instead of the jobs'.
    #[arg(long)]
    agent: bool,

    /// Only files that match, such as '*/*.log'; may be given several times.
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,

    /// Where to write them. Default: NAME-logs.tgz in this folder.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl LogsEnv {
    /// Fetches them.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        run(&self.environment, |session, output| {
            let agent = session.reachable_agent()?;
            let kind = if self.agent { "agent" } else { "job" };
            let patience = Patience::default();
            let answer = agent.run("fetch_logs", json!([kind, self.only]), patience)?;
            let blob = answer["blobstore_id"].as_str().ok_or_else(|| {
                Failure::machine("the agent names no blob with the logs in its answer")
            })?;
            let path = self.to.clone();
            let name = format!("{}-logs.tgz", session.manifest.name);
            let path = path.unwrap_or_else(|| PathBuf::from(name));
            let folder = path.parent().filter(|folder| *folder != std::path::Path::new(""));
            let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(".".as_ref()))?;
            agent.get_blob(blob, &mut file)?;
            file.flush()?;
            file.persist(&path).map_err(|error| error.error)?;
            output.say(&format!("Logs: '{}'", path.display()));
            Ok(())
        })
    }
}
