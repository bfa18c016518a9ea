//! Volumes: how they are bought, mounted, changed, kept and given back.

use serde_json::{Value, json};
use simulator_kit::clock::Clock;
use simulator_softlayer::{Running, Simulator, World};
use std::time::Duration;

const DAL13: u64 = 1854895;

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

/// The price of a category of an item, and with a restriction that fits.
fn price(cloud: &Cloud, key_name: &str, category: &str, restriction: Option<&str>) -> u64 {
    let prices = cloud.items["prices"].as_array().expect("prices").iter();
    let fits = |price: &&Value| {
        price["item"]["keyName"] == key_name
            && price["categories"][0]["categoryCode"] == category
            && price["locationGroupId"].is_null()
            && restriction.is_none_or(|kind| price["capacityRestrictionType"] == kind)
    };
    prices.clone().find(fits).and_then(|price| price["id"].as_u64()).expect(key_name)
}

struct Cloud {
    running: Running,
    items: Value,
}

impl Cloud {
    fn start() -> Self {
        let running = start();
        let mask =
            "mask[id,locationGroupId,capacityRestrictionType,item.keyName,categories.categoryCode]";
        let prices = get(
            &running,
            &format!("SoftLayer_Product_Package/759/getItemPrices?objectMask={mask}"),
        );
        Self { running, items: json!({"prices": prices}) }
    }

    fn order(&self, gb: u64, iops: u64, space: &str, speed: &str) -> Value {
        let prices = [
            price(self, "STORAGE_AS_A_SERVICE", "storage_as_a_service", None),
            price(self, "BLOCK_STORAGE_2", "storage_block", None),
            price(self, space, "performance_storage_space", None),
            price(self, speed, "performance_storage_iops", None),
        ];
        json!({
            "complexType": "SoftLayer_Container_Product_Order_Network_Storage_AsAService",
            "packageId": 759, "location": DAL13.to_string(), "quantity": 1,
            "useHourlyPricing": true, "osFormatType": {"keyName": "LINUX"},
            "volumeSize": gb, "iops": iops, "prices": prices.map(|id| json!({"id": id})),
        })
    }

    fn place(&self, order: &Value) -> (u16, Value) {
        self.running.call("SoftLayer_Product_Order/placeOrder", &[order.clone(), json!(false)])
    }

    /// A volume of 30 GB, ready; its id.
    fn volume(&self) -> u64 {
        let (status, receipt) = self.place(&self.order(30, 500, "20_39_GBS", "100_1000_IOPS"));
        assert_eq!(status, 200, "{receipt}");
        self.running.advance(Duration::from_secs(65));
        let filter = json!({"iscsiNetworkStorage": {"billingItem": {"orderItem": {"order": {
            "id": {"operation": receipt["orderId"]},
        }}}}});
        let path =
            format!("SoftLayer_Account/getIscsiNetworkStorage?objectMask=id&objectFilter={filter}");
        get(&self.running, &path)[0]["id"].as_u64().expect("a volume")
    }

    fn guest(&self) -> u64 {
        let template = json!({
            "hostname": "vm-1", "domain": "example.com", "datacenter": {"name": "dal13"},
            "operatingSystemReferenceCode": "UBUNTU_22_64", "hourlyBillingFlag": true,
            "startCpus": 1, "maxMemory": 1024,
        });
        let (_, guest) = self.running.call("SoftLayer_Virtual_Guest/createObject", &[template]);
        self.running.advance(Duration::from_secs(600));
        guest["id"].as_u64().expect("a guest")
    }

    fn on_volume(&self, id: u64, method: &str, arguments: &[Value]) -> (u16, Value) {
        self.running.call(&format!("SoftLayer_Network_Storage/{id}/{method}"), arguments)
    }

    fn shown(&self, id: u64, mask: &str) -> Value {
        get(&self.running, &format!("SoftLayer_Network_Storage/{id}?objectMask=mask[{mask}]"))
    }

    fn buy_snapshot_space(&self, volume: u64) {
        let space =
            price(self, "20_GB_PERFORMANCE_STORAGE_SPACE", "storage_snapshot_space", Some("IOPS"));
        let order = json!({
            "complexType": "SoftLayer_Container_Product_Order_Network_Storage_Enterprise_SnapshotSpace",
            "packageId": 759, "location": DAL13, "quantity": 1, "volumeId": volume,
            "useHourlyPricing": true, "prices": [{"id": space}],
        });
        let (status, body) = self.place(&order);
        assert_eq!(status, 200, "{body}");
        self.running.advance(Duration::from_secs(60));
    }
}

