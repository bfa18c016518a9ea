//! The driver judges as strictly as a director and the CLI together: small shell scripts stand
//! for CPIs with bad habits.

use cpi_driver::{Answer, Broken, Driver, Reply};
use serde_json::{Value, json};

const GOOD: &str = r#"{"result":7,"error":null,"log":""}"#;

/// A CPI that is this shell script.
fn script(text: &str) -> Driver {
    Driver::new("/bin/sh", ["-c", text])
}

fn reply(text: &str) -> Reply {
    script(text).call("info", json!([])).unwrap()
}

/// What is made of a CPI that reads its request and prints `answer`.
fn judged(answer: &str) -> Result<Answer, Broken> {
    reply(&format!("cat > /dev/null; printf '%s' '{answer}'")).answer()
}

#[test]
fn a_proper_answer_is_taken() {
    let good = judged(GOOD).unwrap();
    assert_eq!((good.outcome, good.log.as_str()), (Ok(json!(7)), ""));
    let error = json!({"result": null, "log": "l", "error":
        {"type": "Bosh::Clouds::CloudError", "message": "m", "ok_to_retry": true}});
    let error = judged(&error.to_string()).unwrap().outcome.unwrap_err();
    assert_eq!(error.to_string(), "Bosh::Clouds::CloudError: m");
    assert!(error.ok_to_retry);
}

#[test]
fn what_a_director_would_not_take_is_refused() {
    let cases = [
        ("", "not JSON"),
        ("hello", "not JSON"),
        ("noise {}", "not JSON"),
        (r#"{"result":7,"error":null}"#, "'log'"),
        (r#"{"result":7,"error":null,"log":null}"#, "'log'"),
        (r#"{"result":7,"log":""}"#, "'error'"),
        (r#"{"error":null,"log":""}"#, "'result'"),
        (r#"{"result":null,"error":{"type":"T","message":"m"},"log":""}"#, "'error'"),
        (r#"{"result":null,"error":"broken","log":""}"#, "'error'"),
    ];
    for (answer, expected) in cases {
        let broken = judged(answer).unwrap_err().to_string();
        assert!(broken.contains(expected), "{answer} → {broken}");
    }
}

#[test]
fn an_exit_status_and_an_unread_request_count() {
    let broken = reply(&format!("cat > /dev/null; echo '{GOOD}'; exit 3")).answer().unwrap_err();
    assert!(matches!(broken, Broken::BadExit(_)), "{broken}");

    // More than a pipe holds, so that whoever does not read is found out.
    let huge = json!(["x".repeat(1 << 20)]);
    let reply = script(&format!("echo '{GOOD}'")).call("has_vm", huge).unwrap();
    assert!(matches!(reply.answer(), Err(Broken::Unread(_))), "{reply:?}");
}

#[test]
fn much_on_every_stream_at_once_does_not_block() {
    let text = "head -c 1000000 /dev/zero | tr '\\0' 'e' >&2; cat";
    let reply = script(text).call("has_vm", json!(["x".repeat(1 << 20)])).unwrap();
    assert_eq!(reply.stderr.len(), 1_000_000);
    let echoed: Value = serde_json::from_slice(&reply.stdout).unwrap();
    assert_eq!(echoed["method"], "has_vm");
}

#[test]
fn a_cpi_gets_a_director_s_environment_and_no_more() {
    let reply = script("cat > /dev/null; env").home("/nowhere").call("info", json!([])).unwrap();
    let environment = String::from_utf8(reply.stdout).unwrap();
    let mut names: Vec<_> = environment.lines().filter_map(|line| line.split('=').next()).collect();
    names.retain(|name| !["PWD", "_", "SHLVL", "OLDPWD"].contains(name)); // the shell's own
    names.sort_unstable();
    assert_eq!(names, ["HOME", "PATH", "TMPDIR"]);
}
