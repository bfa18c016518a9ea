//! An account to try the provider on, and the way in which a director asks it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bosh_cpi::agent::AgentProperties;
use bosh_cpi::{ApiVersion, Call, CpiError, Request};
use cpi_kit::{Provider, Setup, StateDir};
use cpi_softlayer::{SoftLayer, SoftLayerProperties};
use serde_json::{Value, json};
use simulator_kit::fault::{Fault, FaultKind, When};
use simulator_softlayer::{Running, Simulator, World};
use tempfile::TempDir;

/// Things of the built-in world.
pub const IMAGE: &str = "2300001";
pub const PRIVATE_VLAN: u64 = 2_100_010;
pub const PUBLIC_VLAN: u64 = 2_100_020;
pub const DIRECTOR: &str = "11111111-2222-3333-4444-555555555555";

/// A simulator, and a folder for state.
pub struct Bench {
    pub simulator: Running,
    pub state: TempDir,
}

impl Bench {
    /// The built-in world, in which nothing takes time.
    pub fn new() -> Self {
        Self::of(World::builtin().instant())
    }

    pub fn of(world: World) -> Self {
        let address = ([127, 0, 0, 1], 0).into();
        let simulator = Simulator::spawn_thread(world, address).expect("a free port");
        Self { simulator, state: tempfile::tempdir().unwrap() }
    }

    /// The properties of this cloud, with `more` over them.
    pub fn properties(&self, more: Value) -> Value {
        let mut properties = json!({
            "username": "bosh",
            "api_key": "bosh-api-key",
            "api_endpoint": self.simulator.endpoint(),
            "default_datacenter": "dal13",
            "default_domain": "bosh.example",
            "ledger": {"horizon": 0, "budget": 20},
            // What never comes about must not hang a test for hours.
            "timeout": {"lookup": 60, "create_vm": 120, "create_bare_metal": 120, "delete_vm": 60},
            "strict": true,
        });
        for (key, value) in more.as_object().unwrap() {
            properties[key] = value.clone();
        }
        properties
    }

    /// The provider as a new process would have it.
    pub fn cloud(&self, more: Value) -> SoftLayer {
        let properties: SoftLayerProperties =
            serde_json::from_value(self.properties(more)).unwrap();
        let agent: AgentProperties =
            serde_json::from_value(json!({"mbus": "nats://nats:pw@10.50.0.6:4222"})).unwrap();
        SoftLayer::new(Setup {
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
        self.ask_with(json!({}), method, arguments).await
    }

    pub async fn ask_with(
        &self,
        more: Value,
        method: &str,
        arguments: Value,
    ) -> Result<Value, CpiError> {
        let cloud = self.cloud(more);
        let request = json!({"method": method, "arguments": arguments, "api_version": 3,
                             "context": {"director_uuid": DIRECTOR}});
        let request = Request::parse(request.to_string().as_bytes())?;
        let call = Call::decode(&request)?;
        if !matches!(call, Call::InfoCall(_)) {
            cloud.open_with(&call.cids()).await?;
        }
        let answer = call.run(&cloud, ApiVersion::LATEST).await;
        cloud.answer_was_written().await;
        answer
    }

    /// A VM on the private VLAN; its CID.
    pub async fn vm(&self) -> String {
        self.vm_of(json!({}), private()).await.0
    }

    /// A VM, and what was told of its networks.
    pub async fn vm_of(&self, vm: Value, networks: Value) -> (String, Value) {
        let answer = self.ask("create_vm", arguments(vm, networks)).await.unwrap();
        (answer[0].as_str().unwrap().to_owned(), answer[1].clone())
    }

    /// What the API tells of a guest.
    pub fn guest(&self, cid: &str, mask: &str) -> Value {
        let path = format!("SoftLayer_Virtual_Guest/{cid}?objectMask=mask[{mask}]");
        let (status, body) = self.simulator.call(&path, &[]);
        assert_eq!(status, 200, "{body}");
        body
    }

    /// What the agent of a guest or server reads.
    pub fn settings(&self, cid: &str) -> Value {
        let cloud = self.simulator.cloud();
        let text = match cid.strip_prefix("hw-") {
            Some(id) => cloud.servers[&id.parse().unwrap()].user_data.clone(),
            None => cloud.guests[&cid.parse().unwrap()].user_data.clone(),
        };
        let json = URL_SAFE_NO_PAD.decode(text.expect("user metadata")).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    /// The calls since the last time.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.simulator.calls();
        self.simulator.clear_calls();
        calls.into_iter().map(|call| call.command).collect()
    }

    /// One call's answer is lost, after it took effect or before.
    pub fn lose(&self, command: &str, when: When) {
        let kind = FaultKind::Reset;
        let command = command.to_owned();
        self.simulator.declare_faults(vec![Fault { command, occurrence: 1, times: 1, when, kind }]);
    }

    /// Nothing that is billed, or that leads anywhere, is left.
    pub fn assert_clean(&self) {
        let left = self.simulator.inventory();
        assert!(left.billed.is_empty(), "billed: {:?}", left.billed);
        assert!(left.open_orders.is_empty(), "orders: {:?}", left.open_orders);
        assert!(left.routes.is_empty(), "routes: {:?}", left.routes);
        assert!(left.ssh_keys.is_empty(), "keys: {:?}", left.ssh_keys);
        assert!(left.vms.iter().all(|vm| vm.state == "RECLAIM_WAIT"), "{:?}", left.vms);
    }
}

/// The arguments of a `create_vm`.
pub fn arguments(vm: Value, networks: Value) -> Value {
    let mut properties = json!({"cpu": 2, "memory": 4096, "ephemeral_disk_size": 60});
    for (key, value) in vm.as_object().unwrap() {
        properties[key] = value.clone();
    }
    properties.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json!(["agent-1", IMAGE, properties, networks, [], {"bosh": {"group": "g"}}])
}

/// A dynamic network on the private VLAN.
pub fn private() -> Value {
    json!({"default": {"type": "dynamic", "dns": ["10.0.80.11"], "default": ["dns", "gateway"],
                       "cloud_properties": {"vlan_ids": [PRIVATE_VLAN]}}})
}
