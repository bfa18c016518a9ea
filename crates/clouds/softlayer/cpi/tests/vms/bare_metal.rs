//! Bare metal servers, through the same methods.

use crate::bench::{Bench, PRIVATE_VLAN, PUBLIC_VLAN, arguments, private};
use serde_json::{Value, json};
use simulator_kit::fault::{Fault, FaultKind, When};

fn server() -> Value {
    json!({"bare_metal": true, "bare_metal_preset": "S1270_32GB_1X1TBSATA_NORAID",
           "bare_metal_os": "OS_UBUNTU_22_04_LTS_JAMMY_JELLYFISH_64_BIT", "cpu": null,
           "memory": null, "ephemeral_disk_size": null})
}

/// Ordered, waited for, settings, tagged, rebooted, cancelled: as any VM.
#[tokio::test]
async fn a_server_lives_as_a_vm_does() {
    let bench = Bench::new();
    let (cid, answer) = bench.vm_of(server(), private()).await;
    assert!(cid.starts_with("hw-"), "{cid}");
    let calls = bench.calls();
    let at = |name: &str| calls.iter().position(|call| call.ends_with(name));
    assert!(at("verifyOrder").unwrap() < at("placeOrder").unwrap(), "{calls:?}");
    let settings = bench.settings(&cid);
    assert_eq!((&settings["agent_id"], &settings["vm"]["name"]), (&json!("agent-1"), &json!(cid)));
    assert_eq!(settings["networks"]["default"]["ip"], answer["default"]["ip"]);
    assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), true);
    bench.ask("set_vm_metadata", json!([cid, {"job": "db"}])).await.unwrap();
    bench.ask("reboot_vm", json!([cid])).await.unwrap();
    assert_eq!(bench.simulator.inventory().servers[0].tags, ["job:db"]);
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    bench.assert_clean();
    assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), false);
    bench.ask("delete_vm", json!([cid])).await.unwrap();
}

/// Servers and guests are one deployment's.
#[tokio::test]
async fn servers_and_guests_stand_side_by_side() {
    let bench = Bench::new();
    let (server, _) = bench.vm_of(server(), private()).await;
    let guest = bench.vm().await;
    for cid in [server, guest] {
        assert_eq!(bench.ask("has_vm", json!([cid])).await.unwrap(), true);
        bench.ask("delete_vm", json!([cid])).await.unwrap();
    }
    bench.assert_clean();
}

/// The port follows the networks: a public VLAN needs a public one.
#[tokio::test]
async fn a_server_may_be_public() {
    let bench = Bench::new();
    let networks = json!({"default": {"type": "dynamic", "default": ["dns", "gateway"],
        "cloud_properties": {"vlan_ids": [PRIVATE_VLAN, PUBLIC_VLAN]}}});
    let (cid, answer) = bench.vm_of(server(), networks).await;
    assert!(answer["default"]["ip"].as_str().unwrap().starts_with("203.0.113."), "{answer}");
    let told = bench.settings(&cid)["networks"].clone();
    assert_eq!(told["default"]["alias"], "eth1");
    assert_eq!(told["generated-private"]["alias"], "eth0");
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    bench.assert_clean();
}

#[tokio::test]
async fn what_is_not_sold_is_named_before_the_order() {
    let bench = Bench::new();
    for (property, value) in [
        ("bare_metal_preset", json!("NOPE")),
        ("bare_metal_os", json!("OS_NOPE")),
        ("bare_metal_items", json!(["NOPE"])),
        ("max_network_speed", json!(77)),
    ] {
        let mut vm = server();
        vm[property] = value;
        let error = bench.ask("create_vm", arguments(vm, private())).await.unwrap_err();
        assert!(error.message.contains(&format!("arguments[2].{property}")), "{error:?}");
    }
    assert!(!bench.calls().iter().any(|call| call.ends_with("placeOrder")));
}

/// An order whose answer is lost is found by its host name, and not placed again.
#[tokio::test]
async fn a_lost_order_is_found_again() {
    let bench = Bench::new();
    bench.lose("SoftLayer_Product_Order::placeOrder", When::After);
    let (cid, _) = bench.vm_of(server(), private()).await;
    assert_eq!(bench.simulator.inventory().servers.len(), 1);
    bench.ask("delete_vm", json!([cid])).await.unwrap();
    bench.assert_clean();
}

/// Some items are sold by the hour only, others by the month only, as the catalogue tells.
#[tokio::test]
async fn a_server_is_billed_by_the_hour_or_by_the_month() {
    for hourly in [true, false] {
        let bench = Bench::new();
        let mut vm = server();
        vm["hourly_billing_flag"] = json!(hourly);
        let (cid, _) = bench.vm_of(vm, private()).await;
        let billed = bench.simulator.inventory().billed;
        assert!(billed.iter().all(|item| item.hourly == hourly), "{billed:?}");
        bench.ask("delete_vm", json!([cid])).await.unwrap();
    }
}

/// What was ordered is billed, whether its listing is answered or not: the order leads to it, too.
#[tokio::test]
async fn a_server_whose_listing_is_refused_is_cancelled_by_its_order() {
    let bench = Bench::new();
    let body = r#"{"error":"Property 'x' not valid for 'SoftLayer_Hardware'.",
        "code":"SoftLayer_Exception_WebService_ObjectMask"}"#
        .to_owned();
    let fault = Fault {
        command: "SoftLayer_Account::getHardware".into(),
        occurrence: 1,
        times: u32::MAX,
        when: When::Before,
        kind: FaultKind::Answer { status: 500, body },
    };
    bench.simulator.declare_faults(vec![fault]);
    bench.ask("create_vm", arguments(server(), private())).await.unwrap_err();
    bench.simulator.declare_faults(Vec::new());
    let left = bench.simulator.inventory();
    assert!(left.billed.is_empty(), "billed: {:?}", left.billed);
}
