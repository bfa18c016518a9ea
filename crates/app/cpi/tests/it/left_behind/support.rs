//! A simulated cloud, and directors that drive the real binary against it.

use journal::{Database, Journal, Key, OperationRow, Place, StepRow};
use secrecy::SecretString;
use serde_json::{Value, json};
use simulator_cloudstack::{Inventory, Running, Simulator, World};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use test_support::postgres::PrivatePostgres;
use trials::driver::{Answer, AnswerError};
use trials::{Driver, Reply};

const CPI: &str = env!("CARGO_BIN_EXE_cpi");

/// The director in every request.
const DIRECTOR: &str = "5c9f1b1e-0000-4000-8000-000000000001";

/// A cloud, and a folder for the configs and the `state_dir`s of its directors.
pub struct Stage {
    /// The cloud.
    pub cloud: Running,
    account: String,
    /// The time within which a lost request may still take effect.
    horizon: Duration,
    folder: TempDir,
}

/// A director: a config with a `state_dir`, and the CPI that is started with it.
#[derive(Clone)]
pub struct Director {
    /// Starts the CPI.
    pub driver: Driver,
    config: PathBuf,
    journal: Home,
}

/// Where the calls of a director keep their journal.
#[derive(Clone)]
pub enum Home {
    /// SQLite, in this `state_dir`.
    Directory(PathBuf),
    /// PostgreSQL, at this URL.
    Postgres(String),
}

/// What came of a call that was perhaps killed.
pub enum Came {
    /// It was answered.
    Answered(Result<Value, AnswerError>),
    /// It died before it answered.
    Killed,
}

impl Stage {
    /// A cloud of this world, with directors that use `account`.
    pub fn set(world: World, account: &str, horizon: Duration) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            cloud: Simulator::spawn_thread(world, address).unwrap(),
            account: account.to_owned(),
            horizon,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A director with a `state_dir` of this name, and its journal there or on a server.
    pub fn director(&self, name: &str, server: Option<&PrivatePostgres>) -> Director {
        let state = self.folder.path().join(name);
        let url = server.map(PrivatePostgres::url);
        let keys = self.cloud.credentials(&self.account).unwrap();
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": {
                "endpoint": self.cloud.endpoint(), "default_zone": "adv",
                "api_key": keys.api_key, "secret_access_key": keys.secret_key,
                "timeout": {"global": 120, "attach_volume": 120},
                "ledger": {"horizon": self.horizon.as_secs_f64(), "budget": 20, "url": url},
            },
            "agent": {"mbus": "nats://nats:secret@10.0.0.6:4222"},
            "state_dir": state,
        }}});
        let path = self.folder.path().join(format!("{name}.json"));
        std::fs::write(&path, config.to_string()).unwrap();
        let arguments = ["--config".into(), path.clone().into_os_string()];
        let mut driver = Driver::new(CPI, arguments).home(self.folder.path());
        driver.context.insert("director_uuid".into(), json!(DIRECTOR));
        driver.context.insert("request_id".into(), json!("cpi-left-behind"));
        let journal = url.map_or(Home::Directory(state), Home::Postgres);
        Director { driver, config: path, journal }
    }

    /// The CID of a light stemcell of the built-in world's template.
    pub fn stemcell(&self) -> String {
        let image = self.folder.path().join("image");
        std::fs::write(&image, "").unwrap();
        let template = json!({"template": "CentOS 5.6 (64-bit) no GUI (Simulator)"});
        // Its own state_dir, so that the others' are still to be made.
        self.director("stemcell", None).make("create_stemcell", json!([image, template]))
    }

    /// What the cloud holds beyond its world.
    pub fn inventory(&self) -> Inventory {
        self.cloud.inventory()
    }

    /// Fails if the cloud holds anything beyond its world.
    pub fn assert_empty(&self) {
        let inventory = self.inventory();
        assert!(inventory == Inventory::default(), "left behind: {inventory:#?}");
    }
}

impl Director {
    /// Calls a method, which must answer as the contract has it.
    pub fn call(&self, method: &str, arguments: Value) -> Result<Value, AnswerError> {
        let reply = self.driver.call(method, arguments).unwrap();
        let answer: Result<Answer, _> = reply.answer();
        answer.unwrap_or_else(|e| panic!("{method}: {e}; stderr: {}", reply.stderr)).outcome
    }

