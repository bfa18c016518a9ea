//! What stands around machines: images, keys, global addresses, placement, upgrades.

use serde_json::{Value, json};
use simulator_kit::clock::Clock;
use simulator_softlayer::{Running, Simulator, World};
use std::time::Duration;

/// A cloud whose time stands still, and in which things take as long as they really do.
fn start() -> Running {
    let world = World { seed: Some(1), ..World::builtin().scaled(1.0) };
    let address = ([127, 0, 0, 1], 0).into();
    Simulator::spawn_thread_with(world, Clock::stopped(), address).expect("a free port")
}

fn get(cloud: &Running, path: &str) -> Value {
    let (status, body) = cloud.call(path, &[]);
    assert_eq!(status, 200, "{path}: {body}");
    body
}

fn template() -> Value {
    json!({
        "hostname": "vm-1", "domain": "example.com", "datacenter": {"name": "dal13"},
        "operatingSystemReferenceCode": "UBUNTU_22_64", "hourlyBillingFlag": true,
        "startCpus": 2, "maxMemory": 2048,
    })
}

/// A guest that runs; its id.
fn guest(cloud: &Running) -> u64 {
    let (_, guest) = cloud.call("SoftLayer_Virtual_Guest/createObject", &[template()]);
    cloud.advance(Duration::from_secs(600));
    guest["id"].as_u64().expect("a guest")
}

/// An image comes in while a transaction runs; until then it has no block device whose boot mode
/// could be set, and no guest is made of it. Deleting it goes on after the answer.
#[test]
fn an_image_comes_in_and_goes() {
    let cloud = start();
    let import = |change: Value| {
        let mut configuration = json!({
            "name": "stemcell", "note": "ours", "operatingSystemReferenceCode": "UBUNTU_22_64",
            "uri": "cos://us-south/bucket/image.vhd", "ibmApiKey": "key", "bootMode": "HVM",
        });
        for (name, value) in change.as_object().expect("an object") {
            configuration[name] = value.clone();
        }
        let path = "SoftLayer_Virtual_Guest_Block_Device_Template_Group/createFromIcos";
        cloud.call(path, &[configuration])
    };
    for wrong in [
        json!({"uri": "cos://bucket"}),
        json!({"uri": "http://x/y.vhd"}),
        json!({"ibmApiKey": null}),
    ] {
        assert_eq!(import(wrong.clone()).0, 500, "{wrong}");
    }
    let (_, image) = import(json!({}));
    let id = image["id"].as_u64().expect("an image");
    let path = format!("SoftLayer_Virtual_Guest_Block_Device_Template_Group/{id}");
    let boot = || cloud.call(&format!("{path}/setBootMode"), &[json!("HVM")]);
    assert!(boot().1["error"].as_str().is_some_and(|it| it.contains("primary block device")));
    let mut of_image = template();
    of_image["operatingSystemReferenceCode"] = json!(null);
    let uuid = get(&cloud, &format!("{path}?objectMask=mask[globalIdentifier]"));
    of_image["blockDeviceTemplateGroup"] = uuid;
    let create =
        || cloud.call("SoftLayer_Virtual_Guest/createObject", std::slice::from_ref(&of_image)).0;
    assert_eq!(create(), 500, "it is not whole");
    cloud.advance(Duration::from_secs(300));
    let mask = "mask[id,transaction.id,children[blockDevicesDiskSpaceTotal]]";
    let shown = get(&cloud, &format!("{path}?objectMask={mask}"));
    assert_eq!(shown.get("transaction"), None, "{shown}");
    assert!(shown["children"][0]["blockDevicesDiskSpaceTotal"].as_u64() > Some(0), "{shown}");
    assert_eq!(boot(), (200, json!(true)));
    assert_eq!(create(), 200);
    assert!(get(&cloud, &format!("{path}/deleteObject"))["id"].is_u64(), "a transaction");
    assert_eq!(cloud.call(&path, &[]).0, 200);
    cloud.advance(Duration::from_secs(60));
    assert_eq!(cloud.call(&path, &[]).0, 404);
    let public = "SoftLayer_Virtual_Guest_Block_Device_Template_Group/2300002/deleteObject";
    assert_eq!(cloud.call(public, &[]).0, 404, "it is nobody's to delete");
}

