//! `cpi sim`, and other commands against it.

use crate::support::{CPI, config, cpi, stderr, stdout};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A simulator in a process of its own, ended with SIGTERM.
struct Sim {
    child: std::process::Child,
    ready: Value,
}

impl Sim {
    fn start(arguments: &[&str]) -> Self {
        let mut child =
            Command::new(CPI).arg("sim").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    fn end(mut self, signal: &str) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

/// A test that fails leaves no simulator behind.
impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sim_tells_where_it_is_and_ends_when_told() {
    for signal in ["-TERM", "-INT"] {
        let sim = Sim::start(&["--listen", "127.0.0.1:0"]);
        let endpoint = sim.ready["endpoint"].as_str().unwrap();
        assert!(endpoint.starts_with("http://127.0.0.1:"), "{endpoint}");
        for key in ["api_key", "secret_access_key", "user_api_key", "user_secret_access_key"] {
            assert!(sim.ready[key].as_str().is_some_and(|k| !k.is_empty()), "{}", sim.ready);
        }
        assert!(sim.end(signal).success());
    }
}

#[test]
fn sim_serves_a_world_of_one_s_own_and_names_its_faults() {
    let world = stdout(&cpi(&["sim", "--print-world"]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.yaml");
    std::fs::write(&path, world.replace("admin-api-key", "another-key")).unwrap();
    let sim = Sim::start(&["--world", path.to_str().unwrap()]);
    assert_eq!(sim.ready["api_key"], "another-key");
    sim.end("-TERM");

    std::fs::write(&path, "version: \"1\"\nzoness: []\n").unwrap();
    let refused = cpi(&["sim", "--world", path.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("zoness"), "{}", stderr(&refused));
}

#[test]
fn call_shows_a_result_or_an_error_to_a_person() {
    let sim = Sim::start(&[]);
    let (_folder, config) = config(sim.ready["endpoint"].as_str().unwrap(), &sim.ready);
    let absent = r#"["0b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a111"]"#;

    let answered = cpi(&["call", "has_vm", absent, "--config", &config]);
    assert_eq!(stdout(&answered), "false\n", "{}", stderr(&answered));
    assert!(stderr(&answered).contains("has_vm: 2 API calls"), "{}", stderr(&answered));
    assert!(answered.status.success());

    let refused = cpi(&["--config", &config, "call", "reboot_vm", absent]);
    assert!(stderr(&refused).starts_with("Bosh::Clouds::VMNotFound: "), "{}", stderr(&refused));
    assert_eq!((stdout(&refused).as_str(), refused.status.code()), ("", Some(1)));

    let raw = cpi(&["--config", &config, "call", "reboot_vm", absent, "--json"]);
    let answer: Value = serde_json::from_str(&stdout(&raw)).unwrap();
    assert_eq!(answer["error"]["type"], "Bosh::Clouds::VMNotFound");
    assert_eq!(raw.status.code(), Some(1));
    sim.end("-TERM");
}

#[test]
fn call_takes_a_context_file_and_arguments_from_standard_input() {
    let sim = Sim::start(&[]);
    let (folder, config) = config("http://127.0.0.1:9/nowhere", &json!({}));
    let context = folder.path().join("context.json");
    std::fs::write(&context, sim.ready.to_string()).unwrap();
    let mut child = Command::new(CPI)
        .args(["--config", &config, "call", "has_disk", "-", "--context"])
        .arg(&context)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let absent = br#"["0b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a111"]"#;
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), absent).unwrap();
    let answered = child.wait_with_output().unwrap();
    assert_eq!(stdout(&answered), "false\n");
    sim.end("-TERM");
}

/// Nothing that was run is no success, and nothing that was asked is ignored.
#[test]
fn what_does_nothing_is_no_success() {
    let cases: [(&[&str], &str); 4] = [
        (&["conformance", "--only", "ZZ"], "no check's number begins so"),
        (&["torture", "--method", "nope"], "unknown method 'nope'"),
        (&["--config", "nope.json", "demo"], "takes no --config"),
        (&["demo", "--html", "/not/there/demo.html"], "/not/there is not there"),
    ];
    for (arguments, expected) in cases {
        let refused = cpi(arguments);
        assert!(stderr(&refused).contains(expected), "{arguments:?}: {}", stderr(&refused));
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert_eq!(stdout(&refused), "", "{arguments:?}: before anything is played");
    }
}

/// Ctrl-C in the middle leaves no folder with keys and state behind.
#[test]
fn a_demo_that_is_broken_off_leaves_no_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = Command::new(CPI);
    demo.arg("demo").env("TMPDIR", temporary.path()).stdout(Stdio::piped());
    let mut demo = demo.spawn().unwrap();
    let mut line = String::new();
    let mut story = BufReader::new(demo.stdout.take().unwrap());
    while !line.contains("create_stemcell") {
        line.clear();
        assert_ne!(story.read_line(&mut line).unwrap(), 0, "the story began");
    }
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1, "one folder for all");
    let id = demo.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(demo.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}

/// What root makes in the director's folder, the director cannot use: every later call of it
/// would fail.
#[test]
fn root_works_as_the_owner_of_the_state() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    const VCAP: u32 = 65_534;
    let sim = Sim::start(&[]);
    let (folder, config) = config(sim.ready["endpoint"].as_str().unwrap(), &sim.ready);
    let state = folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    if chown(&state, Some(VCAP), Some(VCAP)).is_err() {
        eprintln!("skipped: only root can give a folder away");
        return;
    }
    // Others may look for the folder, but not into it.
    let open = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions(folder.path(), open).unwrap();
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o700)).unwrap();
    let made = cpi(&[
        "--config",
        &config,
        "call",
        "create_disk",
        r#"[1024, {"disk_offering": "Custom"}]"#,
    ]);
    assert!(made.status.success(), "{}", stderr(&made));
    for command in ["doctor", "ops", "recover"] {
        let output = cpi(&["--config", &config, command]);
        assert!(output.status.success(), "{command}: {} {}", stdout(&output), stderr(&output));
    }
    let mut files = 0;
    for entry in walk(&state) {
        assert_eq!(std::fs::symlink_metadata(&entry).unwrap().uid(), VCAP, "{entry:?}");
        files += 1;
    }
    assert!(files >= 2, "the journal and its folder");

    // What stands wrong already is told with what mends it.
    chown(state.join("ledger.db"), Some(0), Some(0)).unwrap();
    let told = stdout(&cpi(&["--config", &config, "doctor"]));
    assert!(told.contains("chown -R 65534:65534"), "{told}");
    sim.end("-TERM");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths.extend(walk(&path));
        }
        paths.push(path);
    }
    paths
}

/// A person on the director's VM need not know where its config is.
#[test]
fn the_config_may_be_named_by_the_environment() {
    let sim = Sim::start(&[]);
    let (_folder, config) = config(sim.ready["endpoint"].as_str().unwrap(), &sim.ready);
    let mut asked = Command::new(CPI);
    asked.args(["call", "has_vm", r#"["x"]"#]).env("CPI_CONFIG", &config);
    let answered = asked.output().unwrap();
    assert_eq!(stdout(&answered), "false\n", "{}", stderr(&answered));
    sim.end("-TERM");
}
