//! `cpi recover`: finishes what dead calls left open, now.

use super::person::ProviderArgs;
use crate::{stdout, terminal};
use clap::Args;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Undo what calls that died, or gave up, left open. Every call does this first; here it is
/// insisted on. Fails if something is left.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi --config cpi.json recover\n  \
    cpi --config cpi.json recover --context other-cloud.json")]
pub struct Recover {
    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    whose: ProviderArgs,
}

impl Recover {
    /// Recovers.
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let target = self.whose.target(config)?;
        let recovery = target.wait(async { Ok(target.provider.recover().await?) })?;
        let undone: Vec<_> = recovery.undone.iter().map(ToString::to_string).collect();
        let left: Vec<_> = recovery
            .left
            .iter()
            .flat_map(|(id, left)| left.iter().map(move |left| (id.to_string(), left.to_string())))
            .collect();
        if self.json {
            let left: Vec<_> =
                left.iter().map(|(id, what)| json!({"operation": id, "left": what})).collect();
            stdout::write_line(&format!("{:#}", json!({"undone": undone, "left": left})))?;
        } else {
            stdout::write_line(&format!("{} undone, {} left", undone.len(), left.len()))?;
            if !left.is_empty() {
                let mut table = terminal::table(&["operation", "left"]);
                table.add_rows(left.iter().map(|(id, what)| [id, what]));
                stdout::write_line(&terminal::text(&table))?;
            }
        }
        Ok(if left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