/// A key is registered once, whatever its comment.
#[test]
fn a_key_is_registered_once() {
    let cloud = start();
    let add = |label: &str, comment: &str| {
        let key =
            json!({"label": label, "key": format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 {comment}")});
        cloud.call("SoftLayer_Security_Ssh_Key/createObject", &[key])
    };
    assert_eq!(add("a", "me@here").0, 200);
    let (status, error) = add("b", "me@there");
    assert_eq!(status, 500);
    assert!(
        error["error"].as_str().is_some_and(|it| it.contains("SSH key already exist")),
        "{error}"
    );
}

/// A global address leads to a public address of the account, after a while.
#[test]
fn a_global_address_leads_somewhere() {
    let cloud = start();
    guest(&cloud);
    let path = "SoftLayer_Network_Subnet_IpAddress_Global/2400001";
    let shown = get(&cloud, &format!("{path}?objectMask=mask[ipAddress.subnetId]"));
    let subnet = format!("SoftLayer_Network_Subnet/{}", shown["ipAddress"]["subnetId"]);
    let route = |to: &str| {
        let arguments = [json!("SoftLayer_Network_Subnet_IpAddress"), json!(to)];
        cloud.call(&format!("{subnet}/route"), &arguments).0
    };
    assert_eq!(route("8.8.8.8"), 500);
    assert_eq!(route("10.50.0.4"), 500, "a private one");
    assert_eq!(route("203.0.113.4"), 200);
    assert_eq!(route("203.0.113.4"), 500, "it is being led");
    let shown = get(
        &cloud,
        &format!(
            "{path}?objectMask=mask[ipAddress.ipAddress,destinationIpAddress[ipAddress,virtualGuest.id]]"
        ),
    );
    assert_eq!(shown["destinationIpAddress"]["ipAddress"], "203.0.113.4");
    assert_eq!(cloud.inventory().routes[0].state.as_deref(), Some("203.0.113.4"));
    cloud.advance(Duration::from_secs(10));
    assert_eq!(cloud.call(&format!("{subnet}/clearRoute"), &[]).0, 200);
    assert_eq!(cloud.inventory().routes, []);
}

/// What does not go together in a guest is refused, and nothing is billed for it.
#[test]
fn guests_that_cannot_be_are_refused() {
    let cloud = start();
    for (why, wrong) in [
        (
            "a flavor and cores",
            json!({"supplementalCreateObjectOptions": {"flavorKeyName": "B1_2X4X25"}}),
        ),
        ("transient by the month", json!({"transientGuestFlag": true, "hourlyBillingFlag": false})),
        ("no billing", json!({"hourlyBillingFlag": null})),
        ("nowhere", json!({"datacenter": {"name": "xxx01"}})),
        ("swap", json!({"blockDevices": [{"device": "1", "diskImage": {"capacity": 25}}]})),
        ("an odd size", json!({"blockDevices": [{"device": "2", "diskImage": {"capacity": 33}}]})),
        ("half a GiB", json!({"maxMemory": 1500})),
        (
            "a VLAN of elsewhere",
            json!({"primaryBackendNetworkComponent": {"networkVlan": {"id": 2100040}}}),
        ),
        (
            "a public VLAN for private",
            json!({"primaryBackendNetworkComponent": {"networkVlan": {"id": 2100020}}}),
        ),
        (
            "a portable subnet as primary",
            json!({"primaryBackendNetworkComponent": {
            "networkVlan": {"id": 2100010, "primarySubnet": {"id": 2200012}}}}),
        ),
        ("an unknown key", json!({"sshKeys": [{"id": 1}]})),
        ("an unknown group", json!({"placementGroupId": 1})),
        (
            "a full host",
            json!({"dedicatedHost": {"id": 2500001}, "startCpus": 56, "maxMemory": 247808, "hostname": "x"}),
        ),
        ("too much user data", json!({"userData": [{"value": "x".repeat(20000)}]})),
        ("no name", json!({"hostname": "-x"})),
    ] {
        let mut guest = template();
        for (name, value) in wrong.as_object().expect("an object") {
            guest[name] = value.clone();
        }
        if why == "a full host" {
            guest["dedicatedHost"] = json!({"id": 2500001});
            cloud.call("SoftLayer_Virtual_Guest/createObject", std::slice::from_ref(&guest));
        }
        let (status, body) = cloud.call("SoftLayer_Virtual_Guest/createObject", &[guest]);
        assert!(status >= 400, "{why}: {body}");
    }
    // The one that filled the host.
    assert_eq!(cloud.inventory().billed.len(), 1);
}

/// More memory by an order with a maintenance window; the same again is refused.
#[test]
fn a_guest_is_upgraded_by_an_order() {
    let cloud = start();
    let id = guest(&cloud);
    let mask = "mask[id,categories.categoryCode,item.capacity]";
    let (_, prices) = cloud.call(
        &format!("SoftLayer_Virtual_Guest/{id}/getUpgradeItemPrices?objectMask={mask}"),
        &[json!(true)],
    );
    let price = prices.as_array().expect("prices").iter().find(|price| {
        price["categories"][0]["categoryCode"] == "ram" && price["item"]["capacity"] == "8"
    });
    let price = price.expect("8 GB")["id"].clone();
    let order = |window: Value| {
        let order = json!({
            "complexType": "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade",
            "packageId": 46, "prices": [{"id": price}], "virtualGuests": [{"id": id}],
            "properties": window,
        });
        cloud.call("SoftLayer_Product_Order/placeOrder", &[order, json!(false)])
    };
    let window = json!([{"name": "MAINTENANCE_WINDOW", "value": "NOW"}]);
    assert_eq!(order(json!([])).0, 500, "no window");
    assert_eq!(order(window.clone()).0, 200);
    cloud.advance(Duration::from_secs(600));
    let shown = get(&cloud, &format!("SoftLayer_Virtual_Guest/{id}?objectMask=maxMemory"));
    assert_eq!(shown["maxMemory"], 8192);
    let (_, again) = order(window);
    assert_eq!(again["error"], "A current price was provided for the upgrade order.");
}