/// An order is pending, then approved, and then there is a volume, which can be mounted later
/// still; when that is so the order is complete. Numbers come as texts.
#[test]
fn a_volume_comes_of_an_order() {
    let cloud = Cloud::start();
    let (_, receipt) = cloud.place(&cloud.order(30, 500, "20_39_GBS", "100_1000_IOPS"));
    let order = receipt["orderId"].as_u64().expect("an order");
    let status =
        || get(&cloud.running, &format!("SoftLayer_Billing_Order/{order}"))["status"].clone();
    assert_eq!(status(), "PENDING_AUTO_APPROVAL");
    assert_eq!(cloud.running.inventory().volumes, []);
    cloud.running.advance(Duration::from_secs(5));
    assert_eq!(status(), "APPROVED");
    let volume = cloud.running.inventory().volumes[0].clone();
    assert_eq!((volume.size, volume.iops, volume.state.as_str()), (30, 500, "PROVISIONING"));
    let guest = cloud.guest();
    let shown =
        cloud.shown(volume.id, "iops,lunId,isReadyToMount,storageType.keyName,staasVersion");
    assert_eq!(shown["iops"], "500");
    assert_eq!(shown["staasVersion"], "2");
    assert_eq!(shown["storageType"]["keyName"], "PERFORMANCE_BLOCK_STORAGE");
    assert_eq!(status(), "COMPLETED");
    assert!(guest > 0);
}

/// A volume that is being made cannot be mounted; one that is being changed is blocked.
#[test]
fn a_machine_is_let_in_when_the_volume_is_ready_and_free() {
    let cloud = Cloud::start();
    let guest = cloud.guest();
    cloud.place(&cloud.order(30, 500, "20_39_GBS", "100_1000_IOPS"));
    cloud.running.advance(Duration::from_secs(5));
    let id = cloud.running.inventory().volumes[0].id;
    let allow = || cloud.on_volume(id, "allowAccessFromVirtualGuest", &[json!({"id": guest})]);
    let (status, refusal) = allow();
    assert_eq!(status, 500);
    assert_eq!(refusal["code"], "SoftLayer_Exception_Network_Storage_Group_AccessControlError");
    cloud.running.advance(Duration::from_secs(60));
    assert_eq!(allow(), (200, json!(true)));
    let (_, refusal) = allow();
    let blocked = "SoftLayer_Exception_Network_Storage_BlockingOperationInProgress";
    assert_eq!(refusal["code"], blocked);
    cloud.running.advance(Duration::from_secs(3));
    assert_eq!(allow(), (200, json!(true)), "it is in already");
    let path = format!(
        "SoftLayer_Virtual_Guest/{guest}/getAllowedHost?objectMask=mask[name,credential[username,password]]"
    );
    let host = get(&cloud.running, &path);
    assert!(host["name"].as_str().is_some_and(|name| name.starts_with("iqn.")), "{host}");
    assert!(host["credential"]["password"].is_string(), "{host}");
    assert_eq!(cloud.running.inventory().volumes[0].machines, [guest]);
    assert_eq!(cloud.on_volume(id, "removeAccessFromVirtualGuest", &[json!({"id": guest})]).0, 200);
    assert_eq!(cloud.running.inventory().volumes[0].machines, [0; 0]);
}

/// Orders whose parts do not fit one another are refused, and none of them leaves anything.
#[test]
fn orders_that_do_not_fit_are_refused() {
    let cloud = Cloud::start();
    let good = cloud.order(30, 500, "20_39_GBS", "100_1000_IOPS");
    let verify = |order: &Value| {
        cloud.running.call("SoftLayer_Product_Order/verifyOrder", std::slice::from_ref(order)).0
    };
    assert_eq!(verify(&good), 200);
    for (why, wrong) in [
        ("too large for its space", json!({"volumeSize": 50})),
        ("too fast for its size", json!({"iops": 2000})),
        ("not a multiple of 100", json!({"iops": 550})),
        ("nowhere", json!({"location": "1"})),
        ("no file system", json!({"osFormatType": {"keyName": "BEOS"}})),
        ("another package", json!({"packageId": 46})),
        ("an unknown price", json!({"prices": [{"id": 1}]})),
        ("an unknown kind", json!({"complexType": "SoftLayer_Container_Product_Order_X"})),
    ] {
        let mut order = good.clone();
        for (name, value) in wrong.as_object().expect("an object") {
            order[name] = value.clone();
        }
        assert_eq!(verify(&order), 500, "{why}");
        assert_eq!(cloud.place(&order).0, 500, "{why}");
    }
    assert_eq!(cloud.running.inventory().open_orders, []);
}

