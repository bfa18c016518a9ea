//! How faithful the simulator is, measured.
//!
//! `fidelity` replays every transcript of a real CloudStack in `../shared/transcripts` and
//! `../shared/transcripts-new` (beside the workspace), and in the folder that `TRANSCRIPTS` names,
//! against a fresh simulator each, over HTTP with signed requests, at the times that the walk tells
//! (`timeline.rs`). Who walked, and what a walk's own lists show and the walk did not make, is put
//! into the world before (`fit.rs`, `before.rs`); what they cannot show is in `settings.yaml`. It
//! compares status, envelope, error codes, job results, the fields with their JSON types, and the
//! values that mean something; ids are mapped as they appear, and the polls of one job are one line,
//! which agrees if each of them does. It prints agreeing/total, and fails under 99 % in any transcript, on a difference that `deviations.yaml` does not list, and on a listed one that no
//! longer occurs. Without transcripts it says that it skipped itself.
//!
//! `golden` replays `tests/golden/walk.jsonl`, a walk recorded from the simulator itself, so that
//! every clone notices when an answer changes. To record it anew after a wanted change:
//! `RECORD_GOLDEN=1 cargo test -p simulator --test fidelity golden`. To lengthen it, append a line
//! `{"method":"POST","params":{"command":"…","response":"json",…}}` with ids as they stand in the
//! file, and record; an id that the file does not show yet needs a second recording.

mod before;
mod bindings;
mod caller;
mod cloud;
mod compare;
mod deviations;
mod fit;
mod replay;
mod score;
mod setting;
mod thread;
mod timeline;
mod transcript;
mod windows;

use deviations::{Deviations, Verdict};
use replay::{Outcome, Replay};
use score::Score;
use setting::Setting;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use transcript::Line;

/// The least share of agreeing lines in each transcript.
const LEAST_PER_CENT: f64 = 99.0;

/// The simulator answers a CPI's walk as the recorded CloudStack did.
#[tokio::test]
async fn fidelity() {
    let files = transcripts();
    if files.is_empty() {
        eprintln!(
            "skipped: no transcripts in {} nor in TRANSCRIPTS",
            shared("transcripts").display()
        );
        return;
    }
    let mut deviations = Deviations::read(&here("deviations.yaml"));
    let mut scores = Vec::new();
    for file in &files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let setting = setting::of(&name, &here("settings.yaml"));
        let lines = transcript::read(file);
        let (outcomes, mishaps) = Replay::start(&setting, &lines).await.run().await;
        let mut score = judge(&setting, outcomes, &mut deviations);
        score.unlisted.splice(0..0, mishaps);
        scores.push(score);
    }
    score::print(&scores);
    for (name, lines) in deviations.seen() {
        eprintln!("{lines:>5} lines differ as listed under {name}");
    }
    let replayed: Vec<String> = scores.iter().map(|score| score.transcript.clone()).collect();
    let gone = deviations.gone(&replayed);
    assert!(gone.is_empty(), "these deviations no longer occur; take them off the list: {gone:?}");
    for score in &scores {
        assert!(score.unlisted.is_empty(), "{}: unlisted deviations, see above", score.transcript);
        assert!(
            score.all.share() >= LEAST_PER_CENT,
            "{}: under {LEAST_PER_CENT} %",
            score.transcript
        );
    }
}

/// The simulator answers our own walk as it did when it was recorded.
#[tokio::test]
async fn golden() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/walk.jsonl");
    let lines = transcript::read(&file);
    let setting = Setting { transcript: "golden".to_owned(), ..Setting::default() };
    let (outcomes, _) = Replay::start(&setting, &lines).await.run().await;
    if std::env::var_os("RECORD_GOLDEN").is_some() {
        record(&file, &outcomes);
        return;
    }
    let mut wrong = Vec::new();
    for outcome in &outcomes {
        for one in &outcome.differences {
            let command = outcome.step.line.command();
            wrong.push(format!("{} {command}: {}: {}", outcome.step.number, one.path, one.text));
        }
    }
    assert!(
        wrong.is_empty(),
        "if wanted, record anew (see the top of main.rs):\n{}",
        wrong.join("\n")
    );
}

fn judge(setting: &Setting, outcomes: Vec<Outcome>, deviations: &mut Deviations) -> Score {
    let name = &setting.transcript;
    let mut score = Score { transcript: name.clone(), ..Score::default() };
    let mut polled: BTreeMap<String, bool> = BTreeMap::new();
    for outcome in outcomes {
        let (number, command) = (outcome.step.number, outcome.step.line.command());
        let agrees = match deviations.judge(name, number, outcome.differences) {
            Verdict::LeftOut => continue,
            Verdict::Agrees => true,
            Verdict::Listed(names) => {
                eprintln!("{name}: {number} {command}: listed as {}", names.join(", "));
                false
            }
            Verdict::Unlisted(unlisted) => {
                let texts: Vec<String> =
                    unlisted.iter().map(|one| format!("    {}: {}", one.path, one.text)).collect();
                score.unlisted.push(format!("{number} {command}\n{}", texts.join("\n")));
                false
            }
        };
        // All polls of a job are one line.
        let agrees = match &outcome.step.polls {
            Some(job) => {
                let all = polled.entry(job.clone()).or_insert(true);
                *all &= agrees;
                *all
            }
            None => agrees,
        };
        if !outcome.step.asked_again {
            score.add(command, agrees);
        }
    }
    score
}

/// Writes the walk with the answers of today, every job's polls as one line.
fn record(file: &Path, outcomes: &[Outcome]) {
    let lines: Vec<String> = outcomes
        .iter()
        .map(|outcome| {
            let params =
                outcome.sent.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
            let line = Line {
                ms: 0.0,
                method: outcome.step.line.method.clone(),
                params: params.collect(),
                status: outcome.reply.status,
                content_type: outcome.reply.content_type.clone(),
                body: outcome.reply.body.clone(),
            };
            serde_json::to_string(&line).expect("a line is JSON")
        })
        .collect();
    std::fs::write(file, lines.join("\n") + "\n").expect("the walk can be written");
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fidelity").join(file)
}

fn shared(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../../shared").join(folder)
}

/// The transcripts of all folders, in the order of their names.
fn transcripts() -> Vec<PathBuf> {
    let named = std::env::var_os("TRANSCRIPTS").map(PathBuf::from);
    let folders = ["transcripts", "transcripts-new"].map(shared).into_iter().chain(named);
    let mut files: Vec<PathBuf> = folders
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    files.dedup_by(|one, other| one.file_name() == other.file_name());
    files
}
