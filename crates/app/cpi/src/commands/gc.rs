//! `cpi gc`: finds what the journal cannot.

use super::person::{ProviderArgs, age, block_on, parse_age, table};
use crate::stdout;
use anyhow::{Context, bail};
use clap::Args;
use cpi_kit::{Found, GcPolicy, Persistent, Verdict};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// List what bears this director's mark and no director knows; with --delete, delete it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi --config cpi.json gc --director-uuid 5c9f…\n  \
    cpi --config cpi.json gc --director-uuid 5c9f… --older-than 2h --delete")]
pub struct Gc {
    /// Delete what the table says `delete` of.
    #[arg(long)]
    delete: bool,

    /// Leave alone what is younger: 90s, 15m, 24h, 7d.
    #[arg(long, value_name = "AGE", default_value = "24h", value_parser = parse_age)]
    older_than: Duration,

    /// Persistent disks, snapshots and finished stemcells too.
    #[arg(long)]
    include_persistent: bool,

    /// A file with the CIDs that the director knows, one a line (`bosh vms --json`, `bosh
    /// disks`, `bosh stemcells`). With it, what was known once and is in no journal is deleted too.
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    whose: ProviderArgs,
}

impl Gc {
    /// Lists, and deletes.
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        if !self.whose.names_a_director()? {
            bail!("whose things? Say --director-uuid UUID; `bosh env` tells it");
        }
        let cloud = self.whose.cloud(config)?;
        let policy = self.policy()?;
        block_on(async {
            let found = cloud.garbage(&policy).await?;
            let mut failed = Vec::new();
            for row in found.iter().filter(|row| self.delete && row.verdict == Verdict::Delete) {
                if let Err(error) = cloud.delete_garbage(row).await {
                    failed.push(format!("{} {}: {error}", row.kind, row.name));
                }
            }
            self.show(&found, &failed)?;
            Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }

    fn policy(&self) -> anyhow::Result<GcPolicy> {
        let known = match &self.keep {
            None => None,
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                let cids = text.lines().map(str::trim).filter(|cid| !cid.is_empty());
                Some(cids.map(str::to_owned).collect::<BTreeSet<_>>())
            }
        };
        let persistent =
            if self.include_persistent { Persistent::Included } else { Persistent::Kept };
        Ok(GcPolicy { older_than: self.older_than, persistent, known })
    }

    fn show(&self, found: &[Found], failed: &[String]) -> anyhow::Result<()> {
        if self.json {
            let report = json!({"found": found, "deleted": self.delete, "failed": failed});
            stdout::write_line(&format!("{report:#}"))?;
            return Ok(());
        }
        if found.is_empty() {
            stdout::write_line("Nothing here bears this director's mark.")?;
            return Ok(());
        }
        let mut table = table(&["kind", "CID", "name", "age", "verdict", "reason"]);
        for row in found {
            let age = age(Duration::from_secs(row.age));
            let verdict = self.verdict(row);
            table.add_row([row.kind, &row.cid, &row.name, &age, verdict, row.reason]);
        }
        stdout::write_line(&table.to_string())?;
        for line in failed {
            stdout::write_line(&format!("not deleted: {line}"))?;
        }
        Ok(())
    }

    fn verdict(&self, row: &Found) -> &'static str {
        match row.verdict {
            Verdict::Keep => "keep",
            Verdict::List => "look",
            Verdict::Delete if self.delete => "deleted",
            Verdict::Delete => "delete",
        }
    }
}