/// Snapshots need space, which is billed beside its volume; there are 50 of them at most; and all
/// goes with the volume when that is cancelled.
#[test]
fn snapshots_need_space_and_go_with_their_volume() {
    let cloud = Cloud::start();
    let id = cloud.volume();
    let snapshot = || cloud.on_volume(id, "createSnapshot", &[json!("note")]);
    assert_eq!(snapshot().0, 500, "no space");
    cloud.buy_snapshot_space(id);
    assert_eq!(cloud.shown(id, "snapshotCapacityGb")["snapshotCapacityGb"], "20");
    let children = cloud.shown(id, "billingItem[activeChildren[categoryCode]]");
    assert_eq!(
        children["billingItem"]["activeChildren"][0]["categoryCode"],
        "storage_snapshot_space"
    );
    let (_, first) = snapshot();
    assert_eq!(first["nasType"], "SNAPSHOT");
    for _ in 1..50 {
        assert_eq!(snapshot().0, 200);
    }
    assert_eq!(snapshot().0, 500, "one too many");
    let first = first["id"].as_u64().expect("an id");
    assert_eq!(cloud.on_volume(id, "deleteObject", &[]).0, 500, "a volume is cancelled instead");
    assert_eq!(cloud.on_volume(first, "deleteObject", &[]), (200, json!(true)));
    assert_eq!(cloud.running.inventory().snapshots.len(), 49);
    let item = cloud.shown(id, "billingItem.id")["billingItem"]["id"].as_u64().expect("billed");
    let cancel = || {
        let arguments = [json!(true), json!(true), json!("reason"), json!("")];
        cloud.running.call(&format!("SoftLayer_Billing_Item/{item}/cancelItem"), &arguments)
    };
    assert_eq!(cancel(), (200, json!(true)));
    assert_eq!(cancel().0, 500, "it is cancelled");
    assert_eq!(cloud.shown(id, "id,billingItem.id").get("billingItem"), None);
    cloud.running.advance(Duration::from_secs(60));
    assert_eq!(cloud.on_volume(id, "getObject", &[]).0, 404);
    let left = cloud.running.inventory();
    assert_eq!((left.volumes, left.snapshots, left.billed), (vec![], vec![], vec![]));
}

/// A volume grows by an order, and never shrinks.
#[test]
fn a_volume_grows_by_an_order() {
    let cloud = Cloud::start();
    let id = cloud.volume();
    let upgrade = |gb: u64, iops: u64, space: &str, speed: &str| {
        let mut order = cloud.order(gb, iops, space, speed);
        order["complexType"] =
            json!("SoftLayer_Container_Product_Order_Network_Storage_AsAService_Upgrade");
        order["volume"] = json!({"id": id});
        cloud.place(&order)
    };
    assert_eq!(upgrade(20, 500, "20_39_GBS", "100_1000_IOPS").0, 500, "smaller");
    assert_eq!(upgrade(30, 500, "20_39_GBS", "100_1000_IOPS").0, 500, "the same");
    assert_eq!(upgrade(150, 5000, "100_499_GBS", "100_6000_IOPS").0, 200);
    cloud.running.advance(Duration::from_secs(5));
    assert_eq!(
        cloud.shown(id, "capacityGb,activeTransactionCount"),
        json!({"capacityGb": 30, "activeTransactionCount": 1})
    );
    cloud.running.advance(Duration::from_secs(30));
    let shown = cloud.shown(id, "capacityGb,provisionedIops,activeTransactionCount");
    assert_eq!(
        shown,
        json!({"capacityGb": 150, "provisionedIops": "5000", "activeTransactionCount": 0})
    );
}
