//! The protocol itself: envelopes, paging, parameters, who may call.

use serde_json::json;
use simulator_cloudstack::engine::Request;
use simulator_cloudstack::state::Cloud;
use simulator_cloudstack::state::clock::Clock;
use simulator_cloudstack::{Running, Simulator, World};
use std::time::Duration;

fn start() -> Running {
    let world = World::builtin().instant();
    Simulator::spawn_thread(world, ([127, 0, 0, 1], 0).into()).expect("a free port")
}

/// Lists count what matches and show the page; an empty one has neither count nor array.
#[test]
fn lists_are_paged_as_cloudstack_pages_them() {
    let cloud = start();
    let (status, body) = cloud.call("admin", "listZones", &[("page", "2"), ("pagesize", "3")]);
    assert_eq!(status, 200);
    assert_eq!(body["listzonesresponse"]["count"], 4);
    assert_eq!(body["listzonesresponse"]["zone"].as_array().map(Vec::len), Some(1));
    let (_, body) = cloud.call("admin", "listZones", &[("page", "3"), ("pagesize", "3")]);
    assert_eq!(body, json!({"listzonesresponse": {"count": 4}}));
    let (_, body) = cloud.call("admin", "listZones", &[("name", "nowhere")]);
    assert_eq!(body, json!({"listzonesresponse": {}}));
    let (status, body) = cloud.call("admin", "listZones", &[("page", "1")]);
    assert_eq!((status, &body["listzonesresponse"]["cserrorcode"]), (431, &json!(9999)));
}

/// Nobody gets in with a wrong key, and an unknown command looks the same.
#[test]
fn strangers_and_unknown_commands_are_unauthorized() {
    let cloud = start();
    assert_eq!(cloud.call("nobody", "listZones", &[]).0, 401);
    let (status, body) = cloud.call("admin", "noSuchCommand", &[]);
    assert_eq!(status, 401);
    assert_eq!(body["errorresponse"]["errorcode"], 401);
}

/// An id that never was is refused, not answered with an empty list.
#[test]
fn unknown_ids_are_refused() {
    let cloud = start();
    let (status, body) = cloud.call("admin", "listZones", &[("id", "no-such-id")]);
    assert_eq!(status, 431);
    let text = body["listzonesresponse"]["errortext"].as_str().unwrap_or_default();
    assert!(text.contains("entity does not exist"), "{text}");
}

/// With throttling on, a plain user's call too many gets 429 with the wait, until the interval
/// is over; an admin is not counted.
#[test]
fn the_call_too_many_has_to_wait() {
    let mut world = World::builtin().instant();
    world.settings.api_throttling = true;
    world.settings.api_throttling_max = 2;
    let cloud = Simulator::spawn_thread_with(world, Clock::stopped(), ([127, 0, 0, 1], 0).into())
        .expect("a free port");
    let status = |account: &str| cloud.call(account, "listZones", &[]).0;
    assert_eq!([status("bosh"), status("bosh"), status("bosh")], [200, 200, 429]);
    assert_eq!([status("admin"), status("admin"), status("admin")], [200, 200, 200]);
    let (_, body) = cloud.call("bosh", "listZones", &[]);
    let text = body["listzonesresponse"]["errortext"].as_str().unwrap_or_default();
    assert!(text.contains("retry after [1000] ms"), "{text}");
    cloud.advance(Duration::from_secs(1));
    assert_eq!(status("bosh"), 200);
}

/// With POST enforced, what changes something does not come by GET.
#[test]
fn changes_come_by_post_where_that_is_enforced() {
    let mut world = World::builtin().instant();
    world.settings.enforce_post = true;
    let mut cloud = Cloud::new(world, Clock::stopped());
    let user = cloud.account_named("admin").map(|account| account.user.clone()).unwrap_or_default();
    let mut ask = |command: &str, post: bool| {
        let request = Request { post, ..Request::signed(&user, command, &[]) };
        cloud.answer(&request).status
    };
    assert_eq!([ask("listZones", false), ask("deleteVolume", false)], [200, 400]);
    assert_eq!(ask("deleteVolume", true), 431);
}

/// A plain user is not told why something failed inside the cloud, an admin is.
#[test]
fn plain_users_get_no_reasons_of_internal_errors() {
    let cloud = start();
    let advsg2 = "ae42fc0e-20cc-4028-88c7-80025d4c8674";
    let params = [
        ("zoneid", advsg2),
        ("serviceofferingid", "5c672848-d88d-42ed-bdb2-06e2f0ccf573"),
        ("templateid", "af7f3bd7-e521-11f1-8774-02fc00000001"),
        ("iptonetworklist[0].networkid", "0052ac55-babf-4720-b3cd-7a63f4a83a05"),
        ("iptonetworklist[0].ip", "203.0.113.9"),
    ];
    let text = |account: &str| {
        let (status, body) = cloud.call(account, "deployVirtualMachine", &params);
        assert_eq!(status, 530);
        body["deployvirtualmachineresponse"]["errortext"].as_str().unwrap_or_default().to_owned()
    };
    assert!(text("admin").contains("Insufficient address capacity"));
    assert!(text("bosh").contains("Internal error executing command"));
}

/// Tabs and the like are refused, and a map without an index is malformed.
#[test]
fn malformed_parameters_are_refused() {
    let cloud = start();
    assert_eq!(cloud.call("admin", "listZones", &[("name", "a\tb")]).0, 431);
    assert_eq!(cloud.call("admin", "listZones", &[("tags[].key", "a")]).0, 430);
    assert_eq!(cloud.call("admin", "listZones", &[("tags[x].key", "a")]).0, 430);
    assert_eq!(cloud.call("admin", "listZones", &[("tags[0]", "a")]).0, 430);
    assert_eq!(
        cloud.call("admin", "listZones", &[("NAME", "nowhere")]).1["listzonesresponse"],
        json!({})
    );
}
