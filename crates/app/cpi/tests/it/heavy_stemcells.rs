//! Heavy stemcells with the real binary: how much memory one takes, and a disk that is full.

use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};
use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use trials::Driver;

const CPI: &str = env!("CARGO_BIN_EXE_cpi");

/// Twice what it may take is enough to tell: sums take long in a build for tests.
const SIZE: u64 = 96 << 20;

/// What a stemcell may take, whatever its size. The rest of the 64 MiB is for a real cloud's
/// answers.
const MOST: u64 = 48 << 20;

/// A cloud, and a folder with a config.
struct Stage {
    cloud: Running,
    folder: TempDir,
}

impl Stage {
    fn set() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let cloud = Simulator::spawn_thread(World::builtin().instant(), address).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let keys = cloud.credentials("admin").unwrap();
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": {
                "endpoint": cloud.endpoint(), "default_zone": "adv",
                "api_key": keys.api_key, "secret_access_key": keys.secret_key,
                "ca_cert": cloud.storage_ca_cert(),
                "ledger": {"horizon": 0, "budget": 5},
            },
            "agent": {"mbus": "nats://nats:pw@10.0.0.6:4222"},
            "state_dir": folder.path().join("state"),
        }}});
        fs::write(folder.path().join("cpi.json"), config.to_string()).unwrap();
        Self { cloud, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn driver(&self) -> Driver {
        let config = self.path("cpi.json").display().to_string();
        Driver::new(CPI, ["--config".to_owned(), config]).home(self.folder.path())
    }

    fn templates(&self) -> Vec<Value> {
        let (_, body) = self.cloud.call("admin", "listTemplates", &[("templatefilter", "self")]);
        body["listtemplatesresponse"]["template"].as_array().cloned().unwrap_or_default()
    }
}

/// A disk of so many bytes, with something on it here and there.
fn disk(path: &Path, size: u64) {
    let file = File::create(path).unwrap();
    file.set_len(size).unwrap();
    file.write_all_at(&[0x55, 0xaa], 510).unwrap();
    let noise: Vec<u8> = (0..1 << 20).map(|n: u32| (n * 31 % 251) as u8).collect();
    for at in (0..size - (1 << 20)).step_by(64 << 20) {
        file.write_all_at(&noise, at + 4096).unwrap();
    }
}

/// The most memory that a process has had, as long as it lives.
fn high_water(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// Directors are small machines: an image passes through in pieces, whatever its size and
/// however it is wrapped.
#[test]
fn an_image_takes_no_memory() {
    let stage = Stage::set();
    disk(&stage.path("root.img"), SIZE);
    let packed = Command::new("tar")
        .args(["-I", "gzip -1", "-cf", "image", "root.img"])
        .current_dir(stage.folder.path())
        .status();
    assert!(packed.unwrap().success());
    let about = json!({"name": "bosh-cloudstack-kvm-ubuntu-noble", "version": "1"});
    let driver = stage.driver();
    let request = driver.request("create_stemcell", json!([stage.path("image"), about, {}]));
    let (most, reply) = watched(|started| driver.send_to(request.to_string().as_bytes(), started));
    reply.unwrap().answer().unwrap().outcome.unwrap();
    assert!(most > 1 << 20, "nothing was measured");
    assert!(most < MOST, "{} MiB", most >> 20);
    let sizes: Vec<_> = stage.templates().iter().map(|row| row["size"].clone()).collect();
    assert_eq!(sizes, [json!(SIZE)]);
}

/// Runs what starts a process, and tells the most memory that the process had.
fn watched<T>(run: impl FnOnce(&dyn Fn(u32)) -> T) -> (u64, T) {
    let over = AtomicBool::new(false);
    let (pid, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0;
            let pid = told.into_iter().next().unwrap();
            while !over.load(Ordering::SeqCst) {
                most = most.max(high_water(pid).unwrap_or_default());
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            most
        });
        let done = run(&|child| pid.send(child).unwrap());
        over.store(true, Ordering::SeqCst);
        (watch.join().unwrap(), done)
    })
}

/// What does not fit beside the image is told as such, and nothing of it stays: neither there
/// nor in the cloud.
#[test]
fn a_full_disk_is_told() {
    let may_mount = Command::new("unshare").args(["-rm", "true"]).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this user may not have a mount of its own");
        return;
    }
    let stage = Stage::set();
    disk(&stage.path("root.img"), 80 << 20);
    let packed = Command::new("gzip").args(["-1", "-k"]).arg(stage.path("root.img")).status();
    assert!(packed.unwrap().success());
    let full = stage.path("full");
    fs::create_dir(&full).unwrap();
    let image = full.join("root.img.gz");
    let about = json!({"name": "bosh-cloudstack-kvm-ubuntu-noble", "version": "1"});
    let request = stage.driver().request("create_stemcell", json!([image, about, {}]));
    // The folder is one of 1 MiB, for this process only.
    let script = "mount -t tmpfs -o size=1m none \"$1\" && cp \"$2\" \"$1\" && \
                  \"$3\" --config \"$4\"; ls -A \"$1\" >&2";
    let mut child = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh"])
        .args([&full, &stage.path("root.img.gz"), Path::new(CPI), &stage.path("cpi.json")])
        .env("TMPDIR", &full)
        .env("HOME", stage.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (told, left) = (String::from_utf8_lossy(&output.stdout), output.stderr);
    let answer: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"));
    assert_eq!(answer["error"]["type"], "Bosh::Clouds::NoDiskSpace", "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("no space left in"), "{message}");
    let left = String::from_utf8_lossy(&left);
    assert_eq!(left.lines().last(), Some("root.img.gz"), "{left}");
    assert!(stage.templates().is_empty());
    assert!(stage.cloud.calls().iter().all(|call| call.command.starts_with("list")));
}
