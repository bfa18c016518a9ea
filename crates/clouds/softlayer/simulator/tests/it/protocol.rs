//! The protocol over HTTP: who may call, in which forms, and what the service answers when it is
//! not at its best.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use simulator_kit::fault::{Fault, FaultKind, When};
use simulator_softlayer::{Running, Simulator, World};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

const IMAGE: &str = "6f1d2b3c-8a47-4c5e-9d10-2b7e5a4c9f01";

fn start(world: World) -> Running {
    Simulator::spawn_thread(world, ([127, 0, 0, 1], 0).into()).expect("a free port")
}

fn instant() -> World {
    World::builtin().instant()
}

/// An HTTP exchange: the status, the head and the body.
fn http(
    address: SocketAddr,
    verb: &str,
    path: &str,
    head: &str,
    body: &str,
) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    let length = body.len();
    let request = format!(
        "{verb} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{head}\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("the request is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is text");
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (status, head.to_owned(), body.to_owned())
}

fn basic(name: &str, key: &str) -> String {
    format!("authorization: Basic {}\r\n", STANDARD.encode(format!("{name}:{key}")))
}

fn bosh() -> String {
    basic("bosh", "bosh-api-key")
}

fn read(cloud: &Running, path: &str) -> (u16, Value) {
    let (status, _, body) = http(cloud.address(), "GET", path, &bosh(), "");
    (status, serde_json::from_str(&body).unwrap_or_default())
}

/// A guest that runs; its id.
fn guest(cloud: &Running) -> u64 {
    let template = json!({
        "hostname": "vm-1", "domain": "example.com", "datacenter": {"name": "dal13"},
        "blockDeviceTemplateGroup": {"globalIdentifier": IMAGE},
        "hourlyBillingFlag": true, "startCpus": 1, "maxMemory": 1024,
        "userData": [{"value": "a-secret-text"}],
    });
    let (_, guest) = cloud.call("SoftLayer_Virtual_Guest/createObject", &[template]);
    guest["id"].as_u64().expect("a guest")
}

/// Basic auth with the user's key, the literal `apikey` with an IAM key, a token that such a key
/// buys; nothing else.
#[test]
fn who_may_call() {
    let cloud = start(instant());
    let ask =
        |head: &str| http(cloud.address(), "GET", "/rest/v3.1/SoftLayer_Account.json", head, "").0;
    assert_eq!(ask(&bosh()), 200);
    assert_eq!(ask(&basic("apikey", "bosh-iam-key")), 200);
    assert_eq!(ask(&basic("bosh", "bosh-iam-key")), 401);
    assert_eq!(ask(&basic("bosh", "")), 401);
    assert_eq!(ask(""), 401);
    assert_eq!(ask("authorization: Bearer nonsense\r\n"), 500);
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let grant = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=bosh-iam-key";
    let (status, _, body) = http(cloud.address(), "POST", "/identity/token", form, grant);
    assert_eq!(status, 200, "{body}");
    let token: Value = serde_json::from_str(&body).expect("JSON");
    let token = token["access_token"].as_str().expect("a token");
    assert_eq!(ask(&format!("authorization: Bearer {token}\r\n")), 200);
}

/// What a user may not do is not found.
#[test]
fn a_missing_permission_looks_like_nothing() {
    let cloud = start(instant());
    let head = basic("reader", "reader-api-key");
    let ask =
        |verb: &str, path: &str| http(cloud.address(), verb, path, &head, "{\"parameters\":[{}]}");
    let (status, _, body) = ask("POST", "/rest/v3.1/SoftLayer_Virtual_Guest.json");
    assert!(status == 404 && body.contains("ObjectNotFound"), "{status} {body}");
    assert_eq!(ask("GET", "/rest/v3.1/SoftLayer_Account/getVirtualGuests.json").0, 200);
}

/// Both versions, both forms of a URL, lists by page with their total.
#[test]
fn every_form_of_a_call_is_taken() {
    let cloud = start(instant());
    let (one, two) = (guest(&cloud), guest(&cloud));
    for path in ["", "/getObject"] {
        for version in ["v3", "v3.1"] {
            let path =
                format!("/rest/{version}/SoftLayer_Virtual_Guest/{one}{path}.json?objectMask=id");
            assert_eq!(read(&cloud, &path), (200, json!({"id": one})), "{path}");
        }
    }
    let path = "/rest/v3.1/SoftLayer_Account/getVirtualGuests.json?objectMask=id&resultLimit=1,1";
    let (_, head, body) = http(cloud.address(), "GET", path, &bosh(), "");
    assert_eq!(body, json!([{"id": two}]).to_string());
    assert!(head.to_lowercase().contains("softlayer-total-items: 2"), "{head}");
    let path = format!("/rest/v3.1/SoftLayer_Virtual_Guest/{one}.json");
    assert_eq!(http(cloud.address(), "DELETE", &path, &bosh(), "").2, "true");
    assert_eq!(read(&cloud, &format!("/rest/v3.1/SoftLayer_Virtual_Guest/{one}.json")).0, 404);
    assert_eq!(read(&cloud, "/rest/v3.1/SoftLayer_No_Such_Thing.json").0, 500);
    let (status, error) =
        read(&cloud, &format!("/rest/v3.1/SoftLayer_Virtual_Guest/{two}/noSuch.json"));
    assert!(status == 500 && error["error"].is_string(), "{error}");
}

