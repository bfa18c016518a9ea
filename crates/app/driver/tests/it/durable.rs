//! A call whose caller dies: the answer is there for whoever comes next.

use cpi_driver::{Answer, Driver, DurableCall, Outcome};
use serde_json::json;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

const GOOD: &str = r#"{"result":"cid","error":null,"log":""}"#;

fn script(text: &str) -> Driver {
    Driver::new("/bin/sh", ["-c", text])
}

/// The answer, the request's way in, and who may read either.
#[test]
fn the_answer_stays_in_a_private_folder() {
    let folder = tempfile::tempdir().unwrap();
    let call = DurableCall::at(folder.path().join("call"));
    let driver = script(r#"read -r line; echo noise >&2; printf '{"result":%s}' "$line""#);
    let ended = call.run(&driver, b"{\"a\":1}\n").unwrap();
    let answer = ended.answer().unwrap();
    assert_eq!(answer, Answer { outcome: Ok(json!({"a": 1})), log: String::new() });
    assert_eq!(ended.stderr, "noise\n");
    assert!(matches!(call.recover().unwrap(), Outcome::Answered(it) if it == answer));
    for name in ["request.json", "answer.json", "stderr.log"] {
        let mode = call.folder().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    call.forget().unwrap();
    call.forget().unwrap();
    assert!(matches!(call.recover().unwrap(), Outcome::NotStarted));
}

/// A CPI that dies has not answered, whatever half of an answer it wrote; neither has one whose
/// exit status says so, as the CLI sees it.
#[test]
fn an_end_without_an_answer_is_known_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let call = DurableCall::at(folder.path().join("call"));
    let ended = call.run(&script("printf '{\"result\":'; kill -9 $$"), b"{}").unwrap();
    assert!(ended.answer().is_err());
    assert!(matches!(call.recover().unwrap(), Outcome::Unknown(_)));
    let ended = call.run(&script(&format!("echo '{GOOD}'; exit 3")), b"{}").unwrap();
    assert!(ended.answer().is_err());
}

/// The next process waits for a CPI that still works on the call of one that died.
#[test]
fn recovery_waits_for_a_cpi_that_still_works() {
    let folder = tempfile::tempdir().unwrap();
    let call = DurableCall::at(folder.path());
    // What `run` does, by a caller that dies right after it has started the CPI.
    let answer = File::create(folder.path().join("answer.json")).unwrap();
    answer.lock().unwrap();
    let mut cpi = script(&format!("sleep 0.3; echo '{GOOD}'")).command();
    let mut child = cpi.stdout(Stdio::from(answer)).spawn().unwrap();
    drop(cpi);
    let begun = Instant::now();
    assert!(matches!(call.recover().unwrap(), Outcome::Answered(_)));
    assert!(begun.elapsed() >= Duration::from_millis(200), "it did not wait");
    child.wait().unwrap();
}

/// What a CPI leaves running, as one that starts its VMs as processes does, keeps nobody waiting.
#[test]
fn what_a_cpi_leaves_running_does_not_block() {
    let folder = tempfile::tempdir().unwrap();
    let call = DurableCall::at(folder.path().join("call"));
    let begun = Instant::now();
    let ended = call.run(&script(&format!("sleep 5 & echo '{GOOD}'")), b"{}").unwrap();
    assert!(ended.answer().is_ok());
    assert!(matches!(call.recover().unwrap(), Outcome::Answered(_)));
    assert!(begun.elapsed() < Duration::from_secs(4), "it waited for what is left running");
}
