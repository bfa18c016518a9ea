//! The protocol itself: envelopes, paging, parameters, who may call.

use serde_json::json;
use simulator::{Running, Simulator, World};

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
