//! The types of the API crate read what a real CloudStack said: every recorded answer of every
//! command that we make, and every result of its jobs.

use cloudstack::CommandInfo;
use cloudstack::answer::Answer;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Reads the answer to a call of ours.
fn read(command: &str, status: u16, body: &str) -> Result<(), String> {
    let Some(row) = CommandInfo::named(command) else { return Ok(()) };
    let answer = http::Response::builder().status(status).body(body.to_string().into()).unwrap();
    match (row.read)(&answer) {
        Answer::Good(()) if status == 200 => Ok(()),
        Answer::Refused(fault) if i64::from(status) == fault.errorcode => Ok(()),
        other => Err(format!("status {status}: {other:?}")),
    }
}

/// Reads the result of a job that went well.
fn read_result(starter: &str, result: &Value) -> Result<(), String> {
    let Some(row) = CommandInfo::named(starter) else { return Ok(()) };
    (row.read_result)(result).map_err(|e| format!("jobresult of {starter}: {e}"))
}

#[test]
fn every_recorded_answer_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../../shared/transcripts");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no transcripts in {}", folder.display());
        return;
    };
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    let mut answers = 0;
    for file in files {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let mut jobs: HashMap<String, String> = HashMap::new();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let command = line["params"]["command"].as_str().unwrap_or_default();
            let status = line["status"].as_u64().unwrap() as u16;
            let Some(inner) = line["body"].as_object().and_then(|body| body.values().next()) else {
                continue;
            };
            let mut found = vec![read(command, status, &line["body"].to_string())];
            if let Some(job) = inner["jobid"].as_str() {
                let starter = jobs.entry(job.into()).or_insert_with(|| command.into());
                if inner["jobstatus"] == 1 {
                    found.push(read_result(starter, &inner["jobresult"]));
                }
            }
            answers += found.len();
            for error in found.into_iter().filter_map(Result::err) {
                *wrong.entry(format!("{command}: {error}")).or_default() += 1;
            }
        }
    }
    assert!(answers > 1000, "only {answers} answers were read");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
