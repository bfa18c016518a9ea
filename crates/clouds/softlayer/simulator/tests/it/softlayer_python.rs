//! A foreign client: the command line of softlayer-python, as people use it, against the simulator.
//! It is installed from PyPI into an environment of the tests' own, once.

use serde_json::{Value, json};
use simulator_softlayer::{Running, Simulator, World};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that a command may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The longest that installing may take.
const INSTALLING: Duration = Duration::from_secs(300);

/// Runs a command to its end, or kills it; what it wrote if it succeeded.
fn run(command: &mut Command, within: Duration) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let begun = Instant::now();
    while child.try_wait().map_err(|e| e.to_string())?.is_none() {
        if begun.elapsed() > within {
            let _ = child.kill();
            return Err(format!("{command:?} did not end within {within:?}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{} {}", text(&output.stdout), text(&output.stderr))),
    }
}

/// The client's program: `SLCLI`, or one that is installed now; None where neither can be.
fn slcli() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("SLCLI") {
        return Some(program.into());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("softlayer-python");
    let program = folder.join("bin/slcli");
    if program.exists() {
        return Some(program);
    }
    let installed = run(Command::new("python3").args(["-m", "venv"]).arg(&folder), INSTALLING)
        .and_then(|_| {
            let pip = folder.join("bin/pip");
            run(Command::new(pip).args(["install", "--quiet", "softlayer"]), INSTALLING)
        });
    match installed {
        Ok(_) => Some(program),
        Err(reason) => {
            // Even with `REQUIRE_ALL`: whether PyPI answers says nothing about this simulator.
            eprintln!("skipped: softlayer-python cannot be installed: {reason}");
            None
        }
    }
}

struct Client {
    program: PathBuf,
    folder: PathBuf,
}

impl Client {
    fn new(program: PathBuf, cloud: &Running) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slcli-home");
        std::fs::create_dir_all(&folder).expect("a folder");
        let config = format!(
            "[softlayer]\nusername = bosh\napi_key = bosh-api-key\nendpoint_url = {}/\n",
            cloud.endpoint()
        );
        std::fs::write(folder.join("config"), config).expect("a config");
        Self { program, folder }
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(&self.program);
        command.args(["--format", "json", "-y", "-C"]).arg(self.folder.join("config"));
        command.args(arguments).env("HOME", &self.folder).env("NO_COLOR", "1");
        for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"] {
            command.env_remove(name);
        }
        let text = run(&mut command, PATIENCE).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
        serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text))
    }
}

/// What operators list and order by hand is listed and ordered here.
#[test]
fn what_people_list_and_order_works() {
    let Some(program) = slcli() else { return };
    let address = ([127, 0, 0, 1], 0).into();
    let cloud = Simulator::spawn_thread(World::builtin().instant(), address).expect("a free port");
    let template = json!({
        "hostname": "vm-1", "domain": "example.com", "datacenter": {"name": "dal13"},
        "operatingSystemReferenceCode": "UBUNTU_22_64", "hourlyBillingFlag": true,
        "startCpus": 1, "maxMemory": 1024,
    });
    let (status, guest) = cloud.call("SoftLayer_Virtual_Guest/createObject", &[template]);
    assert_eq!(status, 200, "{guest}");
    let client = Client::new(program, &cloud);
    for (arguments, wanted) in [
        (&["vs", "list"][..], "vm-1"),
        (&["image", "list"], "light-bosh-stemcell-ubuntu-jammy"),
        (&["vlan", "list"], "bosh-private"),
        (&["subnet", "list"], "10.50.0.0"),
    ] {
        let rows = client.ask(arguments).to_string();
        assert!(rows.contains(wanted), "{arguments:?}: {rows}");
    }
    let order = [
        "block",
        "volume-order",
        "--storage-type",
        "performance",
        "--size",
        "20",
        "--iops",
        "100",
        "--os-type",
        "LINUX",
        "--location",
        "dal13",
    ];
    let placed = client.ask(&order).to_string();
    assert!(placed.contains("placed successfully"), "{placed}");
    let volumes = cloud.inventory().volumes;
    assert_eq!((volumes.len(), volumes[0].size, volumes[0].iops), (1, 20, 100));
}
