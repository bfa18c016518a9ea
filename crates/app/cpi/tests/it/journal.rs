//! What people see of the journal, and do with it: `ops`, `recover`, `gc`.

use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use simulator_cloudstack::{Running, Simulator, World};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;
use trials::Driver;

const CPI: &str = env!("CARGO_BIN_EXE_cpi");
const DIRECTOR: &str = "5c9f2d1e-0000-4000-8000-000000000001";
const ANOTHER: &str = "6d9f2d1e-0000-4000-8000-000000000002";

struct Bench {
    cloud: Running,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let cloud = Simulator::spawn_thread(World::builtin().instant(), address).expect("a cloud");
        let folder = tempfile::tempdir().expect("a folder");
        let bench = Self { cloud, folder };
        bench.write_config("cpi.json", &bench.cloud);
        bench
    }

    fn write_config(&self, name: &str, cloud: &Running) -> PathBuf {
        let keys = cloud.credentials("admin").expect("keys");
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": {
                "endpoint": cloud.endpoint(), "api_key": keys.api_key,
                "secret_access_key": keys.secret_key, "default_zone": "adv",
                "ledger": {"horizon": 0.2, "budget": 2},
            },
            "agent": {"mbus": "nats://10.0.0.6"},
            "state_dir": self.folder.path().join("state"),
        }}});
        let path = self.folder.path().join(name);
        std::fs::write(&path, config.to_string()).expect("written");
        path
    }

    fn driver(&self) -> Driver {
        let config = self.folder.path().join("cpi.json");
        let mut driver = Driver::new(CPI, ["--config".into(), config]).home(self.folder.path());
        driver.context.insert("director_uuid".into(), json!(DIRECTOR));
        driver
    }

    fn ask(&self, method: &str, arguments: Value) -> Value {
        let answer = self.driver().call(method, arguments).expect("started").answer();
        answer.expect("an answer").outcome.expect("success")
    }

    fn make_disk(&self) -> String {
        let disk = self.ask("create_disk", json!([1024, {"disk_offering": "Custom"}]));
        disk.as_str().expect("a CID").to_owned()
    }

    /// A create_disk that is killed once its volume is made.
    fn killed_create_disk(&self) {
        let driver = self.driver();
        let request = driver.request("create_disk", json!([1024, {"disk_offering": "Custom"}]));
        let reply = driver.send_to(request.to_string().as_bytes(), |pid| {
            self.cloud.declare_faults(vec![Fault {
                command: "createVolume".into(),
                occurrence: 1,
                times: 1,
                when: When::After,
                kind: FaultKind::Kill { pid: pid as i32 },
            }]);
        });
        assert!(!reply.expect("started").status.success());
        self.cloud.declare_faults(Vec::new());
    }

    fn volumes(&self) -> Vec<String> {
        let (_, body) = self.cloud.call("admin", "listVolumes", &[("listall", "true")]);
        let rows = body["listvolumesresponse"]["volume"].as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|row| row["id"].as_str().map(str::to_owned)).collect()
    }

    /// A command for people: whether it succeeded, and what it printed.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(CPI)
            .arg("--config")
            .arg(self.folder.path().join("cpi.json"))
            .args(arguments)
            .output()
            .expect("started");
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text += &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (_, text) = self.run(arguments);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }
}

#[test]
fn ops_shows_what_is_open_and_recover_undoes_it() {
    let bench = Bench::new();
    bench.killed_create_disk();
    let ops = bench.json(&["ops", "--json"]);
    assert_eq!((&ops[0]["method"], &ops[0]["state"]), (&json!("create_disk"), &json!("open")));
    assert_eq!(ops[0]["live"], json!(false));
    let (_, table) = bench.run(&["ops"]);
    assert!(table.contains("abandoned"), "{table}");

    assert_eq!(bench.volumes().len(), 1);
    let (clean, text) = bench.run(&["recover"]);
    assert!(clean && text.contains("1 undone, 0 left"), "{text}");
    assert!(bench.volumes().is_empty());
    assert_eq!(bench.json(&["ops", "--json"]), json!([]));
    assert_eq!(bench.json(&["ops", "--all", "--json"])[0]["state"], json!("undone"));
}

/// A call repairs only operations of its own key; `--context` lends another key.
#[test]
fn operations_of_another_cloud_are_recovered_with_its_context() {
    let bench = Bench::new();
    bench.killed_create_disk();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let other = Simulator::spawn_thread(World::builtin().instant(), address).expect("a cloud");
    let context = bench.folder.path().join("context.json");
    let keys = bench.cloud.credentials("admin").expect("keys");
    let properties = json!({"endpoint": bench.cloud.endpoint(), "api_key": keys.api_key,
        "secret_access_key": keys.secret_key});
    std::fs::write(&context, properties.to_string()).expect("written");
    bench.write_config("cpi.json", &other);

    let (_, text) = bench.run(&["recover"]);
    assert!(text.contains("0 undone, 0 left"), "{text}");
    assert_eq!(bench.volumes().len(), 1, "it is not this cloud's");
    let (_, text) = bench.run(&["recover", "--context", &context.display().to_string()]);
    assert!(text.contains("1 undone"), "{text}");
    assert!(bench.volumes().is_empty());
}

