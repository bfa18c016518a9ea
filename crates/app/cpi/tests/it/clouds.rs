//! Several clouds from one director, as a cpi-config has them; and `cpi doctor` as a person
//! runs it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const CPI: &str = env!("CARGO_BIN_EXE_cpi");
const DIRECTOR: &str = "11111111-2222-3333-4444-555555555555";
const TEMPLATE: &str = "af7f3bd7-e521-11f1-8774-02fc00000001";

/// A simulator in a process of its own.
struct Sim {
    child: Child,
    ready: Value,
}

impl Sim {
    /// The built-in cloud, with another zone's name.
    fn start(folder: &Path, zone: &str) -> Self {
        let world = Command::new(CPI).args(["sim", "--print-world"]).output().unwrap();
        let world = String::from_utf8(world.stdout).unwrap();
        let world = world.replace("name: adv\n", &format!("name: {zone}\n"));
        let world = world.replace("zone: adv\n", &format!("zone: {zone}\n"));
        let world = world.replace("zone: adv,", &format!("zone: {zone},"));
        let path = folder.join(format!("{zone}.yaml"));
        std::fs::write(&path, world).unwrap();
        let mut sim = Command::new(CPI);
        sim.arg("sim").arg("--world").arg(path);
        let mut child = sim.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    /// Every property of a cpi-config's entry: endpoint, keys, zone, offerings.
    fn properties(&self, zone: &str, keys: &str) -> Value {
        let key = |name: &str| self.ready[format!("{keys}{name}")].clone();
        json!({
            "endpoint": self.ready["endpoint"],
            "api_key": key("api_key"),
            "secret_access_key": key("secret_access_key"),
            "default_zone": zone,
            "default_offer": {"disk": "Custom", "ephemeral_disk": "Custom"},
        })
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A config with these properties of the cloud.
fn config(folder: &TempDir, cloudstack: Value) -> PathBuf {
    let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
        "cloudstack": cloudstack, "state_dir": folder.path().join("state"),
        "agent": {"mbus": "nats://nats:pw@10.0.0.6:4222"},
    }}});
    let path = folder.path().join("cpi.json");
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

/// Asks the binary as a director does: a process for each call.
fn ask(config: &Path, method: &str, arguments: Value, properties: &Value) -> Value {
    let mut context = json!({"director_uuid": DIRECTOR, "request_id": "cpi-1"});
    for (key, value) in properties.as_object().unwrap() {
        context[key] = value.clone();
    }
    let request = json!({"method": method, "arguments": arguments, "api_version": 2,
                         "context": context});
    let mut cpi = Command::new(CPI);
    cpi.arg("--config").arg(config).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = cpi.stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn result(config: &Path, method: &str, arguments: Value, properties: &Value) -> Value {
    let answer = ask(config, method, arguments, properties);
    assert_eq!(answer["error"], Value::Null, "{method}: {answer}");
    answer["result"].clone()
}

fn create_vm(config: &Path, cloud: &Value) -> String {
    let networks = json!({"n": {"type": "dynamic", "default": ["dns", "gateway"],
                                "cloud_properties": {"name": "bosh-net"}}});
    let vm = json!({"compute_offering": "Small Instance", "disk": 2000});
    let stemcell = format!("{TEMPLATE} light");
    let arguments = json!(["agent", stemcell, vm, networks, [], {}]);
    result(config, "create_vm", arguments, cloud)[0].as_str().unwrap().to_owned()
}

/// The config holds no cloud at all; each request brings one, with the same names in both.
/// Neither the journal nor the lookups of one are mistaken for the other's.
#[test]
fn one_director_serves_two_clouds() {
    let folder = tempfile::tempdir().unwrap();
    let (east, west) = (Sim::start(folder.path(), "east"), Sim::start(folder.path(), "west"));
    let clouds = [east.properties("east", ""), west.properties("west", "")];
    let config = config(&folder, json!({}));
    let vms: Vec<_> = clouds.iter().map(|cloud| create_vm(&config, cloud)).collect();
    for (at, cloud) in clouds.iter().enumerate() {
        let (own, other) = (&vms[at], &vms[1 - at]);
        assert_eq!(result(&config, "has_vm", json!([own]), cloud), true);
        assert_eq!(result(&config, "has_vm", json!([other]), cloud), false, "it is elsewhere");
        let disk = result(&config, "create_disk", json!([1024, {}, own]), cloud);
        result(&config, "attach_disk", json!([own, disk]), cloud);
        result(&config, "delete_vm", json!([own]), cloud);
        result(&config, "delete_disk", json!([disk]), cloud);
        let again = create_vm(&config, cloud);
        result(&config, "delete_vm", json!([again]), cloud);
        assert_eq!(result(&config, "has_vm", json!([own]), cloud), false);
    }
    let lookups = std::fs::read_dir(folder.path().join("state/lookups")).unwrap();
    let names = lookups.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".json")).count(), 2, "a file for each cloud");

    let answer = ask(&config, "has_vm", json!([vms[0]]), &json!({}));
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("cloudstack.endpoint") && message.contains("missing"), "{message}");
}

fn doctor(config: &Path, arguments: &[&str]) -> Output {
    Command::new(CPI).arg("--config").arg(config).arg("doctor").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A table for people, JSON for machines, and the exit status for scripts.
#[test]
fn doctor_tells_people_and_machines() {
    let folder = tempfile::tempdir().unwrap();
    let sim = Sim::start(folder.path(), "adv");
    let path = config(&folder, sim.properties("adv", ""));
    let well = doctor(&path, &[]);
    assert_eq!(well.status.code(), Some(0), "{}", text(&well.stdout));
    for word in ["endpoint", "keys", "zone", "network", "limits", "use an https endpoint"] {
        assert!(text(&well.stdout).contains(word), "{word}: {}", text(&well.stdout));
    }
    let json = doctor(&path, &["--json", "--network", "bosh-net", "--template", TEMPLATE]);
    let rows: Value = serde_json::from_slice(&json.stdout).unwrap();
    let row = |check: &str| rows.as_array().unwrap().iter().find(|row| row["check"] == check);
    assert_eq!(row("network bosh-net").unwrap()["level"], "ok");
    assert_eq!(row("TLS").unwrap()["level"], "warn");

    let wrong = doctor(&path, &["--network", "nowhere"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stdout).contains("FAIL"), "{}", text(&wrong.stdout));

    let mut properties = sim.properties("moon", "user_");
    properties["secret_access_key"] = json!("a-secret-that-is-wrong");
    let path = config(&folder, properties);
    let locked_out = doctor(&path, &[]);
    assert_eq!(locked_out.status.code(), Some(1));
    let all = text(&locked_out.stdout) + &text(&locked_out.stderr);
    assert!(all.contains("keys") && !all.contains("a-secret-that-is-wrong"), "{all}");
}
