//! The client against a bus that is scripted: what is sent, how tasks are polled, and what each
//! failure is called.

mod scripted;

use bosh_agent::{
    Agent, AgentError, CertificateProblem, Failure, Identity, Mbus, Patience, check_certificate,
};
use scripted::{Authority, Bus, Request};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn value(value: Value) -> (u16, Vec<u8>) {
    (200, json!({"value": value}).to_string().into_bytes())
}

fn exception(message: &str) -> (u16, Vec<u8>) {
    (200, json!({"exception": {"message": message}}).to_string().into_bytes())
}

fn agent(bus: &Bus, ca: Option<&str>) -> Agent {
    Agent::new(&mbus(bus.port, "pass"), ca, None, "director-1").unwrap()
}

fn mbus(port: u16, password: &str) -> Mbus {
    format!("https://mbus:{password}@127.0.0.1:{port}").parse().unwrap()
}

fn failure<T: std::fmt::Debug>(outcome: Result<T, AgentError>) -> Failure {
    outcome.unwrap_err().failure
}

/// A message is what the CLI sends.
#[test]
fn a_message_is_sent_and_answered() {
    let authority = Authority::new();
    let bus = Bus::start(&authority, &["127.0.0.1"], |request: &Request| {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/agent"));
        assert_eq!(request.authorization, "Basic bWJ1czpwYXNz");
        let message: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(
            message,
            json!({"method": "get_state", "arguments": [], "reply_to": "director-1"})
        );
        value(json!({"job_state": "failing", "networks": {"default": {"ip": "10.0.0.6"}},
            "processes": [{"name": "blob", "state": "failing", "mem": {}}]}))
    });
    let state = agent(&bus, Some(&authority.pem)).state().unwrap();
    assert_eq!((state.job_state.as_str(), state.address("default")), ("failing", Some("10.0.0.6")));
    assert_eq!(state.address("other"), None);
    assert_eq!(state.processes.unwrap()[0].name, "blob");
}

/// A task is asked for until it has ended; one that fails is reported at once, not after retries.
#[test]
fn tasks_are_polled() {
    let authority = Authority::new();
    let polls = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = polls.clone();
    let bus = Bus::start(&authority, &["127.0.0.1"], move |request: &Request| {
        let message: Value = serde_json::from_slice(&request.body).unwrap();
        let running = value(json!({"agent_task_id": "t", "state": "running"}));
        match message["method"].as_str().unwrap() {
            "get_task" => {
                assert_eq!(message["arguments"], json!(["t"]));
                match counted.fetch_add(1, Ordering::SeqCst) {
                    0 | 4 => running,
                    // On the way something broke: that is no failed task.
                    1 => (500, b"broken".to_vec()),
                    2 => value(json!({"result": {"sha1": "s", "blobstore_id": "b"}})),
                    _ => exception("Action Failed get_task: Task t result: no space"),
                }
            }
            _ => running,
        }
    });
    let agent = agent(&bus, Some(&authority.pem));
    let source = bosh_agent::BlobRef { blobstore_id: "i".into(), sha1: "d".into() };
    let compiled =
        agent.compile_package(&source, "p", "f", &Default::default(), Patience::default()).unwrap();
    assert_eq!((compiled.sha1.as_str(), compiled.blobstore_id.as_str()), ("s", "b"));
    assert_eq!(polls.load(Ordering::SeqCst), 3);
    let error = agent.mount_disk("d", Patience::default()).unwrap_err();
    assert!(error.to_string().contains("mount_disk: the agent says: Action Failed"), "{error}");
    assert_eq!(polls.load(Ordering::SeqCst), 4, "a failed task is not asked for again");
}

/// Whoever is interrupted, or waits no longer, cancels the task.
#[test]
fn waiting_ends() {
    let authority = Authority::new();
    let cancelled = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = cancelled.clone();
    let bus = Bus::start(&authority, &["127.0.0.1"], move |request: &Request| {
        let message: Value = serde_json::from_slice(&request.body).unwrap();
        counted.fetch_add(usize::from(message["method"] == "cancel_task"), Ordering::SeqCst);
        value(json!({"agent_task_id": "t", "state": "running"}))
    });
    let agent = agent(&bus, Some(&authority.pem));
    let stopped = || true;
    let patience = Patience { until: None, stopped: &stopped };
    assert!(matches!(failure(agent.stop(patience)), Failure::Interrupted));
    let patience = Patience::of(Duration::from_millis(50), &|| false);
    assert!(matches!(failure(agent.stop(patience)), Failure::TimedOut));
    assert_eq!(cancelled.load(Ordering::SeqCst), 2);
}

/// What an older agent does not know, it needs not.
#[test]
fn unknown_messages_of_older_agents_are_no_error() {
    let authority = Authority::new();
    let bus = Bus::start(&authority, &["127.0.0.1"], |_: &Request| exception("unknown message x"));
    let agent = agent(&bus, Some(&authority.pem));
    agent.run_script("pre-start", Patience::default()).unwrap();
    agent.add_persistent_disk("d", &json!("/dev/sdb"), Patience::default()).unwrap();
    assert!(agent.ping().unwrap_err().is_unknown_message());
}