#[test]
fn recover_names_what_is_left_and_fails() {
    let bench = Bench::new();
    bench.killed_create_disk();
    bench.cloud.declare_faults(vec![Fault {
        command: "deleteVolume".into(),
        occurrence: 1,
        times: 1000,
        when: When::Before,
        kind: FaultKind::Unavailable,
    }]);
    let (clean, text) = bench.run(&["recover"]);
    assert!(!clean && text.contains("1 left") && text.contains("volume disk-"), "{text}");
    bench.cloud.declare_faults(Vec::new());
    assert!(bench.run(&["recover"]).0);
    assert!(bench.volumes().is_empty());
}

/// gc deletes only what is ours, was never known, and what it was told to.
#[test]
fn gc_deletes_only_what_nobody_knows() {
    let bench = Bench::new();
    let known = bench.make_disk();
    bench.ask("set_disk_metadata", json!([known, {"deployment": "cf"}]));
    let unknown = bench.make_disk();
    let gc = ["gc", "--director-uuid", DIRECTOR, "--older-than", "0s", "--json"];
    let verdict = |report: &Value, cid: &str| {
        let rows = report["found"].as_array().cloned().unwrap_or_default();
        rows.iter().find(|row| row["cid"] == cid).map(|row| row["verdict"].clone())
    };

    let report = bench.json(&gc);
    assert_eq!(verdict(&report, &known), Some(json!("keep")));
    assert_eq!(verdict(&report, &unknown), Some(json!("list")), "it is persistent");
    let report = bench.json(&[&gc[..], &["--include-persistent"]].concat());
    assert_eq!(verdict(&report, &unknown), Some(json!("delete")));
    assert_eq!(bench.volumes().len(), 2, "nothing goes without --delete");

    let young =
        ["gc", "--director-uuid", DIRECTOR, "--include-persistent", "--delete", "--yes", "--json"];
    bench.json(&young);
    assert_eq!(bench.volumes().len(), 2, "nothing goes that is younger than a day");
    bench.json(&[&gc[..], &["--include-persistent", "--delete", "--yes"]].concat());
    assert_eq!(bench.volumes(), [known]);
}

/// Another director's things bear another mark.
#[test]
fn gc_sees_only_its_own_director() {
    let bench = Bench::new();
    bench.make_disk();
    let report = bench.json(&["gc", "--director-uuid", ANOTHER, "--json"]);
    assert_eq!(report["found"], json!([]));
    let (clean, text) = bench.run(&["gc"]);
    assert!(!clean && text.contains("--director-uuid"), "{text}");
}

/// A journal that was lost tells nothing: what was tagged is kept unless the director, by
/// `--keep`, says otherwise.
#[test]
fn with_a_lost_journal_the_director_decides() {
    let bench = Bench::new();
    let (kept, lost) = (bench.make_disk(), bench.make_disk());
    for disk in [&kept, &lost] {
        bench.ask("set_disk_metadata", json!([disk, {"deployment": "cf"}]));
    }
    std::fs::remove_dir_all(bench.folder.path().join("state")).expect("removed");
    let gc = [
        "gc",
        "--director-uuid",
        DIRECTOR,
        "--older-than",
        "0s",
        "--include-persistent",
        "--delete",
        "--yes",
    ];
    let (clean, text) = bench.run(&gc);
    assert!(!clean && text.contains("--journal-lost"), "{text}");
    assert!(!bench.folder.path().join("state").exists(), "who looks makes no journal");
    assert_eq!(bench.volumes().len(), 2, "nothing goes while nobody says what is known");
    let list = bench.folder.path().join("keep");
    let keep = ["--journal-lost", "--keep", &list.display().to_string()].map(str::to_owned);
    let keep: Vec<_> = gc.iter().copied().chain(keep.iter().map(String::as_str)).collect();
    std::fs::write(&list, "of-another-director\n").expect("written");
    let (clean, text) = bench.run(&keep);
    assert!(!clean && text.contains("names none of the 2 things"), "{text}");
    std::fs::write(&list, json!({"Tables": [{"Rows": [{"disk_cids": kept}]}]}).to_string())
        .expect("written");
    bench.run(&keep);
    assert_eq!(bench.volumes(), [kept]);
}

/// Nothing is made in the cloud by a call that cannot write down what it is about to make.
#[test]
fn without_a_journal_nothing_is_created() {
    let bench = Bench::new();
    let state = bench.folder.path().join("state");
    std::fs::create_dir(&state).expect("made");
    std::fs::write(state.join("ledger.db"), [7u8; 8192]).expect("written");
    let reply = bench.driver().call("create_disk", json!([1024, {"disk_offering": "Custom"}]));
    let answer = reply.expect("started").answer().expect("an answer");
    let error = answer.outcome.expect_err("refused");
    assert!(error.message.contains("ledger.db"), "{error}");
    assert!(bench.volumes().is_empty());
}
