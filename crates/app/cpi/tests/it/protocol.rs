//! The protocol of standard streams, kept by the real binary in a director's environment.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use trials::driver::{Answer, AnswerError};
use trials::{Driver, Reply};

const CPI: &str = env!("CARGO_BIN_EXE_cpi");

/// A folder with a config in it, and the CPI started with that config.
struct Cpi {
    folder: TempDir,
    driver: Driver,
}

impl Cpi {
    fn with_config_text(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("cpi.json");
        std::fs::write(&config, text).unwrap();
        let driver = Driver::new(CPI, ["--config".into(), config.into_os_string()]);
        let driver = driver.home(folder.path());
        Self { folder, driver }
    }

    fn with_properties(properties: Value) -> Self {
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": properties}});
        Self::with_config_text(&config.to_string())
    }

    /// A cloud that nobody can reach.
    fn nowhere() -> Self {
        Self::with_properties(json!({"cloudstack": {
            "endpoint": "http://127.0.0.1:9/client/api",
            "api_key": "s3cret-api-key", "secret_access_key": "s3cret-secret-key",
        }}))
    }

    fn answer(&self, request: &[u8]) -> Answer {
        let reply = self.driver.send(request).unwrap();
        reply.answer().unwrap_or_else(|e| panic!("{e}; stderr: {}", reply.stderr))
    }

    fn call(&self, method: &str, arguments: Value) -> Answer {
        self.answer(self.driver.request(method, arguments).to_string().as_bytes())
    }

