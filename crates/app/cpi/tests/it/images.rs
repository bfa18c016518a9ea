//! The image server, publishing and capturing, as a person runs them; and what stays where a
//! process is killed in between: nothing.

use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use simulator_cloudstack::{Running, Simulator, World};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;
use trials::Driver;

const CPI: &str = env!("CARGO_BIN_EXE_cpi");
const DIRECTOR: &str = "5c9f2d1e-director";
const PASSWORD: &str = "correct horse battery";

/// A qcow2 header of a disk of 3 GiB, and some content.
fn image(folder: &Path) -> PathBuf {
    let mut bytes = b"QFI\xfb\0\0\0\x02".to_vec();
    bytes.resize(24, 0);
    bytes.extend((3_u64 << 30).to_be_bytes());
    bytes.resize(300_000, 9);
    let path = folder.join("image.qcow2");
    fs::write(&path, bytes).unwrap();
    path
}

/// An image server in a process of its own.
struct Server {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), arguments)
    }

    fn in_folder(folder: TempDir, arguments: &[&str]) -> Self {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut child = Command::new(CPI)
            .args(["images", "serve", "--listen", "127.0.0.1:0", "--folder"])
            .arg(folder.path().join("images"))
            .args(arguments)
            .env("CPI_IMAGES_PASSWORD", PASSWORD)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let address = ready["http"].as_str().unwrap().parse().unwrap();
        Self { child, folder, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// What is there, and what is on its way.
    fn there(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("images")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with('.') || name.starts_with(".upload")).collect()
    }

    fn publish(&self, file: &Path, more: &[&str]) -> Output {
        Command::new(CPI)
            .args(["stemcell", "publish", "--server", &self.url()])
            .arg(file)
            .args(more)
            .env("CPI_IMAGES_PASSWORD", PASSWORD)
            .output()
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that was ended by its test is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Waits for what another process is about to do.
fn until(what: &str, mut happens: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happens() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} does not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The status, and the body.
fn get(url: &str) -> (String, Vec<u8>) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = text(&answer[..end]);
    (head.split(' ').nth(1).unwrap().to_owned(), answer[end + 4..].to_vec())
}

#[test]
fn an_image_is_published_and_served_until_the_server_is_told_to_stop() {
    let mut server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let image = image(folder.path());
    let published = server.publish(&image, &[]);
    assert!(published.status.success(), "{}", text(&published.stderr));
    assert!(text(&published.stderr).contains("image.qcow2, 300000 bytes, SHA-256 "));
    let link = text(&published.stdout).trim().to_owned();
    assert_eq!(get(&link), ("200".to_owned(), fs::read(&image).unwrap()));

    let again = server.publish(&image, &["--name", "b-1", "--lifetime", "1m", "--json"]);
    let told: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&told["name"], &told["bytes"]), (&json!("b-1.qcow2"), &json!(300_000)));
    assert_eq!(get(&format!("{}/healthz", server.url())).0, "200");

    server.signal("-TERM");
    assert!(server.child.wait().unwrap().success());
    let log = server.log();
    assert!(log.contains(" PUT /images/image.qcow2 201 "), "{log}");
    assert!(log.contains(" GET /get/…/image.qcow2 200 300000 bytes "), "{log}");
    let token = link.split('/').nth(4).unwrap();
    assert!(!log.contains(token) && !log.contains(PASSWORD), "{log}");
}

/// What an earlier process left half done goes at the start; so does what has grown too old.
#[test]
fn a_start_clears_up() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    fs::create_dir(&images).unwrap();
    for (name, days) in [("old.qcow2", 8), ("young.qcow2", 6), (".upload-1", 0)] {
        let file = fs::File::create(images.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(days * 24 * 3600)).unwrap();
    }
    let server = Server::in_folder(folder, &["--max-age", "7d"]);
    until("the old file goes", || server.there() == ["young.qcow2"]);
}

