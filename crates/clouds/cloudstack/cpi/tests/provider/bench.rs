//! A cloud to try the provider on, and the way in which a director asks it.

use bosh_cpi::agent::AgentProperties;
use bosh_cpi::{ApiVersion, Call, CpiError, Request};
use cpi_cloudstack::{CloudStack, CloudStackProperties};
use cpi_kit::{Provider, Setup, StateDir};
use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};
use tempfile::TempDir;

pub use base64::Engine;

/// The template of the built-in world.
pub const TEMPLATE: &str = "af7f3bd7-e521-11f1-8774-02fc00000001";
pub const DIRECTOR: &str = "11111111-2222-3333-4444-555555555555";
/// An id that no cloud has ever given.
pub const NOWHERE: &str = "00000000-0000-0000-0000-00000000dead";

/// A simulator, and a folder for state.
pub struct Bench {
    pub simulator: Running,
    pub state: TempDir,
    pub account: &'static str,
}

impl Bench {
    /// The built-in world, in which nothing takes time; as its admin.
    pub async fn new() -> Self {
        Self::of(World::builtin().instant(), "admin").await
    }

    pub async fn of(world: World, account: &'static str) -> Self {
        let simulator = Simulator::start(world, ([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { simulator, state: tempfile::tempdir().unwrap(), account }
    }

    /// The properties of this cloud, with `more` over them.
    pub fn properties(&self, more: Value) -> Value {
        let keys = self.simulator.credentials(self.account).unwrap();
        let mut properties = json!({
            "endpoint": self.simulator.endpoint(),
            "api_key": keys.api_key,
            "secret_access_key": keys.secret_key,
            "default_zone": "adv",
            "default_offer": {"ephemeral_disk": "Custom", "disk": "Custom"},
            "ledger": {"horizon": 0, "budget": 5},
            "strict": true,
        });
        for (key, value) in more.as_object().unwrap() {
            properties[key] = value.clone();
        }
        properties
    }

    /// The provider as a new process would have it.
    pub fn cloud(&self) -> CloudStack {
        self.cloud_with(json!({}))
    }

    pub fn cloud_with(&self, more: Value) -> CloudStack {
        let properties: CloudStackProperties =
            serde_json::from_value(self.properties(more)).unwrap();
        let agent: AgentProperties =
            serde_json::from_value(json!({"mbus": "nats://nats:pw@10.50.0.6:4222"})).unwrap();
        CloudStack::new(Setup {
            properties,
            agent,
            state_dir: StateDir::at(self.state.path()),
            director_uuid: Some(DIRECTOR),
            request_id: Some("cpi-1"),
        })
        .unwrap()
    }

    /// Asks as a new process would.
    pub async fn ask(&self, method: &str, arguments: Value) -> Result<Value, CpiError> {
        ask(&self.cloud(), method, arguments).await
    }

    /// A VM in `bosh-net` with an ephemeral disk; its CID.
    pub async fn vm(&self) -> String {
        let answer = self.ask("create_vm", vm_arguments(json!({}), json!({}))).await.unwrap();
        answer[0].as_str().unwrap().to_owned()
    }

    /// A disk of 3 GiB; its CID.
    pub async fn disk(&self) -> String {
        let answer = self.ask("create_disk", json!([3072, {}, null])).await.unwrap();
        answer.as_str().unwrap().to_owned()
    }

    /// A disk that is attached to a VM: (VM, disk).
    pub async fn attached(&self) -> (String, String) {
        let (vm, disk) = (self.vm().await, self.disk().await);
        self.ask("attach_disk", json!([vm, disk])).await.unwrap();
        (vm, disk)
    }

    /// The commands that were called since the last time, but for job polls.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.simulator.calls();
        self.simulator.clear_calls();
        let commands = calls.into_iter().map(|call| call.command);
        commands.filter(|command| command != "queryAsyncJobResult").collect()
    }

    /// A raw call as the bench's account.
    pub fn raw(&self, command: &str, params: &[(&str, &str)]) -> Value {
        let (status, body) = self.simulator.call(self.account, command, params);
        assert_eq!(status, 200, "{command}: {body}");
        body.as_object().unwrap().values().next().unwrap().clone()
    }

    /// Rows of a list call.
    pub fn rows(&self, command: &str, key: &str, params: &[(&str, &str)]) -> Vec<Value> {
        self.raw(command, params)[key].as_array().cloned().unwrap_or_default()
    }

    /// The row of a VM, as its owner sees it.
    pub fn vm_row(&self, id: &str) -> Value {
        self.rows("listVirtualMachines", "virtualmachine", &[("id", id)]).remove(0)
    }

    /// The row of a volume.
    pub fn volume_row(&self, id: &str) -> Value {
        self.rows("listVolumes", "volume", &[("id", id)]).remove(0)
    }

    /// What stands in the cloud: VMs, volumes, snapshots; nothing of it after a clean end.
    pub fn inventory(&self) -> Vec<String> {
        let all = [("listall", "true")];
        let mut names = Vec::new();
        for (command, key) in [
            ("listVirtualMachines", "virtualmachine"),
            ("listVolumes", "volume"),
            ("listSnapshots", "snapshot"),
        ] {
            let rows = self.rows(command, key, &all);
            names.extend(rows.iter().map(|row| format!("{key} {} {}", row["name"], row["state"])));
        }
        names
    }

    /// The settings that a VM's agent reads.
    pub fn settings(&self, vm: &str) -> Value {
        let cloud = self.simulator.cloud();
        let userdata = cloud.vms.get(vm).and_then(|vm| vm.userdata.clone()).expect("user-data");
        let json = base64::engine::general_purpose::STANDARD.decode(userdata).unwrap();
        serde_json::from_slice(&json).unwrap()
    }
}

/// Asks as the binary does: request, typed call, method, answer in the shape of version 3.
pub async fn ask(cloud: &CloudStack, method: &str, arguments: Value) -> Result<Value, CpiError> {
    let request = json!({"method": method, "arguments": arguments, "api_version": 3,
                         "context": {"director_uuid": DIRECTOR}});
    let request = Request::parse(request.to_string().as_bytes())?;
    let answer = Call::decode(&request)?.run(cloud, ApiVersion::LATEST).await;
    cloud.answer_was_written().await;
    answer
}

/// The arguments of a create_vm, with `cloud_properties` over the usual ones; `networks` empty
/// for one dynamic network in `bosh-net`.
pub fn vm_arguments(cloud_properties: Value, networks: Value) -> Value {
    let mut vm = json!({"compute_offering": "Small Instance", "disk": 4000});
    for (key, value) in cloud_properties.as_object().unwrap() {
        vm[key] = value.clone();
    }
    let usual = json!({"default": {"type": "dynamic", "default": ["dns", "gateway"],
                                   "cloud_properties": {"name": "bosh-net"}}});
    let networks = if networks.as_object().unwrap().is_empty() { usual } else { networks };
    json!(["agent-1", format!("{TEMPLATE} light"), vm, networks, [], {"bosh": {"group": "g"}}])
}

/// A manual network.
pub fn manual(name: &str, ip: &str) -> Value {
    json!({"type": "manual", "ip": ip, "netmask": "255.255.255.0", "gateway": "10.50.0.1",
           "dns": ["8.8.8.8"], "default": ["dns", "gateway"], "cloud_properties": {"name": name}})
}

/// The kind of an error, as the director reads it.
pub fn kind(error: &CpiError) -> &'static str {
    error.kind.as_str().strip_prefix("Bosh::Clouds::").unwrap()
}
