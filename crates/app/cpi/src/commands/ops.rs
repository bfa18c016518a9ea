//! `cpi ops`: what the journal holds.

use super::person::{ProviderArgs, age};
use crate::{stdout, terminal};
use anyhow::{Context as _, bail};
use clap::Args;
use journal::{Journal, OperationId, OperationRow, OperationState, StepRow};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// List what calls have changed or are changing, of every account in the journal.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cpi --config cpi.json ops\n  cpi --config cpi.json ops --all --json\n  \
    cpi --config cpi.json ops --forget 019a0000000070008000000000000001"
)]
pub struct Ops {
    /// Finished ones too, as long as the journal keeps them (7 days).
    #[arg(long)]
    all: bool,

    /// Print JSON, with every step.
    #[arg(long)]
    json: bool,

    /// Give this abandoned operation up: a person has looked after what is left of it, and no
    /// call is to undo it any more.
    #[arg(long, value_name = "OPERATION", conflicts_with = "all")]
    forget: Option<String>,

    #[command(flatten)]
    whose: ProviderArgs,
}

/// An operation as people ask for it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    row: OperationRow,
    /// Whether a process works on it now.
    live: bool,
    steps: Vec<StepRow>,
}

impl Ops {
    /// Lists them.
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let target = self.whose.target(config)?;
        if !target.keeps_a_journal() {
            return self.show_nothing(&target.folder);
        }
        let cloud = &target.provider;
        if let Some(id) = &self.forget {
            target.wait(async { forget(cloud.ledger().await?, id).await })?;
        }
        let shown = target.wait(async { self.shown(cloud.ledger().await?).await })?;
        if self.json {
            stdout::write_line(&serde_json::to_string_pretty(&shown)?)?;
        } else if shown.is_empty() {
            stdout::write_line("Nothing is open.")?;
        } else {
            stdout::write_line(&render(&shown))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Who only looks makes no journal.
    fn show_nothing(&self, folder: &Path) -> anyhow::Result<ExitCode> {
        if let Some(id) = &self.forget {
            bail!("operation {id}: not found; there is no journal in {}", folder.display());
        }
        if self.json {
            stdout::write_line("[]")?;
        } else {
            let folder = folder.display();
            stdout::write_line(&format!("Nothing is open: there is no journal in {folder}."))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn shown(&self, ledger: &Journal) -> anyhow::Result<Vec<Shown>> {
        let mut shown = Vec::new();
        for row in ledger.operations().await? {
            use OperationState::{Answered, Unreadable};
            let open = row.state.is_unfinished() || matches!(row.state, Answered | Unreadable);
            if !open && !self.all {
                continue;
            }
            let live = row.state == OperationState::Open && ledger.is_live(row.id).await?;
            let steps = ledger.steps(row.id).await?;
            shown.push(Shown { row, live, steps });
        }
        Ok(shown)
    }
}

async fn forget(ledger: &Journal, id: &str) -> anyhow::Result<()> {
    let id = OperationId::parse(id).with_context(|| format!("'{id}' is no operation's id"))?;
    match ledger.forget(id, "given up with cpi ops --forget").await? {
        true => Ok(()),
        false => bail!("operation {id}: there is none that is open, and that no call works on"),
    }
}

fn render(shown: &[Shown]) -> String {
    let mut table =
        terminal::table(&["operation", "age", "method", "state", "CID", "left", "cloud"]);
    for Shown { row, live, .. } in shown {
        table.add_row([
            row.id.to_string(),
            age(row.id.age()),
            row.method.clone(),
            state(row.state, *live).to_owned(),
            row.cid.clone().unwrap_or_default(),
            row.note.clone().unwrap_or_default(),
            row.key.to_string(),
        ]);
    }
    terminal::text(&table)
}

fn state(state: OperationState, live: bool) -> &'static str {
    match (state, live) {
        (OperationState::Open, true) => "running",
        (OperationState::Open, false) => "abandoned: the next call undoes it",
        (OperationState::Unwinding, _) => "being undone: the next call goes on",
        (OperationState::Answered, _) => "answered, not named since",
        (OperationState::Known, _) => "answered and known",
        (OperationState::Done, _) => "done",
        (OperationState::Undone, _) => "undone",
        (OperationState::Unreadable, _) => "in a state that a newer release has written",
    }
}