#[test]
fn what_cannot_be_served_or_published_is_told() {
    let server = Server::start(&["--max-size", "1M"]);
    let folder = tempfile::tempdir().unwrap();
    let image = image(folder.path());
    let run = |arguments: &[&str], password: Option<&str>| {
        let mut command = Command::new(CPI);
        command.args(arguments).current_dir(folder.path()).env_remove("CPI_IMAGES_PASSWORD");
        if let Some(password) = password {
            command.env("CPI_IMAGES_PASSWORD", password);
        }
        let output = command.output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        text(&output.stderr)
    };
    let images = server.folder.path().join("images");
    let (images, url, file) = (images.to_str().unwrap(), server.url(), image.to_str().unwrap());
    for (name, content, mode) in [("empty", "", 0o600), ("open", PASSWORD, 0o644)] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::write(folder.path().join("text"), "no image").unwrap();
    let serve = ["images", "serve", "--listen", "127.0.0.1:0", "--folder"];
    for (arguments, password, said) in [
        (&[&serve[..], &[images]].concat()[..], Some(PASSWORD), "another image server uses this"),
        (&[&serve[..], &["x"]].concat(), None, "no password: say --password-file"),
        (&[&serve[..], &["x"]].concat(), Some("short"), "password: must have"),
        (&[&serve[..], &["x", "--password-file", "empty"]].concat(), None, "empty: is empty"),
        (&[&serve[..], &["x", "--password-file", "open"]].concat(), None, "chmod 600 open"),
        (&["images", "serve", "--folder", "x"], Some(PASSWORD), "--listen"),
        (&["stemcell", "publish", file], Some(PASSWORD), "which image server?"),
        (&["stemcell", "publish", file, "--server", &url], None, "no password"),
        (&["stemcell", "publish", file, "--server", &url], Some("wrong horse battery"), "401"),
        (&["stemcell", "publish", "text", "--server", &url], Some(PASSWORD), "no disk image"),
        (&["stemcell", "publish", file, "--server", "images"], Some(PASSWORD), "url: expected"),
        (&["stemcell", "publish", file, "--server", &url, "--name", "a/b"], Some(PASSWORD), "'/'"),
    ] {
        let error = run(arguments, password);
        assert!(error.contains(said), "{arguments:?}: {error}");
        assert!(!error.contains("wrong horse"), "{error}");
    }
    for name in ["a", "b", "c"] {
        assert!(server.publish(&image, &["--name", name]).status.success(), "{name}");
    }
    let full = server.publish(&image, &["--name", "d"]);
    let error = text(&full.stderr);
    assert!(error.contains("507") && error.contains("--max-size is 1048576"), "{error}");
    assert_eq!(server.there().len(), 3);
}

/// A cloud, and a config of the CPI.
struct Bench {
    cloud: Running,
    folder: TempDir,
}

impl Bench {
    fn new(server: Option<&Server>) -> Self {
        Self::with_horizon(server, 0.2)
    }

