//! The life of a virtual guest, as a client sees it.

use serde_json::{Value, json};
use simulator_kit::clock::Clock;
use simulator_softlayer::{Running, Simulator, World};
use std::time::Duration;

const IMAGE: &str = "6f1d2b3c-8a47-4c5e-9d10-2b7e5a4c9f01";

/// A cloud whose time stands still, and in which things take as long as they really do.
fn start() -> Running {
    let world = World { seed: Some(1), ..World::builtin().scaled(1.0) };
    let address = ([127, 0, 0, 1], 0).into();
    Simulator::spawn_thread_with(world, Clock::stopped(), address).expect("a free port")
}

fn template() -> Value {
    json!({
        "hostname": "vm-1", "domain": "example.com", "datacenter": {"name": "dal13"},
        "blockDeviceTemplateGroup": {"globalIdentifier": IMAGE},
        "hourlyBillingFlag": true, "startCpus": 2, "maxMemory": 4096,
        "primaryBackendNetworkComponent": {"networkVlan": {"id": 2100010}},
        "blockDevices": [{"device": "2", "diskImage": {"capacity": 100}}],
        "userData": [{"value": "placeholder"}],
    })
}

fn create(cloud: &Running) -> u64 {
    let (status, guest) = cloud.call("SoftLayer_Virtual_Guest/createObject", &[template()]);
    assert_eq!(status, 200, "{guest}");
    assert_eq!(guest.get("primaryBackendIpAddress"), None, "{guest}");
    guest["id"].as_u64().expect("an id")
}

fn get(cloud: &Running, path: &str) -> Value {
    let (status, body) = cloud.call(path, &[]);
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn metadata(cloud: &Running, id: u64) -> (u16, Value) {
    cloud.call(&format!("SoftLayer_Virtual_Guest/{id}/setUserMetadata"), &[json!(["settings"])])
}

/// A guest takes no metadata until it is placed, has addresses before it runs, runs before the
/// service is done with it, and cannot be deleted while it is not.
#[test]
fn a_guest_comes_to_life_step_by_step() {
    let cloud = start();
    let id = create(&cloud);
    let delete = || cloud.call(&format!("SoftLayer_Virtual_Guest/{id}/deleteObject"), &[]);
    let shown = || {
        let mask = "mask[id,provisionDate,powerState.keyName,activeTransaction.id,\
                    primaryBackendIpAddress,primaryIpAddress]";
        get(&cloud, &format!("SoftLayer_Virtual_Guest/{id}?objectMask={mask}"))
    };
    let (status, refusal) = metadata(&cloud, id);
    assert_eq!((status, &refusal["code"]), (500, &json!("SoftLayer_Exception_NotImplemented")));
    assert_eq!(
        shown(),
        json!({"id": id, "provisionDate": null, "powerState": {"keyName": "HALTED"}})
    );
    cloud.advance(Duration::from_secs(30));
    assert_eq!(metadata(&cloud, id), (200, json!(true)));
    assert!(shown()["activeTransaction"]["id"].is_u64());
    cloud.advance(Duration::from_secs(30));
    assert_eq!(shown()["primaryBackendIpAddress"], "10.50.0.4");
    assert_eq!(shown()["primaryIpAddress"], "203.0.113.4");
    assert_eq!(shown()["provisionDate"], Value::Null);
    cloud.advance(Duration::from_secs(120));
    assert!(shown()["provisionDate"].is_string());
    assert_eq!(shown()["powerState"]["keyName"], "RUNNING");
    assert_eq!(delete().0, 500, "the transaction lingers");
    cloud.advance(Duration::from_secs(60));
    assert_eq!(shown().get("activeTransaction"), None);
    assert_eq!(delete(), (200, json!(true)));
    let path = format!(
        "SoftLayer_Virtual_Guest/{id}/getActiveTransaction?objectMask=transactionStatus.name"
    );
    assert_eq!(get(&cloud, &path)["transactionStatus"]["name"], "RECLAIM_WAIT");
    assert_eq!(cloud.inventory().vms[0].state, "RECLAIM_WAIT");
    cloud.advance(Duration::from_secs(600));
    assert_eq!(cloud.call(&format!("SoftLayer_Virtual_Guest/{id}"), &[]).0, 404);
    assert_eq!(cloud.inventory().vms, []);
}

/// Masks: a named local property drops the other local ones, relations alone drop none, and an
/// unknown property is an exception.
#[test]
fn masks_cut_answers_as_softlayer_does() {
    let cloud = start();
    let id = create(&cloud);
    let shown =
        |mask: &str| cloud.call(&format!("SoftLayer_Virtual_Guest/{id}?objectMask={mask}"), &[]);
    assert_eq!(shown("id").1, json!({"id": id}));
    let (_, both) = shown("mask[id,datacenter.name]");
    assert_eq!(both, json!({"id": id, "datacenter": {"name": "dal13"}}));
    let (_, all) = shown("mask[datacenter[name]]");
    assert_eq!(all["hostname"], "vm-1");
    assert_eq!(all["datacenter"], json!({"name": "dal13"}));
    let (_, plain) = cloud.call(&format!("SoftLayer_Virtual_Guest/{id}"), &[]);
    assert_eq!(plain["hostname"], "vm-1");
    assert_eq!(plain.get("datacenter"), None);
    assert_eq!(plain.get("primaryBackendIpAddress"), None, "a relation, although it is a text");
    for wrong in
        ["nosuch", "mask[datacenter.nosuch]", "mask[activeTransaction.nosuch]", "mask[id.x]"]
    {
        let (status, body) = shown(wrong);
        assert_eq!(status, 500, "{wrong}: {body}");
    }
}

/// Filters pick rows by what relations lead to; one that makes no sense is ignored.
#[test]
fn filters_pick_rows_or_are_ignored() {
    let cloud = start();
    let id = create(&cloud);
    let other = json!({"hostname": "vm-2"});
    let mut second = template();
    second["hostname"] = other["hostname"].clone();
    cloud.call("SoftLayer_Virtual_Guest/createObject", &[second]);
    cloud.advance(Duration::from_secs(60));
    let found = |filter: &Value| {
        let path =
            format!("SoftLayer_Account/getVirtualGuests?objectMask=id&objectFilter={filter}");
        get(&cloud, &path).as_array().map(Vec::len)
    };
    let by = |name: &str, value: &str| json!({"virtualGuests": {name: {"operation": value}}});
    assert_eq!(found(&by("hostname", "VM-1")), Some(1));
    assert_eq!(found(&by("hostname", "^= vm")), Some(2));
    assert_eq!(found(&by("primaryBackendIpAddress", "10.50.0.4")), Some(1));
    assert_eq!(found(&by("id", &id.to_string())), Some(1));
    let dc = json!({"virtualGuests": {"datacenter": {"name": {"operation": "wdc07"}}}});
    assert_eq!(found(&dc), Some(0));
    assert_eq!(found(&by("nosuch", "x")), Some(2), "ignored");
    assert_eq!(found(&json!({"hostname": {"operation": "vm-1"}})), Some(2), "not under its root");
}
