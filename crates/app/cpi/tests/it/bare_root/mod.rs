//! The binary of the release needs nothing of the machine that it runs on: it finds a cloud by
//! its name and trusts it by `ca_cert` in a root directory that holds nothing else.
//!
//! CPI_BINARY names a static binary (`cargo xtask release --build` makes one). Without it this
//! build's binary does the same in the root directory that there is.

mod tls;

use serde_json::{Value, json};
use simulator_cloudstack::{Simulator, World};
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A name that only an /etc/hosts knows.
const NAME: &str = "cloud.bare-root.test";

/// A CPI in a root directory, and the name by which it reaches this machine.
struct Place {
    command: Command,
    config: PathBuf,
    config_inside: &'static str,
    state_dir: String,
    name: &'static str,
}

/// What runs a program in another root directory; None where this user may not.
fn other_root(dir: &Path) -> Option<Command> {
    let ways: [&[&str]; 2] = [&["chroot"], &["unshare", "--map-root-user", "chroot"]];
    for way in ways {
        let mut command = Command::new(way[0]);
        command.args(&way[1..]).arg(dir);
        // The way is good if it can run what is there.
        let mut trial = Command::new(way[0]);
        trial.args(&way[1..]).arg(dir).args(["/cpi", "--version"]);
        trial.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if trial.status().is_ok_and(|status| status.success()) {
            return Some(command);
        }
    }
    None
}

/// A root directory with the binary, /etc/hosts and a folder for state; then the rest is ours.
fn bare(binary: &Path, dir: &Path) -> Option<Place> {
    xtask::binary::require(binary, xtask::binary::Linkage::Static).unwrap();
    std::fs::copy(binary, dir.join("cpi")).unwrap();
    std::fs::create_dir(dir.join("etc")).unwrap();
    std::fs::write(dir.join("etc/hosts"), format!("127.0.0.1 {NAME}\n")).unwrap();
    let mut command = other_root(dir)?;
    command.arg("/cpi");
    Some(Place {
        command,
        config: dir.join("cpi.json"),
        config_inside: "/cpi.json",
        state_dir: "/state".to_owned(),
        name: NAME,
    })
}

/// This build's binary, where it finds its libraries.
fn here(dir: &Path) -> Place {
    let config: &'static str = dir.join("cpi.json").display().to_string().leak();
    Place {
        command: Command::new(env!("CARGO_BIN_EXE_cpi")),
        config: config.into(),
        config_inside: config,
        state_dir: dir.join("state").display().to_string(),
        name: "localhost",
    }
}

fn place(dir: &Path) -> Option<Place> {
    let Some(binary) = std::env::var_os("CPI_BINARY").filter(|path| !path.is_empty()) else {
        eprintln!("CPI_BINARY names no static binary: this build's, not in a bare root directory");
        return Some(here(dir));
    };
    let place = bare(Path::new(&binary), dir);
    if place.is_none() {
        eprintln!("skipped: neither chroot nor unshare may be used here");
    }
    place
}

fn ask(place: &mut Place, method: &str, arguments: Value) -> Value {
    let mut child = place
        .command
        .args(["--config", place.config_inside])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let request = json!({"method": method, "arguments": arguments, "api_version": 2,
        "context": {"director_uuid": "5c9f1b1e-0000-4000-8000-000000000001"}});
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no answer: {words}"))
}

/// A call that changes something, too: the journal is written, and certificates are checked.
#[test]
fn a_cloud_is_found_by_name_and_trusted_by_its_ca() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mut place) = place(dir.path()) else { return };
    let cloud = Simulator::spawn_thread(World::builtin(), (Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let front = tls::front(cloud.address(), place.name);
    let keys = cloud.credentials("admin").unwrap();
    let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
        "cloudstack": {
            "endpoint": format!("https://{}:{}/client/api", place.name, front.port),
            "api_key": keys.api_key, "secret_access_key": keys.secret_key,
            "default_zone": "adv", "default_offer": {"disk": "Custom"},
            "ca_cert": front.ca, "strict": true},
        "agent": {"mbus": "nats://nats:p@10.0.0.6:4222"},
        "state_dir": place.state_dir}}});
    std::fs::write(&place.config, config.to_string()).unwrap();
    let answer = ask(&mut place, "create_disk", json!([1024, {}, null]));
    assert_eq!(answer["error"], Value::Null, "{answer}");
    let volumes = cloud.inventory().volumes;
    assert_eq!(volumes.len(), 1);
    assert_eq!(answer["result"], json!(volumes[0].id));
    assert!(front.greeted() > 0, "the call came by TLS");
}
