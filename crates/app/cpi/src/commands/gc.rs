//! `cpi gc`: finds what the journal cannot.

use super::known_cids::KnownCids;
use super::person::{ProviderArgs, Target, age, parse_age};
use crate::{stdout, terminal};
use anyhow::{Result, bail};
use clap::Args;
use cpi_kit::{Found, GcPolicy, Persistent, Verdict};
use serde_json::json;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use uuid::Uuid;

/// List what bears this director's mark and no director knows; with --delete, delete it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cpi gc --director-uuid 5c9f1b1e-0000-4000-8000-000000000001\n  \
    bosh vms --json > vms.json\n  \
    cpi gc --director-uuid 5c9f1b1e-0000-4000-8000-000000000001 --keep vms.json --delete"
)]
pub struct Gc {
    /// Delete what the table says `delete` of, after having asked.
    #[arg(long)]
    delete: bool,

    /// Delete without asking, for scripts.
    #[arg(long, requires = "delete")]
    yes: bool,

    /// Delete VMs too that run now; otherwise they stay, whatever else says delete.
    #[arg(long, requires = "delete")]
    delete_running: bool,

    /// Leave alone what is younger: 90s, 15m, 24h, 7d.
    #[arg(long, value_name = "AGE", default_value = "24h", value_parser = parse_age)]
    older_than: Duration,

    /// Persistent disks, snapshots and finished stemcells too.
    #[arg(long)]
    include_persistent: bool,

    /// A file with the CIDs that the director knows: the output of `bosh vms`, `bosh disks` or
    /// `bosh stemcells`, with --json or without, or a list; may be given several times. With it,
    /// what was known once and is in no journal is deleted too.
    #[arg(long, value_name = "FILE")]
    keep: Vec<PathBuf>,

    /// The journal is empty because it was lost: go by --keep alone.
    #[arg(long, requires = "keep")]
    journal_lost: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    whose: ProviderArgs,
}

/// What came of it.
#[derive(Default)]
struct Deletion {
    deleted: Vec<String>,
    failed: Vec<String>,
}

impl Gc {
    /// Lists, and deletes.
    pub fn run(self, config: Option<&Path>) -> Result<ExitCode> {
        let known = KnownCids::read(&self.keep)?;
        let target = self.whose.target(config)?;
        require_director(&target)?;
        self.require_journal(&target)?;
        let persistent =
            if self.include_persistent { Persistent::Included } else { Persistent::Kept };
        let policy = GcPolicy {
            older_than: self.older_than,
            persistent,
            known: known.as_ref().map(|known| known.cids.clone()),
        };
        let found = target.wait(async { Ok(target.provider.garbage(&policy).await?) })?;
        if let Some(known) = &known {
            known.require_match(found.iter().map(|row| row.cid.as_str()))?;
        }
        let doomed: Vec<_> = found.iter().filter(|row| self.is_doomed(row)).collect();
        if !self.json {
            self.show(&found)?;
        }
        let mut deletion = Deletion::default();
        if !doomed.is_empty() && self.is_agreed(doomed.len())? {
            deletion = target.wait(async { Ok(delete(&target, &doomed).await) })?;
        }
        self.show_end(&found, &deletion)?;
        Ok(if deletion.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// From where no call has ever been journaled, everything looks unknown.
    fn require_journal(&self, target: &Target) -> Result<()> {
        if self.journal_lost {
            return Ok(());
        }
        let remedy = "run this where the director runs the CPI, with its config; where the journal \
                      was lost, say --journal-lost and what the director knows with --keep";
        if !target.keeps_a_journal() {
            bail!("there is no journal in {}: {remedy}", target.folder.display());
        }
        let operations = async { Ok(target.provider.ledger().await?.operations().await?) };
        if self.delete && target.wait(operations)?.is_empty() {
            bail!("the journal in {} is empty: {remedy}", target.folder.display());
        }
        Ok(())
    }

    fn is_doomed(&self, row: &Found) -> bool {
        self.delete && row.verdict == Verdict::Delete && (self.delete_running || !row.is_running())
    }

    /// Whether a person agrees, or has said so beforehand.
    fn is_agreed(&self, count: usize) -> Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            bail!("{count} would be deleted, and nobody can be asked: say --yes");
        }
        eprint!("Delete these {count}? This cannot be undone. Type yes: ");
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim() == "yes")
    }

    fn show(&self, found: &[Found]) -> Result<()> {
        if found.is_empty() {
            stdout::write_line("Nothing here bears this director's mark.")?;
            return Ok(());
        }
        let mut table = terminal::table(&["kind", "CID", "name", "age", "verdict", "reason"]);
        for row in found {
            let age = age(Duration::from_secs(row.age));
            table.add_row([row.kind, &row.cid, &row.name, &age, self.verdict(row), row.reason]);
        }
        stdout::write_line(&terminal::text(&table))?;
        Ok(())
    }

    fn verdict(&self, row: &Found) -> &'static str {
        match row.verdict {
            Verdict::Keep => "keep",
            Verdict::List => "look",
            Verdict::Delete if row.is_running() && !self.delete_running => "keep: it runs",
            Verdict::Delete => "delete",
        }
    }

    fn show_end(&self, found: &[Found], deletion: &Deletion) -> Result<()> {
        let Deletion { deleted, failed } = deletion;
        if self.json {
            let report = json!({"found": found, "deleted": deleted, "failed": failed});
            stdout::write_line(&format!("{report:#}"))?;
            return Ok(());
        }
        for line in failed {
            stdout::write_line(&format!("not deleted: {line}"))?;
        }
        if self.delete {
            stdout::write_line(&format!("{} deleted, {} failed", deleted.len(), failed.len()))?;
        }
        Ok(())
    }
}

/// A mark that is misspelt would make the whole account look like somebody else's, or ours.
fn require_director(target: &Target) -> Result<()> {
    let Some(director) = &target.director else {
        bail!("whose things? Say --director-uuid UUID; `bosh env` tells it");
    };
    if Uuid::parse_str(director).is_err() {
        bail!("--director-uuid {director}: expected a UUID such as {}", Uuid::nil());
    }
    Ok(())
}

async fn delete(target: &Target, doomed: &[&Found]) -> Deletion {
    let mut deletion = Deletion::default();
    for row in doomed {
        match target.provider.delete_garbage(row).await {
            Ok(()) => deletion.deleted.push(row.cid.clone()),
            Err(error) => deletion.failed.push(format!("{} {}: {error}", row.kind, row.name)),
        }
    }
    deletion
}