    fn with_horizon(server: Option<&Server>, horizon: f64) -> Self {
        let mut world = World::builtin().instant();
        if let Some(server) = server {
            let hosts = &mut world.secondary_storage.hosts;
            hosts.insert("images.example".into(), server.address.port());
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let cloud = Simulator::spawn_thread(world, address).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let keys = cloud.credentials("admin").unwrap();
        let mut cloudstack = json!({
            "endpoint": cloud.endpoint(), "api_key": keys.api_key,
            "secret_access_key": keys.secret_key, "default_zone": "adv",
            "default_offer": {"ephemeral_disk": "Custom"},
            "ledger": {"horizon": horizon, "budget": 10}, "log_level": "trace",
        });
        if let Some(server) = server {
            cloudstack["stemcell"] =
                json!({"image_server": {"url": server.url(), "password": PASSWORD}});
        }
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": cloudstack,
            "agent": {"mbus": "nats://10.0.0.6"},
            "state_dir": folder.path().join("state"),
        }}});
        fs::write(folder.path().join("cpi.json"), config.to_string()).unwrap();
        Self { cloud, folder }
    }

    fn driver(&self) -> Driver {
        let config = self.folder.path().join("cpi.json");
        let mut driver = Driver::new(CPI, ["--config".into(), config]).home(self.folder.path());
        driver.context.insert("director_uuid".into(), json!(DIRECTOR));
        driver
    }

    fn ask(&self, method: &str, arguments: Value) -> Value {
        self.driver().call(method, arguments).unwrap().answer().unwrap().outcome.unwrap()
    }

    fn create_stemcell(&self, image: &Path) -> Value {
        let about = json!({"name": "x-ubuntu-jammy", "version": "1", "hypervisor": "kvm"});
        self.driver().request("create_stemcell", json!([image, about, {}]))
    }

    /// Kills the CPI's process that answers this request when the cloud gets that command.
    fn killed(&self, request: &Value, command: &str, when: When) {
        let reply = self.driver().send_to(request.to_string().as_bytes(), |pid| {
            self.declare(command, when, FaultKind::Kill { pid: pid as i32 });
        });
        assert!(!reply.unwrap().status.success(), "{command}");
        self.cloud.declare_faults(Vec::new());
    }

    fn declare(&self, command: &str, when: When, kind: FaultKind) {
        let command = command.to_owned();
        self.cloud.declare_faults(vec![Fault { command, occurrence: 1, times: 1, when, kind }]);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(CPI)
            .arg("--config")
            .arg(self.folder.path().join("cpi.json"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    fn recover(&self) {
        let output = self.run(&["recover"]);
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    }

    fn templates(&self) -> Vec<Value> {
        let of = [("templatefilter", "self")];
        let (_, body) = self.cloud.call("admin", "listTemplates", &of);
        body["listtemplatesresponse"]["template"].as_array().cloned().unwrap_or_default()
    }

    fn vm_state(&self, id: &str) -> Value {
        let (_, body) = self.cloud.call("admin", "listVirtualMachines", &[("id", id)]);
        body["listvirtualmachinesresponse"]["virtualmachine"][0]["state"].clone()
    }

    fn vm(&self) -> String {
        let networks = json!({"default": {"type": "dynamic", "default": ["dns", "gateway"],
            "cloud_properties": {"name": "bosh-net"}}});
        let template = "af7f3bd7-e521-11f1-8774-02fc00000001 light";
        let vm = json!({"compute_offering": "Small Instance", "disk": 4000});
        let answer = self.ask("create_vm", json!(["agent-1", template, vm, networks, [], {}]));
        answer[0].as_str().or(answer.as_str()).unwrap().to_owned()
    }
}

#[test]
fn create_stemcell_by_way_of_the_image_server() {
    let server = Server::start(&["--public-url", "http://images.example"]);
    let bench = Bench::new(Some(&server));
    let image = image(bench.folder.path());
    let about = json!({"name": "x-ubuntu-jammy", "version": "1", "hypervisor": "kvm"});
    let reply = bench.driver().call("create_stemcell", json!([image, about, {}])).unwrap();
    // At the level `trace`: neither password nor link.
    let told = format!("{}{}", text(&reply.stdout), reply.stderr);
    assert!(told.contains("CloudStack fetches http://images.example/get/…/stemcell-"), "{told}");
    assert!(!told.contains(PASSWORD) && !told.contains("/get/1"), "{told}");
    let answer = reply.answer().unwrap();
    assert_eq!(json!(bench.templates()[0]["id"]), answer.outcome.unwrap());
    assert_eq!(server.there(), Vec::<String>::new());
    let log = server.log();
    assert!(
        log.contains(" 200 300000 bytes ") && log.contains(" DELETE /images/stemcell-"),
        "{log}"
    );
}

/// Killed wherever: no image stays published, and no half template.
#[test]
fn a_killed_create_stemcell_leaves_nothing_published() {
    let server = Server::start(&["--public-url", "http://images.example"]);
    let bench = Bench::new(Some(&server));
    let image = image(bench.folder.path());
    for (command, when) in [
        ("registerTemplate", When::Before),
        ("registerTemplate", When::After),
        ("listTemplates", When::Before),
        ("createTags", When::After),
    ] {
        bench.killed(&bench.create_stemcell(&image), command, when);
        assert_eq!(server.there().len(), 1, "{command}: as long as nobody has looked");
        bench.recover();
        assert_eq!(server.there(), Vec::<String>::new(), "{command} {when:?}");
        assert_eq!(bench.templates(), Vec::<Value>::new(), "{command} {when:?}");
    }
}

/// The server hears of the image when nobody is there any more who has sent it.
#[test]
fn an_image_whose_sender_died_does_not_stay() {
    let server = Server::start(&[]);
    // A request may still take effect for so long: recovery looks until then.
    let bench = Bench::with_horizon(Some(&server), 4.0);
    let image = image(bench.folder.path());
    server.signal("-STOP");
    let request = bench.create_stemcell(&image);
    let mut child = Command::new(CPI)
        .arg("--config")
        .arg(bench.folder.path().join("cpi.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    // All of it has left once the kernel holds it: the connection's other end reads nothing.
    let port = server.address.port();
    until("the image is sent", || held_for(port) > 300_000);
    child.kill().unwrap();
    child.wait().unwrap();
    server.signal("-CONT");
    let open = bench.run(&["ops", "--json"]);
    let open: Value = serde_json::from_slice(&open.stdout).unwrap();
    assert_eq!((&open[0]["method"], &open[0]["state"]), (&json!("publish_image"), &json!("open")));
    until("the server has heard it all", || held_for(port) == 0);
    bench.recover();
    assert_eq!(server.there(), Vec::<String>::new());
}

/// How many bytes the kernel holds for whoever listens on a port of 127.0.0.1: arrived and not
/// read, or sent and not arrived (`/proc/net/tcp`).
fn held_for(port: u16) -> u64 {
    let wanted = format!("0100007F:{port:04X}");
    let number = |text: &str| u64::from_str_radix(text, 16).unwrap_or(0);
    let held = |row: &str| {
        let columns: Vec<&str> = row.split_whitespace().collect();
        let (sending, received) = columns.get(4)?.split_once(':')?;
        match (columns[1] == wanted, columns[2] == wanted) {
            (true, _) => Some(number(received)),
            (_, true) => Some(number(sending)),
            _ => None,
        }
    };
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().filter_map(held).sum()
}

#[test]
fn a_vm_becomes_a_stemcell() {
    let bench = Bench::new(None);
    let vm = bench.vm();
    let arguments = ["--name", "my-noble", "--stemcell-version", "1.1", "--os", "ubuntu-noble"];
    let capture = |output: &str| {
        bench.run(&[&["stemcell", "capture", &vm][..], &arguments, &["--output", output]].concat())
    };
    let output = capture("light.tgz");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("bosh upload-stemcell light.tgz"));
    assert_eq!(bench.vm_state(&vm), "Running", "again");
    let templates = bench.templates();
    assert_eq!((templates.len(), &templates[0]["isready"]), (1, &json!(true)));
    assert_eq!(templates[0]["displaytext"], "my-noble 1.1");
    assert_eq!(templates[0]["ispublic"], false, "there may be secrets in it");

    let looked = bench.run(&["stemcell", "inspect", "light.tgz", "--json"]);
    let looked = text(&looked.stdout);
    assert!(looked.contains(templates[0]["id"].as_str().unwrap()), "{looked}");
    let empty = bench.folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let cid = bench.ask("create_stemcell", json!([empty, {"template_id": templates[0]["id"]}, {}]));
    assert!(cid.as_str().unwrap().ends_with(" light"), "{cid}");

    let output = capture("light.tgz");
    assert!(text(&output.stderr).contains("light.tgz exists already"));
    let output = capture("/nowhere/light.tgz");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("No such file"), "{}", text(&output.stderr));
    assert_eq!((bench.templates().len(), bench.vm_state(&vm)), (1, json!("Running")), "undone");
}

/// Whatever goes wrong, the VM runs again, and there is neither template nor tarball.
#[test]
fn a_capture_that_fails_or_dies_is_undone() {
    let bench = Bench::new(None);
    let vm = bench.vm();
    let command = [
        "stemcell",
        "capture",
        &vm,
        "--name",
        "n",
        "--stemcell-version",
        "1",
        "--os",
        "o",
        "--output",
        "light.tgz",
    ];
    let clean = |what: &str| {
        assert_eq!(bench.vm_state(&vm), "Running", "{what}");
        assert_eq!(bench.templates(), Vec::<Value>::new(), "{what}");
        assert!(!bench.folder.path().join("light.tgz").exists(), "{what}");
    };
    for (fails, said) in [
        ("stopVirtualMachine", "stopping VM"),
        ("createTemplate", "making a template"),
        ("startVirtualMachine", "starting VM"),
    ] {
        bench.declare(fails, When::Before, FaultKind::JobFailure);
        let output = bench.run(&command);
        assert!(!output.status.success(), "{fails}");
        assert!(text(&output.stderr).contains(said), "{fails}: {}", text(&output.stderr));
        bench.cloud.declare_faults(Vec::new());
        bench.recover();
        clean(fails);
    }
    for killed in ["stopVirtualMachine", "createTemplate"] {
        // It gets its config, and so begins, once the fault knows its id.
        let mut child = Command::new(CPI)
            .args(["--config", "/dev/stdin"])
            .args(command)
            .current_dir(bench.folder.path())
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id() as i32;
        bench.declare(killed, When::After, FaultKind::Kill { pid });
        let config = fs::read(bench.folder.path().join("cpi.json")).unwrap();
        child.stdin.take().unwrap().write_all(&config).unwrap();
        assert!(!child.wait().unwrap().success(), "{killed}");
        bench.cloud.declare_faults(Vec::new());
        bench.recover();
        clean(killed);
    }
}

#[test]
fn only_a_vm_that_runs_or_is_stopped_is_captured() {
    let bench = Bench::new(None);
    let vm = bench.vm();
    let (status, body) = bench.cloud.call("admin", "stopVirtualMachine", &[("id", &vm)]);
    assert_eq!(status, 200, "{body}");
    until("the VM is stopped", || bench.vm_state(&vm) == "Stopped");
    let command = |vm: &str| {
        bench.run(&[
            "stemcell",
            "capture",
            vm,
            "--name",
            "n",
            "--stemcell-version",
            "1",
            "--os",
            "o",
            "--output",
            "light.tgz",
        ])
    };
    let output = command(&vm);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(bench.vm_state(&vm), "Stopped", "as it was");
    fs::remove_file(bench.folder.path().join("light.tgz")).unwrap();
    let output = command("00000000-0000-0000-0000-00000000dead");
    assert!(text(&output.stderr).contains("VM 00000000"), "{}", text(&output.stderr));
}
