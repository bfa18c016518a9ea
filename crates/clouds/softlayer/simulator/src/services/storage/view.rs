//! What is told of a volume.

use crate::object_ref::{Machine, Node, ObjectRef};
use crate::services::storage::snapshot::snapshots;
use crate::state::Cloud;
use crate::state::billing::Resource;
use crate::state::speed::Speed;
use crate::state::time::stamp;
use crate::state::volume::Volume;
use serde_json::{Value, json};

pub fn read(cloud: &Cloud, volume: &Volume, name: &str) -> Node {
    let is_snapshot = volume.snapshot_of().is_some();
    let busy = |it: &Volume| {
        json!(it.busy.iter().map(|t| t.value(cloud.now(), ("guestId", 0))).collect::<Vec<_>>())
    };
    match name {
        "id" => volume.id.into(),
        "accountId" => cloud.world.account.into(),
        "capacityGb" => volume.gb.into(),
        "createDate" => stamp(volume.created).into(),
        "nasType" => if is_snapshot { "SNAPSHOT" } else { "ISCSI" }.into(),
        "notes" => json!(volume.notes).into(),
        "username" => volume.username.as_str().into(),
        "serviceProviderId" => 1.into(),
        "serviceResourceName" => "PERFSTOR-AGGR".into(),
        // Numbers, as texts, here and below.
        "storageTypeId" => if tiered(volume) { "9" } else { "7" }.into(),
        "upgradableFlag" => (!volume.legacy).into(),
        "activeTransactionCount" => u64::from(volume.busy.is_some()).into(),
        "activeTransactions" => busy(volume).into(),
        "bytesUsed" => "0".into(),
        "iops" | "provisionedIops" => volume.speed.iops(volume.gb).to_string().into(),
        "isReadyToMount" => (volume.ready && !is_snapshot).into(),
        "isDuplicateReadyToMount" => (volume.ready && volume.origin.is_some()).into(),
        "isReadyForSnapshot" => {
            (volume.ready && volume.busy.is_none() && volume.snapshot_gb > 0).into()
        }
        "lunId" => volume.lun.to_string().into(),
        "osType" => json!({"id": 12, "keyName": "LINUX", "name": "Linux"}).into(),
        "snapshotCapacityGb" => {
            json!((volume.snapshot_gb > 0).then(|| volume.snapshot_gb.to_string())).into()
        }
        "snapshotCount" => snapshots(cloud, volume.id).len().into(),
        "snapshotCreationTimestamp" if is_snapshot => stamp(volume.created).into(),
        "snapshotSizeBytes" if is_snapshot => "42".into(),
        "snapshots" => Node::Many(snapshots(cloud, volume.id)),
        "parentVolume" => Node::One(volume.snapshot_of().map(ObjectRef::Volume)),
        "hasEncryptionAtRest" => (!volume.legacy).into(),
        "staasVersion" => json!((!volume.legacy).then_some("2")).into(),
        "storageTierLevel" => match volume.speed {
            Speed::Tier(tier) => tier.name().into(),
            Speed::Iops(_) => Value::Null.into(),
        },
        "storageType" => match tiered(volume) {
            true => json!({"id": 9, "keyName": "ENDURANCE_BLOCK_STORAGE", "description": "Endurance Block Storage"}),
            false => json!({"id": 7, "keyName": "PERFORMANCE_BLOCK_STORAGE", "description": "Performance Block Storage"}),
        }
        .into(),
        "volumeStatus" => if volume.ready { "PROVISION_COMPLETED" } else { "PROVISION_ONGOING" }.into(),
        _ => elsewhere(cloud, volume, name),
    }
}

fn tiered(volume: &Volume) -> bool {
    matches!(volume.speed, Speed::Tier(_))
}

fn elsewhere(cloud: &Cloud, volume: &Volume, name: &str) -> Node {
    // Each volume has two targets of its data centre.
    let target = |n: u64| format!("10.1.{}.{}", volume.location % 200, volume.lun % 100 * 2 + n);
    match name {
        "serviceResourceBackendIpAddress" => json!(volume.ready.then(|| target(1))).into(),
        "iscsiTargetIpAddresses" => match volume.ready {
            true => json!([target(1), target(2)]).into(),
            false => json!([]).into(),
        },
        "serviceResource" => {
            let place = cloud.locations.get(&volume.location).map(|it| &it.spec);
            json!({
                "id": volume.location + 7,
                "backendIpAddress": target(1),
                "name": "PERFSTOR-AGGR",
                "datacenter": place.map(|it| json!({
                    "id": it.id, "name": it.name, "longName": it.long_name, "statusId": 2,
                })),
            })
            .into()
        }
        "billingItem" => {
            let item = cloud.billed_by(Resource::Volume(volume.id));
            Node::One(item.map(|it| ObjectRef::BillingItem(it.id)))
        }
        "allowedVirtualGuests" => {
            let guests = volume.allowed.iter().filter_map(|it| match it {
                Machine::Guest(id) => Some(ObjectRef::Guest(*id)),
                Machine::Hardware(_) => None,
            });
            Node::Many(guests.collect())
        }
        "allowedHardware" => {
            let servers = volume.allowed.iter().filter_map(|it| match it {
                Machine::Hardware(id) => Some(ObjectRef::Server(*id)),
                Machine::Guest(_) => None,
            });
            Node::Many(servers.collect())
        }
        _ => Value::Null.into(),
    }
}
