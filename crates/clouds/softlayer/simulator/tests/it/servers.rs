//! Hardware servers: bought by an order, and cancelled by their billing item.

use serde_json::{Value, json};
use simulator_kit::clock::Clock;
use simulator_softlayer::{Running, Simulator, World};
use std::collections::BTreeMap;
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

/// An order with a price for each of these items.
fn order(cloud: &Running, items: &[&str]) -> Value {
    let path = "SoftLayer_Product_Package/200/getItems?objectMask=mask[keyName,prices.id]";
    let all = get(cloud, path);
    let prices: BTreeMap<&str, u64> = all
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|item| Some((item["keyName"].as_str()?, item["prices"][0]["id"].as_u64()?)))
        .collect();
    let prices: Vec<_> = items.iter().map(|name| json!({"id": prices[name]})).collect();
    json!({"orderContainers": [{
        "complexType": "SoftLayer_Container_Product_Order_Hardware_Server",
        "packageId": 200, "presetId": 501, "location": "1854895", "quantity": 1,
        "useHourlyPricing": true, "prices": prices,
        "hardware": [{"hostname": "metal-1", "domain": "example.com",
            "primaryBackendNetworkComponent": {"networkVlan": {"id": 2100010}}}],
    }]})
}

const ITEMS: &[&str] = &[
    "OS_UBUNTU_22_04_LTS_JAMMY_JELLYFISH_64_BIT",
    "1_GBPS_PUBLIC_PRIVATE_NETWORK_UPLINKS",
    "BANDWIDTH_0_GB_2",
    "1_IP_ADDRESS",
    "REBOOT_KVM_OVER_IP",
    "UNLIMITED_SSL_VPN_USERS_1_PPTP_VPN_USER_PER_ACCOUNT",
];

/// An order that lacks an item that every server needs is refused.
#[test]
fn a_server_needs_all_of_its_items() {
    let cloud = start();
    for missing in 0..ITEMS.len() {
        let mut items = ITEMS.to_vec();
        let without = items.remove(missing);
        let order = order(&cloud, &items);
        let (status, _) = cloud.call("SoftLayer_Product_Order/verifyOrder", &[order]);
        assert_eq!(status, 500, "without {without}");
    }
}

/// A server is there once its order is approved, runs half an hour later, and goes when it is
/// cancelled; meanwhile it is billed, and reads its user data.
#[test]
fn a_server_is_ordered_used_and_cancelled() {
    let cloud = start();
    let order = order(&cloud, ITEMS);
    let (status, receipt) =
        cloud.call("SoftLayer_Product_Order/placeOrder", &[order, json!(false)]);
    assert_eq!(status, 200, "{receipt}");
    cloud.advance(Duration::from_secs(5));
    let filter = json!({"hardware": {"hostname": {"operation": "metal-1"}}});
    let found =
        get(&cloud, &format!("SoftLayer_Account/getHardware?objectMask=id&objectFilter={filter}"));
    let id = found[0]["id"].as_u64().expect("a server");
    let shown = || {
        let mask = "mask[id,provisionDate,primaryBackendIpAddress,activeTransaction.id,\
                    billingItem.id,hardwareStatus.status]";
        get(&cloud, &format!("SoftLayer_Hardware_Server/{id}?objectMask={mask}"))
    };
    let cancel = || {
        let item = shown()["billingItem"]["id"].as_u64().expect("it is billed");
        let arguments = [json!(true), json!(true), json!("reason"), json!("")];
        cloud.call(&format!("SoftLayer_Billing_Item/{item}/cancelItem"), &arguments)
    };
    assert_eq!(shown()["hardwareStatus"]["status"], "DEPLOY");
    assert_eq!(cancel().0, 500, "it is being made");
    cloud.advance(Duration::from_secs(1800));
    assert_eq!(shown()["primaryBackendIpAddress"], "10.50.0.4");
    assert!(shown()["provisionDate"].is_string());
    let path = format!("SoftLayer_Hardware_Server/{id}/setUserMetadata");
    assert_eq!(cloud.call(&path, &[json!(["settings"])]).0, 200);
    assert!(cloud.metadata_address(&id.to_string()).is_some());
    cloud.advance(Duration::from_secs(60));
    let order = receipt["orderId"].as_u64().expect("an order");
    assert_eq!(get(&cloud, &format!("SoftLayer_Billing_Order/{order}"))["status"], "COMPLETED");
    assert_eq!(cancel(), (200, json!(true)));
    assert_eq!(cloud.inventory().billed, []);
    cloud.advance(Duration::from_secs(3600));
    assert_eq!(cloud.call(&format!("SoftLayer_Hardware_Server/{id}"), &[]).0, 404);
}
