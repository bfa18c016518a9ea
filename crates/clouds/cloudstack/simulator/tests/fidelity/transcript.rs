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

/// What is sent and compared as one: a call, or all the polls of one job.
#[derive(Debug, Clone)]
pub struct Step {
    /// The line in the file, from 1; the last poll's.
    pub number: usize,
    /// The call with the answer that counts.
    pub line: Line,
    /// Whether to ask again until the job is done.
    pub poll: bool,
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

/// Makes one step of the polls of each job: only the last answer tells how it ended.
pub fn steps(lines: &[Line]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let poll = line.command() == "queryAsyncJobResult";
        let asked_again = poll
            && lines[index + 1..].iter().any(|later| {
                later.command() == line.command() && later.params["jobid"] == line.params["jobid"]
            });
        if !asked_again {
            steps.push(Step { number: index + 1, line: line.clone(), poll });
        }
    }
    steps
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
