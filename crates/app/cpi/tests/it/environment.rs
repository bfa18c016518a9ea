//! `create-env` and its sisters in an embedded cloud: from nothing to a running agent and back.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../manifests/rehearsal.yml");

/// A home folder of one's own. The embedded cloud of it ends with the test.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(".bosh/embedded").join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cpi"));
        command.env_clear().env("HOME", self.0.path()).env("PATH", std::env::var("PATH").unwrap());
        command.current_dir(self.0.path()).stdin(Stdio::null()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What an embedded environment's command prints.
    fn embedded(&self, command: &[&str]) -> String {
        let output = self.run(&[command, &["--embedded", MANIFEST]].concat());
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{command:?}: {out}\n{error}");
        out.to_owned()
    }

    /// The events of a command.
    fn events(&self, command: &[&str]) -> Vec<Value> {
        let out = self.embedded(&[command, &["--json"]].concat());
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn cloud(&self) -> Option<i32> {
        let record = std::fs::read(self.file("rehearsal-cloud.json")).ok()?;
        let record: Value = serde_json::from_slice(&record).unwrap();
        i32::try_from(record["process"].as_u64().unwrap()).ok()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(pid) = self.cloud().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The methods that a party was asked for, in their order.
fn asked<'a>(events: &'a [Value], party: &str) -> Vec<&'a str> {
    let asked = events.iter().filter(|it| it["event"] == "asked" && it["party"] == party);
    asked.map(|it| it["method"].as_str().unwrap()).collect()
}

/// The life of the shipped manifest: made, found unchanged, looked at, made anew, stopped,
/// started, deleted. Nothing is left, neither in the cloud nor on this machine.
#[test]
fn an_environment_lives_in_an_embedded_cloud() {
    let home = Home::new();
    let events = home.events(&["create-env"]);
    assert_eq!(
        asked(&events, "cpi"),
        [
            "info",
            "create_stemcell",
            "create_vm",
            "set_vm_metadata",
            "create_disk",
            "attach_disk",
            "set_disk_metadata"
        ]
    );
    assert_eq!(events.last().unwrap()["event"], "succeeded");
    let secrets = std::fs::read_to_string(home.file("rehearsal-vars.yml")).unwrap();
    let password = secrets.lines().find_map(|line| line.strip_prefix("mbus_bootstrap_password: "));
    let told = events.iter().map(ToString::to_string).collect::<String>();
    assert!(!told.contains(password.unwrap()), "{told}");

    let again = home.embedded(&["create-env"]);
    assert!(again.contains("No deployment, stemcell or release changes. Skipping deploy."));

    let events = home.events(&["env", "status"]);
    let status = events.iter().find(|it| it["event"] == "status").unwrap();
    let status = &status["status"];
    assert_eq!(status["agent"]["job_state"], "running", "{status}");
    let disk = status["state"]["disks"][0]["cid"].clone();
    assert_eq!(status["agent"]["disks"][0], disk);
    assert!(status["certificates"][0]["days"].as_i64().unwrap() > 300, "{status}");

    let plan = home.run(&["env", "plan", "--check", "--recreate", "--embedded", MANIFEST]);
    assert_eq!(plan.status.code(), Some(8), "{}", text(&plan.stderr));
    let vm = status["state"]["current_vm_cid"].as_str().unwrap();
    assert!(text(&plan.stdout).contains(&format!("deleted: '{vm}'")), "{}", text(&plan.stdout));

    let tty = home.embedded(&["env", "recreate", "--tty"]);
    assert!(tty.contains(&format!("\n  Deleting VM '{vm}'... Finished (00:00:")), "{tty}");
    assert!(home.embedded(&["stop-env"]).contains("Started stopping deployment"));
    assert!(home.embedded(&["start-env"]).contains("Started starting deployment"));
    let status = home.embedded(&["micro", "status"]);
    assert!(status.contains(disk.as_str().unwrap()), "the disk stayed: {status}");

    let deleted = home.embedded(&["delete-env"]);
    assert!(deleted.contains("Left in the embedded cloud: nothing."), "{deleted}");
    let left: Vec<_> = std::fs::read_dir(home.file("")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Each kind of failure has its exit code, and names what is wrong.
#[test]
fn failures_have_exit_codes() {
    let home = Home::new();
    let file = |name: &str, text: &str| {
        std::fs::write(home.0.path().join(name), text).unwrap();
    };
    file("empty.yml", "{}");
    file("missing.yml", "name: ((name))");
    file("proxy.yml", "name: x");
    for (arguments, code, expected) in [
        (vec!["create-env"], 2, "required arguments"),
        (vec!["create-env", "none.yml"], 1, "none.yml: No such file"),
        (vec!["create-env", "empty.yml"], 3, "the manifest is not valid:\n- name is required"),
        (vec!["create-env", "missing.yml"], 3, "variables not found:\n- name"),
        (vec!["create-env", "empty.yml", "-v", "x"], 2, "--var: must be NAME=VALUE"),
        (vec!["env", "import", "m.yml"], 2, "--vm-cid"),
        (vec!["micro", "agent", "ping"], 2, "'micro agent ping' was replaced: use env status"),
    ] {
        let output = home.run(&arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    let mut command = home.command(&["create-env", "empty.yml", "--cpi", "x", "--json"]);
    let output = command.env("BOSH_ALL_PROXY", "ssh+socks5://h").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "the manifest is looked at first");
    let event: Value = serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap();
    assert_eq!((&event["event"], &event["kind"]), (&"failed".into(), &"invalid".into()));
}

/// A cloud that was started for nothing does not stay.
#[test]
fn an_embedded_cloud_for_a_bad_manifest_ends_at_once() {
    let home = Home::new();
    let path = home.0.path().join("rehearsal.yml");
    std::fs::write(&path, "cloud_provider: {properties: {cloudstack: {}}}").unwrap();
    let output = home.run(&["create-env", "--embedded", "rehearsal.yml"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert_eq!(home.cloud(), None);
}

/// A lost state file is made again from what is there.
#[test]
fn an_environment_is_imported() {
    let home = Home::new();
    let arguments =
        ["env", "import", "bosh.yml", "--vm-cid", "vm-1", "--disk-cid", "d-1", "--disk-size", "7"];
    let output = home.run(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let state = std::fs::read(home.0.path().join("bosh-state.json")).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    assert_eq!((&state["current_vm_cid"], &state["disks"][0]["size"]), (&"vm-1".into(), &7.into()));
    assert_eq!(state["current_disk_id"], state["disks"][0]["id"]);
    let again = home.run(&arguments);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("bosh-state.json: exists already"));
}