    /// Calls a method that must succeed.
    pub fn ask(&self, method: &str, arguments: Value) -> Value {
        self.call(method, arguments).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Calls a method that answers a CID that must be one.
    pub fn make(&self, method: &str, arguments: Value) -> String {
        cid(&self.ask(method, arguments))
    }

    /// Calls a method and kills it after this time, unless it has ended.
    pub fn call_and_kill(&self, method: &str, arguments: Value, after: Duration) -> Came {
        let request = self.driver.request(method, arguments).to_string();
        let mut child = self.driver.command().stderr(Stdio::null()).spawn().unwrap();
        // It reads all of it before it does anything that could end it.
        child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
        let end = Instant::now() + after;
        while Instant::now() < end && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        let Output { stdout, .. } = child.wait_with_output().unwrap();
        // A director takes what stands on standard output, however the process ended.
        let (stderr, status) = (String::new(), ExitStatus::default());
        let reply = Reply { stdout, stderr, status, took: after, unread: None };
        reply.answer().map_or(Came::Killed, |answer| Came::Answered(answer.outcome))
    }

    /// One ordinary call, of which nobody expects more than an answer.
    pub fn ordinary_call(&self) {
        self.ask("has_vm", json!(["00000000-0000-4000-8000-000000000000"]));
    }

    /// Runs a command for people: `recover`, `gc` …
    pub fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(CPI);
        command.arg("--config").arg(&self.config).args(arguments);
        command.output().unwrap()
    }

    /// `cpi recover`, which must leave nothing.
    pub fn recover(&self) {
        let output = self.command(&["recover"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// `cpi gc` that deletes everything it may: the rows that it found.
    pub fn collect_garbage(&self) -> Vec<Value> {
        let arguments = ["gc", "--director-uuid", DIRECTOR, "--older-than", "0s"];
        let more = ["--include-persistent", "--delete", "--yes", "--delete-running", "--json"];
        let output = self.command(&[&arguments[..], &more[..]].concat());
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_str(&said).unwrap();
        report["found"].as_array().cloned().unwrap_or_default()
    }

    /// Every operation in the journal, with its steps.
    pub fn operations(&self) -> Vec<(OperationRow, Vec<StepRow>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ledger = self.journal.open().await;
            let mut operations = Vec::new();
            for row in ledger.operations().await.unwrap() {
                let steps = ledger.steps(row.id).await.unwrap();
                operations.push((row, steps));
            }
            operations
        })
    }
}

impl Home {
    async fn open(&self) -> Journal {
        // Whose operations are repaired, and none are repaired here.
        let nobody = || Key { endpoint: "-".into(), account: "-".into(), project: "-".into() };
        match self {
            Self::Directory(path) => Journal::open(Place::Directory(path), nobody()).await,
            Self::Postgres(url) => {
                let url = SecretString::from(url.as_str());
                Journal::open(Place::Postgres(Database { url: &url, ca_cert: None }), nobody())
                    .await
            }
        }
        .unwrap()
    }
}

/// The CID in an answer.
pub fn cid(answer: &Value) -> String {
    answer.get(0).unwrap_or(answer).as_str().expect("a CID is a text").to_owned()
}

/// A PostgreSQL server; None, and a word about it, where this machine has none.
pub fn postgres(what: &str) -> Option<PrivatePostgres> {
    PrivatePostgres::start()
        .inspect_err(|why| test_support::skip(format!("{what} on PostgreSQL ({why})")))
        .ok()
}

/// The arguments of create_vm, on a network of which the cloud chooses the address.
pub fn new_vm(stemcell: &str, network: &str) -> Value {
    let networks = json!({"default": {"type": "dynamic", "cloud_properties": {"name": network}}});
    let properties = json!({
        "compute_offering": "Small Instance", "disk": 3072, "ephemeral_disk_offering": "Custom",
    });
    json!(["agent", stemcell, properties, networks, [], {"bosh": {"group": "g"}}])
}

/// The arguments of create_disk for a disk of so many GiB, near a VM if one is named.
pub fn new_disk(gib: u64, near: Option<&str>) -> Value {
    json!([gib * 1024, {"disk_offering": "Custom"}, near])
}

/// A number from the environment, to repeat a run or to choose its length.
pub fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|_| panic!("{variable}: '{text}' is no number"))
    })
}
