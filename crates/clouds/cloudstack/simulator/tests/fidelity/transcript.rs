//! A recorded walk: one HTTP call a line, the polls of one job made one step.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// One line of a transcript.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// How long the call took.
    #[serde(default)]
    pub ms: f64,
    /// `POST` or `GET`.
    pub method: String,
    /// What was sent, without key and signature.
    pub params: Map<String, Value>,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// The answer's content type.
    #[serde(default)]
    pub content_type: String,
    /// The answer.
    #[serde(default)]
    pub body: Value,
}

impl Line {
    /// The API call's name.
    pub fn command(&self) -> &str {
        self.params.get("command").and_then(Value::as_str).unwrap_or_default()
    }

    /// The parameters as text, in the order they were sent.
    pub fn texts(&self) -> Vec<(String, String)> {
        self.params.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }
}

/// A call of a walk.
#[derive(Debug, Clone)]
pub struct Step {
    /// The line in the file, from 1.
    pub number: usize,
    /// The call with its answer.
    pub line: Line,
    /// The job that it asks for, where that was there.
    pub polls: Option<String>,
    /// Whether a later line asks for the same job.
    pub asked_again: bool,
}

/// A transcript's lines.
pub fn read(path: &Path) -> Vec<Line> {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .enumerate()
        .map(|(number, line)| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), number + 1))
        })
        .collect()
}

/// The calls of a walk. All polls of a job count as one; a question for a job that was not there
/// counts for itself.
pub fn steps(lines: &[Line]) -> Vec<Step> {
    let polled: Vec<Option<String>> = lines.iter().map(polled).collect();
    let step = |(index, line): (usize, &Line)| {
        let polls = polled[index].clone();
        let asked_again = polls.is_some() && polled[index + 1..].contains(&polls);
        Step { number: index + 1, line: line.clone(), polls, asked_again }
    };
    lines.iter().enumerate().map(step).collect()
}

fn polled(line: &Line) -> Option<String> {
    let asks = line.command() == "queryAsyncJobResult" && line.status == 200;
    line.body["queryasyncjobresultresponse"]["jobid"].as_str().filter(|_| asks).map(str::to_owned)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
