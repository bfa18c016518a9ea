//! Calls on many threads of one process do not mix, and leave nothing.

use crate::support::Stage;
use serde_json::json;
use std::io;

/// A daemon runs calls side by side: the log, the counts and the CID of each are its own.
#[test]
fn calls_on_many_threads_keep_to_themselves() {
    let stage = Stage::new();
    let called: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let stage = &stage;
                scope.spawn(move || {
                    let id = format!("cpi-{number}x");
                    let disk = stage.call(&id, "create_disk", json!([1024, {}, null]));
                    let cid = disk.response["result"].as_str().expect("a CID").to_owned();
                    let there = stage.call(&id, "has_disk", json!([cid]));
                    let deleted = stage.call(&id, "delete_disk", json!([cid]));
                    (id, cid, [disk, there, deleted])
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (id, cid, [disk, there, deleted]) in &called {
        assert_eq!(there.response["result"], true);
        assert_eq!(deleted.response["error"], json!(null), "{:?}", deleted.response);
        for call in [disk, there, deleted] {
            assert!(!call.log.is_empty(), "debug lines of {id}");
            assert!(call.log.iter().all(|line| line.contains(id)), "{id}: {:?}", call.log);
        }
        let line = there.response["log"].as_str().expect("a log");
        assert!(line.starts_with("has_disk: 1 API call, "), "{line}");
        let mentions = |cid: &str| deleted.log.iter().any(|line| line.contains(cid));
        assert!(mentions(cid), "{:?}", deleted.log);
        let others = called.iter().map(|(_, cid, _)| cid).filter(|other| *other != cid);
        assert!(!others.into_iter().any(|other| mentions(other)), "{:?}", deleted.log);
    }
}

/// Secrets are those of one call: they are hidden in its log, and no later call knows them.
#[test]
fn secrets_of_one_call_are_hidden_in_its_log_only() {
    let stage = Stage::new();
    let word = "innocent-word";
    let secret = json!([1024, {"password": word, "disk_offering": word}, null]);
    let hidden = stage.call("cpi-1", "create_disk", secret);
    assert!(!hidden.response.to_string().contains(word), "{}", hidden.response);
    let told = stage.call("cpi-2", "create_disk", json!([1024, {"disk_offering": word}, null]));
    assert!(told.response["error"]["message"].to_string().contains(word), "{}", told.response);
}

/// Whoever could not hand the answer on says so, and what was made goes.
#[test]
fn what_could_not_be_delivered_is_undone() {
    let stage = Stage::new();
    let before = stage.simulator.inventory().volumes.len();
    let gone = || Err(io::Error::from(io::ErrorKind::BrokenPipe));
    let lost = stage.call_with("cpi-1", "create_disk", json!([1024, {}, null]), gone);
    assert!(lost.response["result"].is_string(), "it was made: {}", lost.response);
    assert_eq!(stage.simulator.inventory().volumes.len(), before);
}