/// A guest reads its own user data where the inventory says, without a key; the log of calls
/// holds none of it.
#[test]
fn a_guest_reads_its_own_user_data() {
    let cloud = start(instant());
    let id = guest(&cloud);
    let address = cloud.inventory().vms[0].metadata.expect("a metadata service");
    let ask = |method: &str| {
        let path = format!("/rest/v3.1/SoftLayer_Resource_Metadata/{method}.json");
        let (status, _, body) = http(address, "GET", &path, "", "");
        (status, body)
    };
    assert_eq!(ask("getUserMetadata"), (200, "\"a-secret-text\"".to_owned()));
    assert_eq!(ask("getHostname"), (200, "\"vm-1\"".to_owned()));
    assert_eq!(ask("getNothing").0, 404);
    cloud.call(
        &format!("SoftLayer_Virtual_Guest/{id}/setUserMetadata"),
        &[json!(["another-secret"])],
    );
    assert_eq!(ask("getUserMetadata").1, "\"another-secret\"");
    let log = format!("{:?}", cloud.calls());
    assert!(log.contains("setUserMetadata") && !log.contains("secret"), "{log}");
    assert!(log.contains("vm-1"), "what is no secret is told");
}

/// Calls beyond the limit are refused until its time is over.
#[test]
fn calls_are_counted_if_the_world_says_so() {
    let mut world = instant();
    let limit = serde_json::from_value(json!({"calls": 2, "milliseconds": 60000}));
    world.settings.rate_limit = Some(limit.expect("a limit"));
    let cloud = start(world);
    let ask = || read(&cloud, "/rest/v3.1/SoftLayer_Account.json");
    assert_eq!((ask().0, ask().0), (200, 200));
    let (status, error) = ask();
    assert_eq!(status, 429);
    assert_eq!(error["code"], "SoftLayer_Exception_WebService_RateLimitExceeded");
    cloud.advance(std::time::Duration::from_secs(60));
    assert_eq!(ask().0, 200);
}

/// Lists of one without brackets, and answers that are too large: errors with status 200.
#[test]
fn odd_answers_are_options_of_the_world() {
    let mut world = instant();
    world.settings.odd.bare_lists = true;
    world.settings.odd.largest_answer = Some(2000);
    let cloud = start(world);
    let id = guest(&cloud);
    let list = "/rest/v3.1/SoftLayer_Account/getVirtualGuests.json?objectMask=id";
    assert_eq!(read(&cloud, list), (200, json!({"id": id})));
    let large = "/rest/v3.1/SoftLayer_Product_Package/759/getItems.json";
    let error = json!({"error": "Internal Error", "code": "SoftLayer_Exception_Public"});
    assert_eq!(read(&cloud, large), (200, error));
}

/// Any answer can be a fault, before or after the call has taken effect.
#[test]
fn any_answer_can_be_a_fault() {
    let cloud = start(instant());
    let body = r#"{"error":"WSDL: SOAP-ERROR: Parsing WSDL","code":"WSDL"}"#;
    let kind = FaultKind::Answer { status: 500, body: body.to_owned() };
    let command = "SoftLayer_Virtual_Guest::createObject".to_owned();
    let fault = Fault { command, occurrence: 1, times: 1, when: When::After, kind };
    let fault = serde_json::to_string(&[fault]).expect("JSON");
    let head = "content-type: application/json\r\n";
    assert_eq!(http(cloud.address(), "POST", "/sim/faults", head, &fault).0, 204);
    let template = json!({"parameters": [{
        "hostname": "vm-1", "domain": "example.com", "datacenter": {"name": "dal13"},
        "operatingSystemReferenceCode": "UBUNTU_22_64", "hourlyBillingFlag": true,
        "startCpus": 1, "maxMemory": 1024,
    }]});
    let path = "/rest/v3.1/SoftLayer_Virtual_Guest.json";
    let answer = http(cloud.address(), "POST", path, &bosh(), &template.to_string());
    assert_eq!((answer.0, answer.2.as_str()), (500, body));
    assert_eq!(cloud.inventory().vms.len(), 1, "it has taken effect");
}