#[test]
fn blobs_go_and_come() {
    let authority = Authority::new();
    let kept = std::sync::Mutex::new(Vec::new());
    let bus = Bus::start(&authority, &["127.0.0.1"], move |request: &Request| {
        let mut kept = kept.lock().unwrap();
        let (prefix, id) = request.path.strip_prefix("/blobs/").unwrap().split_once('/').unwrap();
        assert_eq!((prefix.len(), id.len()), (2, 36));
        match request.method.as_str() {
            "PUT" => {
                kept.clone_from(&request.body);
                (201, Vec::new())
            }
            _ => (200, kept.clone()),
        }
    });
    let agent = agent(&bus, Some(&authority.pem));
    let file = tempfile::NamedTempFile::new().unwrap();
    let bytes: Vec<u8> = (0..700_000u32).map(|n| n as u8).collect();
    std::fs::write(file.path(), &bytes).unwrap();
    let id = agent.put_blob(file.path()).unwrap();
    let mut read = Vec::new();
    agent.get_blob(&id, &mut read).unwrap();
    assert!(read == bytes, "other bytes");
    let error = agent.put_blob(std::path::Path::new("/nowhere")).unwrap_err();
    assert!(matches!(error.failure, Failure::File(_)), "{error}");
}

/// Each thing that can stand between us and an agent has a name of its own; what cannot heal
/// ends waiting at once, and no error holds the password.
#[test]
fn failures_are_told_apart() {
    let authority = Authority::new();
    let good = Bus::start(&authority, &["127.0.0.1"], |_: &Request| value(json!("pong")));
    let other = Bus::start(&authority, &["10.0.0.6"], |_: &Request| value(json!("pong")));
    let shut = Bus::start(&authority, &["127.0.0.1"], |_: &Request| (401, Vec::new()));
    let noise = Bus::start(&authority, &["127.0.0.1"], |_: &Request| (200, b"<html>".to_vec()));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ping = |port, ca: Option<&str>| {
        Agent::new(&mbus(port, "hush"), ca, None, "d").and_then(|agent| agent.ping())
    };
    let ca = Some(authority.pem.as_str());
    ping(good.port, ca).unwrap();
    ping(other.port, None).unwrap();
    let stranger = Authority::new().pem;
    let cases = [
        (ping(good.port, Some(&stranger)), "not trusted", true),
        (ping(other.port, ca), "10.0.0.6", true),
        (ping(shut.port, ca), "401", true),
        (ping(noise.port, ca), "not JSON", false),
        (ping(closed, ca), "port is closed", false),
        (ping(good.port, Some("hello")), "not a PEM certificate", true),
    ];
    for (outcome, expected, is_final) in cases {
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains(expected), "expected {expected}: {error}");
        assert_eq!(error.is_final(), is_final, "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
    let nowhere: Mbus = "https://u:hush@nowhere.invalid:1".parse().unwrap();
    let error = Agent::new(&nowhere, ca, None, "d").unwrap().ping().unwrap_err();
    assert!(matches!(error.failure, Failure::Name(_)), "{error}");
}

/// Waiting goes on while the port is closed, tells why, and ends in time or at what is final.
#[test]
fn waiting_tells_what_stands_in_the_way() {
    let authority = Authority::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let agent = Agent::new(&mbus(port, "pass"), Some(&authority.pem), None, "d").unwrap();
    let mut seen = Vec::new();
    let mut bus = None;
    agent
        .wait(Patience::of(Duration::from_secs(20), &|| false), &mut |error| {
            seen.push(error.to_string());
            if seen.len() == 2 {
                let answer = |_: &Request| value(json!("pong"));
                bus = Some(Bus::start_at(port, &authority, &["127.0.0.1"], answer));
            }
        })
        .unwrap();
    assert!(seen.len() >= 2 && seen[0].contains("port is closed"), "{seen:?}");
    let stranger = Authority::new().pem;
    let agent = Agent::new(&mbus(port, "pass"), Some(&stranger), None, "d").unwrap();
    let begun = Instant::now();
    let error = agent.wait(Patience::of(Duration::from_secs(20), &|| false), &mut |_| {});
    assert!(matches!(failure(error), Failure::Untrusted(_)));
    assert!(begun.elapsed() < Duration::from_secs(10), "it waited for what cannot heal");
}

/// What the client will refuse is known without a VM.
#[test]
fn certificates_are_checked_beforehand() {
    let authority = Authority::new();
    let (certificate, private_key) = authority.sign(&["127.0.0.1", "bosh.example"]);
    let identity = Identity { certificate: &certificate, private_key: &private_key };
    check_certificate(&authority.pem, identity, "127.0.0.1").unwrap();
    check_certificate(&authority.pem, identity, "bosh.example").unwrap();
    let wrong = |ca: &str, identity, host| check_certificate(ca, identity, host).unwrap_err();
    let error = wrong(&authority.pem, identity, "10.0.0.7").to_string();
    assert!(error.contains("10.0.0.7"), "{error}");
    let error = wrong(&Authority::new().pem, identity, "127.0.0.1");
    assert!(matches!(error, CertificateProblem::Untrusted { .. }), "{error}");
    let (_, other) = authority.sign(&["127.0.0.1"]);
    let swapped = Identity { private_key: &other, ..identity };
    assert_eq!(wrong(&authority.pem, swapped, "127.0.0.1"), CertificateProblem::OtherKey);
    let (old, key) = authority.sign_until(&["127.0.0.1"], 2001);
    let expired = Identity { certificate: &old, private_key: &key };
    let error = wrong(&authority.pem, expired, "127.0.0.1").to_string();
    assert!(error.contains("expired"), "{error}");
    let error = wrong("x", identity, "127.0.0.1");
    assert_eq!(error, CertificateProblem::NotPem("cloud_provider.cert.ca"));
}