    fn error(&self, method: &str, arguments: Value) -> AnswerError {
        self.call(method, arguments).outcome.expect_err("an error is expected")
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

fn info() -> Value {
    json!({"api_version": 3, "stemcell_formats": [
        "cloudstack-light", "cloudstack-qcow2", "cloudstack-raw", "cloudstack-vhd",
        "cloudstack-vhdx", "cloudstack-ova", "openstack-qcow2", "openstack-raw",
        "vsphere-ova", "vsphere-ovf",
    ]})
}

#[test]
fn an_answer_is_one_line_of_json_and_nothing_else() {
    let reply = Cpi::nowhere().driver.call("info", json!([])).unwrap();
    let text = String::from_utf8(reply.stdout.clone()).unwrap();
    assert!(text.ends_with("}\n") && text.lines().count() == 1, "{text:?}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["result", "error", "log"]);
    assert_eq!((&answer["result"], &answer["error"]), (&info(), &Value::Null));
    assert!(answer["log"].as_str().unwrap().starts_with("info: 0."), "{answer}");
    assert!(reply.status.success());
}

#[test]
fn info_needs_no_cloud_no_credentials_and_no_folder() {
    let cpi = Cpi::with_properties(json!({"state_dir": "/dev/null/nowhere"}));
    for version in [json!(null), json!(1), json!(2), json!(3), json!(9)] {
        let request = json!({"method": "info", "arguments": [], "api_version": version});
        assert_eq!(cpi.answer(request.to_string().as_bytes()).outcome, Ok(info()));
    }
    assert_eq!(cpi.files().len(), 1, "the config is all there is: {:?}", cpi.files());
}

#[test]
fn a_property_lowers_the_version_of_info_and_the_context_goes_over_it() {
    let mut cpi = Cpi::with_properties(json!({"cloudstack": {"api_version": 2}}));
    let version = |cpi: &Cpi| cpi.call("info", json!([])).outcome.unwrap()["api_version"].clone();
    assert_eq!(version(&cpi), json!(2));
    cpi.driver.context.insert("api_version".into(), json!(3));
    assert_eq!(version(&cpi), json!(3));
}

#[test]
fn what_is_no_request_is_answered_with_its_fault() {
    let cpi = Cpi::nowhere();
    let cases: &[(&[u8], &str)] = &[
        (b"", "standard input is empty"),
        (b"hello", "the request is not JSON"),
        (b"\xff\xfe\x00", "the request is not JSON"),
        (b"[1]", "the request is not a JSON object"),
        (b"{\"arguments\": []}", "method: missing"),
        (b"{\"method\": \"has_vm\", \"arguments\": 1}", "arguments: expected an array"),
        (b"{\"method\": \"has_vm\", \"arguments\": []}", "'has_vm' takes 1 (vm_cid), got 0"),
        (b"{\"method\": \"has_vm\", \"arguments\": [{}]}", "arguments[0]: expected a VM CID"),
        (b"{\"method\": \"has_vm\", \"arguments\": [\"x\"], \"api_version\": 4}", "api_version: "),
    ];
    for (request, expected) in cases {
        let answer = cpi.answer(request);
        let error = answer.outcome.unwrap_err();
        assert!(error.message.contains(expected), "{}", error.message);
        assert_eq!((error.kind.as_str(), error.ok_to_retry), ("Bosh::Clouds::CpiError", false));
        assert!(!answer.log.is_empty());
    }
}

#[test]
fn an_unknown_method_is_not_implemented_even_without_a_config() {
    let kind = "Bosh::Clouds::NotImplemented";
    assert_eq!(Cpi::nowhere().error("fly", json!([])).kind, kind);
    assert_eq!(Cpi::with_config_text("nonsense").error("fly", json!([])).kind, kind);
}

#[test]
fn a_config_that_cannot_be_used_is_answered_with_its_fault() {
    let cases = [
        ("", "the config is empty"),
        ("cloud:\n  plugin: x", "cloud.plugin: unknown plugin 'x'"),
        ("{", "the config is not JSON"),
        ("{}", "cloud.plugin: missing"),
        (
            r#"{"cloud": {"plugin": "moon"}}"#,
            "cloud.plugin: unknown plugin 'moon'; known are: cloudstack, softlayer",
        ),
        (
            r#"{"cloud": {"plugin": "cloudstack", "properties": {"cloudstack": {"timeout": 5}}}}"#,
            "cloud.properties.cloudstack.timeout: expected a hash, got integer",
        ),
    ];
    for (config, expected) in cases {
        let error = Cpi::with_config_text(config).error("info", json!([]));
        assert!(error.message.contains(expected), "{config} → {}", error.message);
        assert_eq!(error.kind, "Bosh::Clouds::CpiError");
    }
}

#[test]
fn a_config_that_is_not_there_is_answered_too() {
    let send = |arguments: &[&str]| -> AnswerError {
        let reply = Driver::new(CPI, arguments).call("info", json!([])).unwrap();
        reply.answer().unwrap().outcome.unwrap_err()
    };
    assert!(send(&["--config", "/nowhere/cpi.json"]).message.contains("/nowhere/cpi.json"));
    assert!(send(&["--config", "/"]).message.contains("cannot read the config /"));
    assert!(send(&[]).message.contains("--config FILE"));
}

#[test]
fn an_unknown_property_is_told_by_its_path_and_refused_if_strict() {
    let properties = json!({"cloudstack": {"endpiont": "x"}, "agent": {"mbsu": "x"}});
    let answer = Cpi::with_properties(properties).call("info", json!([]));
    assert!(answer.log.contains("unknown property cloud.properties.cloudstack.endpiont"));
    assert!(answer.log.contains("unknown property cloud.properties.agent.mbsu"));

    let strict = json!({"cloudstack": {"endpiont": "x", "strict": true}});
    let error = Cpi::with_properties(strict).error("info", json!([]));
    assert!(error.message.contains("cloud.properties.cloudstack.endpiont"), "{}", error.message);
}

#[test]
fn a_cpi_config_in_the_context_points_elsewhere() {
    let mut cpi = Cpi::with_properties(json!({"cloudstack": {"endpoint": "http://file.invalid"}}));
    cpi.driver.context.insert("endpoint".into(), json!("gopher://context.invalid"));
    cpi.driver.context.insert("api_key".into(), json!("k"));
    cpi.driver.context.insert("secret_access_key".into(), json!("s"));
    cpi.driver.context.insert("some_other_key".into(), json!({"a": 1}));
    let error = cpi.error("has_vm", json!(["vm-1"]));
    assert!(error.message.contains("gopher://context.invalid"), "{}", error.message);
}

#[test]
fn a_huge_request_is_read_to_its_end() {
    let huge = "x".repeat(8 << 20);
    let cpi = Cpi::nowhere();
    let env = json!({"bosh": {"password": huge, "tags": huge}});
    let error = cpi.error("create_vm", json!(["a", "s", {}, {}, [], env, "one too many"]));
    assert!(error.message.contains("got 7"), "{}", error.message);
    // Also where nothing of it is needed, since a director would meet a broken pipe.
    assert_eq!(cpi.error("fly", json!([huge])).kind, "Bosh::Clouds::NotImplemented");
    let unusable = Cpi::with_config_text("nonsense");
    assert!(unusable.error("has_vm", json!([huge])).message.contains("neither a JSON"));
}

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let start = |stdout: Stdio| {
        let cpi = Cpi::nowhere();
        let mut child = cpi.driver.command().stdout(stdout).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"{\"method\": \"info\"}").unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (child.wait().unwrap(), stderr)
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    for stdout in [writer.into(), std::fs::File::create("/dev/full").unwrap().into()] {
        let (status, stderr) = start(stdout);
        assert_eq!(status.code(), Some(1));
        assert!(stderr.contains("the answer could not be written"), "{stderr}");
    }
}

#[test]
fn a_log_that_nobody_reads_is_no_failure() {
    let cpi = Cpi::nowhere();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = cpi.driver.command().stderr(writer).spawn().unwrap();
    let request = br#"{"method": "has_vm", "arguments": ["vm-1", "too many"]}"#;
    child.stdin.take().unwrap().write_all(request).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["error"].is_object());
}

#[test]
fn many_start_at_once() {
    let cpi = Cpi::nowhere();
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| assert_eq!(cpi.call("info", json!([])).outcome, Ok(info())));
        }
    });
}

