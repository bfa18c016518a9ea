//! Marked secrets go through every method, and must come out nowhere: not in an answer, not in
//! the log at its loudest, not in what is kept.

use serde_json::{Map, Value, json};
use simulator_cloudstack::world::RoleSpec;
use simulator_cloudstack::{Running, Simulator, World};
use std::path::Path;
use tempfile::TempDir;
use trials::Driver;

/// Part of every secret here.
const MARK: &str = "s3cret";
const ABSENT: &str = "0b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a111";

struct Trial {
    folder: TempDir,
    driver: Driver,
    cloud: Running,
}

impl Trial {
    /// A cloud whose keys are marked, and a config in which everything secret is.
    fn with(over: Value) -> Self {
        let mut world = World::builtin().instant();
        for account in &mut world.accounts {
            let role = if account.role == RoleSpec::Admin { "admin" } else { "user" };
            account.api_key = format!("{MARK}-api-key-{role}");
            account.secret_key = format!("{MARK}-secret-key-{role}");
        }
        let cloud = Simulator::spawn_thread(world, "127.0.0.1:0".parse().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut properties = json!({
            "endpoint": cloud.endpoint(),
            "api_key": format!("{MARK}-api-key-admin"),
            "secret_access_key": format!("{MARK}-secret-key-admin"),
            "private_key": format!("{MARK}-private-key"),
            "default_zone": "adv", "log_level": "trace",
            "default_offer": {"custom_disk": "Custom"},
            "ledger": {"budget": 1, "horizon": 1},
            "timeout": {"global": 5, "create_vm": 5, "create_volume": 5},
        });
        merge(&mut properties, over);
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": properties,
            "agent": {
                "mbus": format!("nats://nats:{MARK}-mbus@10.50.0.2:4222"),
                "blobstore": {"provider": "dav", "options": {"password": format!("{MARK}-blobs")}},
            },
            "state_dir": folder.path().join("state"),
        }}});
        let path = folder.path().join("cpi.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let program = env!("CARGO_BIN_EXE_cpi");
        let mut driver = Driver::new(program, ["--config".into(), path.into_os_string()]);
        driver.context = Map::from_iter([("director_uuid".to_owned(), json!("d-1"))]);
        Self { folder, driver, cloud }
    }

    /// Calls a method, and makes sure that no secret comes out.
    fn call(&self, method: &str, arguments: Value) -> Result<Value, String> {
        let reply = self.driver.call(method, arguments).unwrap();
        let stdout = String::from_utf8(reply.stdout.clone()).unwrap();
        for (stream, text) in [("answer", &stdout), ("log", &reply.stderr)] {
            assert!(!text.contains(MARK), "{method}: a secret is in the {stream}: {text}");
        }
        let outcome = reply.answer().unwrap_or_else(|e| panic!("{method}: {e}")).outcome;
        outcome.map_err(|error| error.to_string())
    }

    fn nothing_is_kept(&self) {
        nothing_in(&self.folder.path().join("state"));
    }
}

fn merge(into: &mut Value, over: Value) {
    if let Value::Object(over) = over {
        over.into_iter().for_each(|(key, value)| into[key] = value);
    }
}

fn nothing_in(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            nothing_in(&entry.path());
        } else {
            let bytes = std::fs::read(entry.path()).unwrap();
            let found = bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes());
            assert!(!found, "a secret is kept in {}", entry.path().display());
        }
    }
}

fn create_vm(stemcell: &str) -> Value {
    let private_key =
        format!("-----BEGIN PRIVATE KEY-----\n{MARK}MIIEowIBAA\n-----END PRIVATE KEY-----");
    json!(["agent-1", stemcell, {"compute_offering": "Small Instance"},
        {"default": {"type": "manual", "ip": "10.50.0.20", "netmask": "255.255.255.0",
            "gateway": "10.50.0.1", "cloud_properties": {"name": "bosh-net"}}},
        [], {"bosh": {"password": format!("{MARK}-password"),
            "mbus": {"cert": {"private_key": private_key}}}}])
}

/// All methods; those that name a CID name `vm`, `disk`, `snapshot`.
fn calls(vm: &str, disk: &str, snapshot: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("info", json!([])),
        ("set_vm_metadata", json!([vm, {"name": "db/0", "director": "d"}])),
        ("has_vm", json!([vm])),
        ("attach_disk", json!([vm, disk])),
        ("set_disk_metadata", json!([disk, {"director": "d"}])),
        ("get_disks", json!([vm])),
        ("has_disk", json!([disk])),
        ("detach_disk", json!([vm, disk])),
        ("resize_disk", json!([disk, 4096])),
        ("update_disk", json!([disk, 4096, {}])),
        ("reboot_vm", json!([vm])),
        ("calculate_vm_cloud_properties", json!([{"cpu": 1, "ram": 128}])),
        ("create_network", json!([{"type": "manual", "cloud_properties": {}}])),
        ("delete_network", json!([ABSENT])),
        ("configure_networks", json!([vm, {}])),
        ("ping", json!([])),
        ("current_vm_id", json!([])),
        ("delete_snapshot", json!([snapshot])),
        ("delete_vm", json!([vm])),
        ("delete_disk", json!([disk])),
    ]
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no CID but {value}")).to_owned()
}

