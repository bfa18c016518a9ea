//! What a director waits for: processes from start to answer.

use divan::Bencher;
use divan::counter::ItemsCount;
use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};
use std::net::{Ipv4Addr, SocketAddr};
use tempfile::TempDir;
use trials::Driver;

const CPI: &str = env!("CARGO_BIN_EXE_cpi");

fn main() {
    divan::main();
}

struct Bench {
    _cloud: Running,
    _folder: TempDir,
    driver: Driver,
}

fn bench() -> Bench {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let cloud = Simulator::spawn_thread(World::builtin().instant(), address).expect("a cloud");
    let folder = tempfile::tempdir().expect("a folder");
    let keys = cloud.credentials("admin").expect("keys");
    let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
        "cloudstack": {
            "endpoint": cloud.endpoint(), "api_key": keys.api_key,
            "secret_access_key": keys.secret_key, "default_zone": "adv",
        },
        "state_dir": folder.path().join("state"),
    }}});
    let path = folder.path().join("cpi.json");
    std::fs::write(&path, config.to_string()).expect("written");
    let driver = Driver::new(CPI, ["--config".into(), path]).home(folder.path());
    Bench { _cloud: cloud, _folder: folder, driver }
}

fn ask(driver: &Driver, method: &str, arguments: Value) -> Value {
    let answer = driver.call(method, arguments).expect("started").answer().expect("an answer");
    answer.outcome.expect("success")
}

/// From the start of the process to its end.
#[divan::bench]
fn info(bencher: Bencher) {
    let bench = bench();
    bencher.bench_local(|| ask(&bench.driver, "info", json!([])));
}

/// The cheapest call that asks the cloud, opens the journal and finds nothing to repair.
#[divan::bench]
fn has_vm(bencher: Bencher) {
    let bench = bench();
    let nothing = json!(["00000000-0000-4000-8000-000000000000"]);
    ask(&bench.driver, "has_vm", nothing.clone());
    bencher.bench_local(|| ask(&bench.driver, "has_vm", nothing.clone()));
}

/// 100 processes at once, on one state_dir, each making a VM and waiting for its job.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn hundred_create_vm(bencher: Bencher) {
    const COUNT: usize = 100;
    let template = "CentOS 5.6 (64-bit) no GUI (Simulator)";
    bencher
        .counter(ItemsCount::new(COUNT))
        .with_inputs(|| {
            let bench = bench();
            let stemcell =
                ask(&bench.driver, "create_stemcell", json!(["/dev/null", {"template": template}]));
            (bench, stemcell)
        })
        .bench_local_values(|(bench, stemcell)| {
            std::thread::scope(|scope| {
                for n in 0..COUNT {
                    let (driver, stemcell) = (&bench.driver, &stemcell);
                    let networks = json!({"n": {"type": "dynamic", "cloud_properties": {
                        "name": "bosh-net"}}});
                    let properties = json!({"compute_offering": "Small Instance"});
                    let agent = format!("agent-{n}");
                    scope.spawn(move || {
                        let arguments = json!([agent, stemcell, properties, networks, [], {}]);
                        ask(driver, "create_vm", arguments)
                    });
                }
            });
            bench
        });
}