#[test]
fn the_log_tells_the_request_and_no_secret() {
    let mut cpi = Cpi::with_properties(json!({"cloudstack": {
        "endpoint": "http://127.0.0.1:9/client/api", "log_level": "trace",
        "api_key": "s3cret-api-key", "secret_access_key": "s3cret-secret-key",
        "timeout": {"global": 1, "create_vm": 1, "lookup": 1},
    }, "agent": {"mbus": "nats://nats:s3cret-mbus@10.0.0.6:4222"},
       "state_dir": "/dev/null/nowhere"}));
    cpi.driver.context.insert("request_id".into(), json!("cpi-4711"));
    let env = json!({"bosh": {"password": "s3cret-password",
        "mbus": {"cert": {"private_key": "s3cret-private-key"}}}});
    let arguments = json!(["agent-1", "stemcell", {"compute_offering": "Small Instance"},
        {"default": {"type": "dynamic", "cloud_properties": {"name": "n"}}}, [], env]);
    let reply = cpi.driver.call("create_vm", arguments).unwrap();
    assert!(reply.answer().unwrap().outcome.is_err(), "there is no cloud");
    assert!(reply.stderr.contains("cpi-4711"), "{}", reply.stderr);
    assert!(reply.stderr.len() < 20_000, "{}", reply.stderr.len());
    let said = [reply.stderr.as_str(), std::str::from_utf8(&reply.stdout).unwrap()].concat();
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn little_is_logged_by_default() {
    let quiet: Reply = Cpi::nowhere().driver.call("info", json!([])).unwrap();
    assert!(quiet.stderr.len() < 1000, "{}", quiet.stderr);
    let off = Cpi::with_properties(json!({"cloudstack": {"log_level": "off"}}));
    assert_eq!(off.driver.call("info", json!([])).unwrap().stderr, "");
}

#[test]
fn state_is_kept_under_home_and_an_unusable_folder_is_named() {
    let properties = json!({"cloudstack": {
        "endpoint": "http://127.0.0.1:9/", "api_key": "k", "secret_access_key": "s",
        "timeout": {"global": 1, "lookup": 1},
    }, "state_dir": "/dev/null/nowhere"});
    let cpi = Cpi::with_properties(properties);
    let error = cpi.error("create_disk", json!([1024, {}]));
    assert!(error.message.contains("state_dir /dev/null/nowhere"), "{}", error.message);
    assert!(Path::new("/dev/null").exists());
}