#[test]
fn no_secret_comes_out_of_what_goes_well() {
    let trial = Trial::with(json!({}));
    let template = json!(["", {"template": "CentOS 5.6 (64-bit) no GUI (Simulator)"}]);
    let stemcell = text(&trial.call("create_stemcell", template).unwrap());
    let vm = text(&trial.call("create_vm", create_vm(&stemcell)).unwrap()[0]);
    let user_data = trial.cloud.cloud().vms.get(&vm).unwrap().userdata.clone();
    assert!(user_data.is_some(), "the secrets went to the VM");
    let disk = text(&trial.call("create_disk", json!([2048, {}, vm])).unwrap());
    let snapshot = trial
        .call("attach_disk", json!([vm, disk]))
        .and_then(|_| trial.call("snapshot_disk", json!([disk, {"index": 0}])));
    for (method, arguments) in calls(&vm, &disk, &text(&snapshot.unwrap())) {
        // Some of them are not implemented, which is an answer too.
        let _ = trial.call(method, arguments);
    }
    assert_eq!(trial.call("has_vm", json!([vm])), Ok(json!(false)), "the walk went to its end");
    trial.call("delete_stemcell", json!([stemcell])).unwrap();
    trial.nothing_is_kept();
}

/// Every method fails in `trial`, but those that ask nobody.
fn all_refused(trial: &Trial) {
    let mut all = calls(ABSENT, ABSENT, ABSENT);
    all.push(("create_vm", create_vm(ABSENT)));
    all.push(("create_disk", json!([2048, {"disk_offering": "none"}])));
    all.push(("snapshot_disk", json!([ABSENT, {}])));
    for (method, arguments) in all {
        let _ = trial.call(method, arguments);
    }
    trial.nothing_is_kept();
}

#[test]
fn no_secret_comes_out_of_refusals() {
    let trial = Trial::with(json!({}));
    all_refused(&trial);
    let refused = trial.call("create_vm", create_vm(ABSENT)).unwrap_err();
    assert!(refused.contains("Bosh::Clouds::"), "{refused}");
}

#[test]
fn no_secret_comes_out_when_the_keys_are_wrong() {
    let trial = Trial::with(json!({"secret_access_key": format!("{MARK}-of-another")}));
    all_refused(&trial);
    let refused = trial.call("has_vm", json!([ABSENT])).unwrap_err();
    assert!(refused.contains("401"), "{refused}");
}

/// Undoing is of no use to who is not let in, so an error of configuration is told at once.
#[test]
fn wrong_keys_are_not_insisted_upon() {
    let wrong = json!({"secret_access_key": "wrong", "ledger": {"budget": 20, "horizon": 20}});
    let trial = Trial::with(wrong);
    let refused = trial.call("attach_disk", json!([ABSENT, ABSENT])).unwrap_err();
    assert!(refused.contains("401"), "{refused}");
    let calls = trial.cloud.calls().len();
    assert!(calls <= 3, "{calls} calls were made with keys that are refused");
}

#[test]
fn no_secret_comes_out_of_properties_of_the_wrong_form() {
    for over in [
        json!({"proxy": format!("gopher://u:{MARK}-proxy@127.0.0.1:9")}),
        json!({"endpoint": format!("http://u:{MARK}-user@127.0.0.1:9/client/api")}),
        json!({"api_key": [format!("{MARK}-list")]}),
        json!({"secret_access_key": {"value": format!("{MARK}-hash")}}),
        json!({"ledger": {"url": format!("postgres://u:{MARK}-pg@127.0.0.1:1/x")}}),
    ] {
        let trial = Trial::with(over.clone());
        let refused = trial.call("has_vm", json!([ABSENT])).unwrap_err();
        assert!(!refused.is_empty(), "{over}");
        trial.nothing_is_kept();
    }
}

#[test]
fn no_secret_comes_out_of_a_request_of_the_wrong_form() {
    let trial = Trial::with(json!({}));
    let env = json!({"bosh": {"password": format!("{MARK}-password")}});
    for arguments in [
        json!([env]),
        json!(["a", "s", {}, {"n": env}]),
        json!(["a", "s", {"compute_offering": env}]),
        json!(["a", "s", {}, {}, [env]]),
        json!(["a", "s", {}, {}, [], [env]]),
        json!(["a", "s", {}, {}, [], env, "more"]),
    ] {
        trial.call("create_vm", arguments).unwrap_err();
    }
}
