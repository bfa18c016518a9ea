//! What a call tells on standard error: enough, little, and no secrets.

use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};
use std::net::Ipv4Addr;
use trials::{Driver, Reply};

/// What a call that goes well may write at the default level: a director reads it byte by byte.
const MOST: usize = 4096;

struct Place {
    cloud: Running,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let cloud = Simulator::spawn_thread(World::builtin(), address).unwrap();
        Self { cloud, folder: tempfile::tempdir().unwrap() }
    }

    fn driver(&self, level: Option<&str>) -> Driver {
        let keys = self.cloud.credentials("admin").unwrap();
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": {"endpoint": self.cloud.endpoint(), "api_key": keys.api_key,
                "secret_access_key": keys.secret_key, "default_zone": "adv",
                "default_offer": {"disk": "Custom", "ephemeral_disk": "Custom"},
                "log_level": level},
            "agent": {"mbus": "nats://nats:s3cret-mbus@10.0.0.6:4222"},
            "state_dir": self.folder.path().join("state")}}});
        let path = self.folder.path().join("cpi.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let arguments = ["--config".to_owned(), path.display().to_string()];
        let mut driver = Driver::new(env!("CARGO_BIN_EXE_cpi"), arguments).home(self.folder.path());
        driver.context.insert("director_uuid".into(), json!("d"));
        driver.context.insert("request_id".into(), json!("cpi-424242"));
        driver
    }

    fn send(&self, level: Option<&str>, method: &str, arguments: Value) -> Reply {
        let driver = self.driver(level);
        driver.send(driver.request(method, arguments).to_string().as_bytes()).unwrap()
    }
}

fn create_vm(offering: &str) -> Value {
    let networks = json!({"default": {"type": "manual", "ip": "10.50.0.9", "netmask":
        "255.255.255.0", "gateway": "10.50.0.1", "default": ["dns", "gateway"],
        "cloud_properties": {"name": "bosh-net"}}});
    let stemcell = "af7f3bd7-e521-11f1-8774-02fc00000001 light";
    let key = "-----BEGIN PRIVATE KEY-----\ns3cretkey\n-----END PRIVATE KEY-----\n";
    json!(["agent", stemcell, {"compute_offering": offering, "disk": 4096}, networks, [],
        {"bosh": {"password": "s3cret-password", "mbus": {"cert": {"private_key": key}}}}])
}

fn result(reply: &Reply) -> Value {
    reply.answer().unwrap().outcome.unwrap()
}

fn no_secrets(place: &Place, reply: &Reply) {
    let keys = place.cloud.credentials("admin").unwrap();
    for secret in ["s3cret", keys.api_key.as_str(), keys.secret_key.as_str()] {
        assert!(!reply.stderr.contains(secret), "{secret}: {}", reply.stderr);
        assert!(!String::from_utf8_lossy(&reply.stdout).contains(secret), "{secret}");
    }
}

/// Every line of the default level has a time, a level, and whose call it is.
fn well_formed(reply: &Reply) {
    for line in reply.stderr.lines() {
        let mut words = line.split_whitespace();
        let time = words.next().unwrap();
        assert!(time.len() > 20 && time.ends_with('Z') && time.contains('T'), "{line}");
        assert!(["ERROR", "WARN", "INFO", "DEBUG"].contains(&words.next().unwrap()), "{line}");
        assert!(line.contains("req_id=\"cpi-424242\"") && line.contains("method="), "{line}");
    }
}

