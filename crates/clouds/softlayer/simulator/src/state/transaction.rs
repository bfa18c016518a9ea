//! What the service is doing to something: `SoftLayer_Provisioning_Version1_Transaction`.

use super::time::stamp;
use jiff::Timestamp;
use serde_json::{Value, json};
/// What the service is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its id.
    pub id: u64,
    /// `Service Setup`.
    pub group: &'static str,
    /// `RECLAIM_WAIT` …
    pub status: &'static str,
    /// When it began.
    pub created: Timestamp,
}

impl Transaction {
    /// It written out.
    pub fn value(&self, now: Timestamp, machine: (&str, u64)) -> Value {
        let mut value = json!({
            "id": self.id,
            "createDate": stamp(self.created),
            "modifyDate": stamp(self.created),
            "statusChangeDate": stamp(self.created),
            "elapsedSeconds": now.duration_since(self.created).as_secs(),
            "transactionStatus": {
                "name": self.status,
                "friendlyName": self.status.to_lowercase().replace('_', " "),
                // A number, as a text.
                "averageDuration": "1.5",
            },
            "transactionGroup": {"name": self.group, "averageTimeToComplete": "3.5"},
        });
        value[machine.0] = json!(machine.1);
        value
    }
}
