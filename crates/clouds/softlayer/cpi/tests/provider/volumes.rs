//! The bench, with volumes.

use crate::bench::Bench;
use bosh_cpi::CpiError;
use cpi_kit::{Setup, StateDir};
use cpi_softlayer::{SoftLayer, SoftLayerProperties};
use serde_json::{Value, json};
use simulator_kit::fault::{Fault, FaultKind, When};
use std::path::Path;

pub const IMAGE_UUID: &str = "6f1d2b3c-8a47-4c5e-9d10-2b7e5a4c9f01";
/// An id that nothing has.
pub const NOWHERE: &str = "999999999";

impl Bench {
    /// The provider as another director would have it, with the same journal.
    pub fn cloud_of(&self, director: &str) -> SoftLayer {
        self.cloud_at(self.state.path(), director, json!({}))
    }

    /// The provider with another journal.
    pub fn cloud_at(&self, state: &Path, director: &str, more: Value) -> SoftLayer {
        let properties: SoftLayerProperties =
            serde_json::from_value(self.properties(more)).unwrap();
        SoftLayer::new(Setup {
            properties,
            agent: Default::default(),
            state_dir: StateDir::at(state),
            director_uuid: Some(director),
            request_id: None,
        })
        .unwrap()
    }

    /// A guest that somebody has made by hand; its CID.
    pub fn made_by_hand(&self) -> String {
        let template = json!({
            "hostname": "by-hand", "domain": "example.com", "datacenter": {"name": "dal13"},
            "blockDeviceTemplateGroup": {"globalIdentifier": IMAGE_UUID},
            "hourlyBillingFlag": true, "startCpus": 2, "maxMemory": 4096,
        });
        let guest = self.raw("SoftLayer_Virtual_Guest/createObject", &[template]);
        guest["id"].as_u64().unwrap().to_string()
    }

    /// A disk of 20 GB; its CID.
    pub async fn disk(&self) -> String {
        let answer = self.ask("create_disk", json!([20480, {}, null])).await.unwrap();
        answer.as_str().unwrap().to_owned()
    }

    /// A raw call as the account's first user.
    pub fn raw(&self, path: &str, arguments: &[Value]) -> Value {
        let (status, body) = self.simulator.call(path, arguments);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The ids of the volumes that are billed.
    pub fn volumes(&self) -> Vec<u64> {
        let mask = "objectMask=mask[id,billingItem.id]";
        let path = format!("SoftLayer_Account/getIscsiNetworkStorage?{mask}");
        let all = self.raw(&path, &[]).as_array().cloned().unwrap_or_default();
        let billed = all.iter().filter(|volume| volume["billingItem"].is_object());
        let mut ids: Vec<_> = billed.map(|volume| volume["id"].as_u64().unwrap()).collect();
        ids.sort_unstable();
        ids
    }

    /// A volume, with what `mask` asks for.
    pub fn volume(&self, id: &str, mask: &str) -> Value {
        self.raw(&format!("SoftLayer_Network_Storage/{id}?objectMask=mask[{mask}]"), &[])
    }

    /// The next such call is refused.
    pub fn refuse(&self, command: &str) {
        let body = r#"{"error":"no","code":"SoftLayer_Exception_InvalidValue"}"#.to_owned();
        let kind = FaultKind::Answer { status: 500, body };
        let (command, when) = (command.to_owned(), When::Before);
        self.simulator.declare_faults(vec![Fault { command, occurrence: 1, times: 1, when, kind }]);
    }
}

/// The kind of an error, as the director reads it.
pub fn kind(error: &CpiError) -> &'static str {
    error.kind.as_str().strip_prefix("Bosh::Clouds::").unwrap()
}

/// A number, which SoftLayer may write as text.
pub fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value}"))
}