/// All the calls of a VM's life: little is told of each.
#[test]
fn a_call_tells_a_few_kilobytes_at_most() {
    let place = Place::new();
    let seen = std::cell::Cell::new(0);
    let quiet = |method: &str, arguments: Value| {
        let cid = arguments.get(0).and_then(Value::as_str).map(str::to_owned);
        let reply = place.send(None, method, arguments);
        eprintln!("{method}: {} bytes of log", reply.stderr.len());
        assert!(reply.stderr.len() <= MOST, "{method}: {}", reply.stderr);
        assert!(reply.answer().unwrap().log.len() <= 500, "{method}");
        well_formed(&reply);
        no_secrets(&place, &reply);
        // Whose call it is of, and which requests changed the cloud.
        if let Some(cid) = cid.filter(|_| !method.starts_with("create")) {
            assert!(reply.stderr.lines().all(|line| line.contains(&cid)), "{}", reply.stderr);
        }
        let changes = place.cloud.calls().into_iter().skip(seen.get());
        for call in changes.filter(|call| !call.command.starts_with(['l', 'q', 'g'])) {
            assert!(reply.stderr.contains(&call.command), "{}: {}", call.command, reply.stderr);
        }
        seen.set(place.cloud.calls().len());
        result(&reply)
    };
    quiet("info", json!([]));
    assert_eq!(place.send(None, "info", json!([])).stderr, "", "it is asked before each call");
    let vm = quiet("create_vm", create_vm("Small Instance"))[0].clone();
    quiet("set_vm_metadata", json!([vm, {"name": "web/0", "job": "web"}]));
    let disk = quiet("create_disk", json!([1024, {}, vm]));
    quiet("attach_disk", json!([vm, disk]));
    quiet("detach_disk", json!([vm, disk]));
    quiet("delete_vm", json!([vm]));
    quiet("delete_disk", json!([disk]));
}

/// The log alone tells what was asked of the cloud and what it said.
#[test]
fn a_failed_call_is_understood_from_its_log() {
    let place = Place::new();
    let mut arguments = create_vm("Small Instance");
    // Another VM has the address.
    result(&place.send(None, "create_vm", arguments.clone()));
    arguments[0] = json!("another-agent");
    let reply = place.send(None, "create_vm", arguments);
    let error = reply.answer().unwrap().outcome.unwrap_err();
    assert_eq!(error.kind, "Bosh::Clouds::VMCreationFailed");
    for what in ["deployVirtualMachine", "10.50.0.9", "VMCreationFailed", "cpi-424242"] {
        assert!(reply.stderr.contains(what), "{what} is not in the log:\n{}", reply.stderr);
    }
    well_formed(&reply);
    no_secrets(&place, &reply);
}

/// `debug` has a line for each request, with the time it took; still no secrets.
#[test]
fn at_debug_each_request_has_a_line() {
    let place = Place::new();
    let reply = place.send(Some("debug"), "create_vm", create_vm("Small Instance"));
    result(&reply);
    for call in place.cloud.calls() {
        let line = reply.stderr.lines().find(|line| line.contains(&call.command));
        let line =
            line.unwrap_or_else(|| panic!("no line for {}:\n{}", call.command, reply.stderr));
        assert!(line.contains(" ms"), "{line}");
    }
    no_secrets(&place, &reply);
}

#[test]
fn off_is_silent() {
    let place = Place::new();
    let reply = place.send(Some("off"), "create_vm", create_vm("Small Instance"));
    result(&reply);
    assert_eq!(reply.stderr, "");
}

/// The answer's own line: how often the cloud was asked, how often only whether a job has ended,
/// and the warnings.
#[test]
fn the_answer_s_log_counts_calls_polls_and_warnings() {
    let place = Place::new();
    let mut arguments = create_vm("Small Instance");
    arguments[2]["compute_offring"] = json!("misspelt");
    let reply = place.send(None, "create_vm", arguments);
    result(&reply);
    let log = reply.answer().unwrap().log;
    let calls = place.cloud.calls();
    let polls = calls.iter().filter(|call| call.command == "queryAsyncJobResult").count();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (others, s) = (calls.len() - polls, plural(calls.len() - polls));
    let expected = format!("create_vm: {others} API call{s}, {polls} poll{}, ", plural(polls));
    assert!(log.starts_with(&expected), "{expected}: {log}");
    assert!(log.ends_with("compute_offring is ignored\n"), "{log}");
    let info = place.send(None, "info", json!([])).answer().unwrap().log;
    assert!(info.starts_with("info: 0."), "{info}");
}
