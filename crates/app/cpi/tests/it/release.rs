//! What the release's job renders, the CPI takes: with BOSH's defaults, and with every property
//! set. `strict` is on, so that a property that the CPI does not know is an error.

use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};
use std::net::Ipv4Addr;
use std::path::Path;
use trials::Driver;
use xtask::cloud_job::{CLOUDSTACK, CloudJob, SOFTLAYER};
use xtask::job::{self, Job};
use xtask::{root, schema, spec};

fn cloud() -> Running {
    Simulator::spawn_thread(World::builtin(), (Ipv4Addr::LOCALHOST, 0).into()).unwrap()
}

/// Points the properties of a job at `cloud`.
fn point(properties: &mut Value, cloud: &Running, state_dir: &Path) {
    let keys = cloud.credentials("admin").unwrap();
    let ours = [
        ("cloudstack.endpoint", json!(cloud.endpoint())),
        ("cloudstack.api_key", json!(keys.api_key)),
        ("cloudstack.secret_access_key", json!(keys.secret_key)),
        ("cloudstack.default_zone", json!("adv")),
        ("cloudstack.strict", json!(true)),
        ("state_dir", json!(state_dir)),
    ];
    for (name, value) in ours {
        schema::put(properties, name, value);
    }
}

/// What `bin/cpi` would be started with; None, having said so, where there is no Ruby.
fn rendered(properties: &Value, folder: &Path) -> Option<Driver> {
    rendered_for(&CLOUDSTACK, properties, folder)
}

fn rendered_for(cloud: &CloudJob, properties: &Value, folder: &Path) -> Option<Driver> {
    if !job::has_ruby() {
        test_support::skip("ruby is not installed (Debian's package 'ruby')");
        return None;
    }
    let job = Job::parse(&std::fs::read_to_string(cloud.spec(&root())).unwrap()).unwrap();
    let template = std::fs::read_to_string(cloud.template(&root(), spec::CONFIG)).unwrap();
    let text = job::render(&template, &job.values(properties)).unwrap();
    let config = folder.join("cpi.json");
    std::fs::write(&config, text).unwrap();
    let arguments = ["--config".to_owned(), config.display().to_string()];
    Some(Driver::new(env!("CARGO_BIN_EXE_cpi"), arguments).home(folder))
}

fn ask(driver: &Driver, method: &str, arguments: Value) -> Value {
    let request = driver.request(method, arguments).to_string();
    let answer = driver.send(request.as_bytes()).unwrap().answer().unwrap();
    answer.outcome.unwrap_or_else(|error| panic!("{method}: {error}"))
}

/// A disk is made, found and deleted.
fn works(driver: &Driver, cloud: &Running) {
    let info = ask(driver, "info", json!([]));
    assert!(info["stemcell_formats"].is_array(), "{info}");
    let disk = ask(driver, "create_disk", json!([1024, {"disk_offering": "Custom"}, null]));
    assert_eq!(cloud.inventory().volumes.len(), 1);
    assert_eq!(ask(driver, "has_disk", json!([disk])), json!(true));
    ask(driver, "delete_disk", json!([disk]));
    assert_eq!(cloud.inventory().volumes.len(), 0);
}

#[test]
fn the_defaults_make_a_config() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    let mut properties = json!({"agent": {"mbus": "nats://nats:p@10.0.0.6:4222"}});
    point(&mut properties, &cloud, &folder.path().join("state"));
    let Some(driver) = rendered(&properties, folder.path()) else { return };
    works(&driver, &cloud);
}

/// All of `release/example.yml` is accepted; the call itself is made without what names things
/// that only the example's cloud has.
#[test]
fn the_full_example_makes_a_config() {
    let (cloud, folder) = (cloud(), tempfile::tempdir().unwrap());
    let state = folder.path().join("state");
    let mut properties = spec::example(&root(), &CLOUDSTACK).unwrap();
    schema::put(&mut properties, "state_dir", json!(state));
    let Some(driver) = rendered(&properties, folder.path()) else { return };
    let info = ask(&driver, "info", json!([]));
    assert_eq!(info["api_version"], 3, "cloudstack.api_version wins over debug.cpi.api_version");

    point(&mut properties, &cloud, &state);
    let theirs = [
        "project",
        "domain",
        "account",
        "ca_cert",
        "proxy",
        "proxy_host",
        "proxy_port",
        "proxy_user",
        "proxy_password",
        "ledger.url",
    ];
    for name in theirs {
        schema::put(&mut properties, &format!("cloudstack.{name}"), Value::Null);
    }
    let Some(driver) = rendered(&properties, folder.path()) else { return };
    works(&driver, &cloud);
}

/// The same program, by the other job: the example is taken, and a disk is made and cancelled.
#[test]
fn the_job_for_softlayer_works_alike() {
    let world = simulator_softlayer::World::builtin().instant();
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let cloud = simulator_softlayer::Simulator::spawn_thread(world, address).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut properties = spec::example(&root(), &SOFTLAYER).unwrap();
    let (user, state) = (cloud.credentials("bosh").unwrap(), folder.path().join("state"));
    for (name, value) in [
        ("softlayer.api_endpoint", json!(cloud.endpoint())),
        ("softlayer.username", json!(user.username)),
        ("softlayer.api_key", json!(user.api_key)),
        ("softlayer.ca_cert", Value::Null),
        ("softlayer.proxy", Value::Null),
        ("softlayer.ledger.url", Value::Null),
        ("state_dir", json!(state)),
    ] {
        schema::put(&mut properties, name, value);
    }
    let Some(driver) = rendered_for(&SOFTLAYER, &properties, folder.path()) else { return };
    let info = ask(&driver, "info", json!([]));
    assert_eq!(info["stemcell_formats"], json!(["softlayer-light", "softlayer-ovf"]));
    let disk = ask(&driver, "create_disk", json!([20480, {}, null]));
    assert_eq!(ask(&driver, "has_disk", json!([disk])), json!(true));
    ask(&driver, "delete_disk", json!([disk]));
    assert!(cloud.inventory().billed.is_empty());
}
