//! What an order is for: read and checked before anything happens.

use crate::engine::{Exception, words};
use crate::services::order::{guest_upgrade, hardware, snapshot_space, storage};
use crate::state::Cloud;
use crate::state::order::Purchase;
use serde_json::Value;

/// The prefix of every container's type.
const PREFIX: &str = "SoftLayer_Container_Product_Order_";

impl Purchase {
    /// Reads one container.
    pub fn read(cloud: &Cloud, raw: &Value) -> Result<Self, Exception> {
        let kind = words(&raw["complexType"])
            .ok_or_else(|| Exception::public("The order container has no complexType."))?;
        match kind.strip_prefix(PREFIX).unwrap_or_default() {
            "Network_Storage_AsAService" => storage::read(cloud, raw),
            "Network_Storage_AsAService_Upgrade" => storage::read_upgrade(cloud, raw),
            "Network_PerformanceStorage_Iscsi" => storage::read_legacy(cloud, raw),
            "Network_Storage_Enterprise_SnapshotSpace" => snapshot_space::read(cloud, raw, false),
            "Network_Storage_Enterprise_SnapshotSpace_Upgrade" => {
                snapshot_space::read(cloud, raw, true)
            }
            "Virtual_Guest_Upgrade" => guest_upgrade::read(cloud, raw),
            "Hardware_Server" => hardware::read(cloud, raw),
            _ => Err(Exception::public(format!("Invalid container type: '{kind}'."))),
        }
    }
}
