//! The wire: what a director sends, and byte for byte what it gets, for every method.

use bosh_cpi::answer::NetworkCreated;
use bosh_cpi::method::*;
use bosh_cpi::*;
use serde_json::{Map, Value, json};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A cloud that has everything and answers at once.
struct Fake;

fn cid<T>(made: std::result::Result<T, bosh_cpi::cid::EmptyCid>) -> T {
    made.expect("the text is not empty")
}

impl Cpi for Fake {
    async fn info(&self, _: InfoCall) -> Result<Info> {
        let formats = vec!["cloudstack-light".to_owned()];
        Ok(Info { api_version: ApiVersion::LATEST, stemcell_formats: formats })
    }
    async fn create_stemcell(&self, call: CreateStemcell) -> Result<StemcellCid> {
        Ok(cid(StemcellCid::new(format!("stemcell of {}", call.image_path.display()))))
    }
    async fn delete_stemcell(&self, _: DeleteStemcell) -> Result<()> {
        Ok(())
    }
    async fn create_vm(&self, mut call: CreateVm) -> Result<VmCreated> {
        for (_, network) in call.networks.iter_mut() {
            network.set_mac("02:00:00:00:00:0A");
        }
        Ok(VmCreated { cid: cid(VmCid::new(call.agent_id)), networks: call.networks })
    }
    async fn has_vm(&self, call: HasVm) -> Result<bool> {
        Ok(call.vm_cid.as_str() == "vm-1")
    }
    async fn create_disk(&self, call: CreateDisk) -> Result<DiskCid> {
        let near = call.vm_cid.map_or("nothing".to_owned(), String::from);
        Ok(cid(DiskCid::new(format!("{} near {near}", call.size))))
    }
    async fn attach_disk(&self, call: AttachDisk) -> Result<DiskHint> {
        match call.disk_cid.as_str() {
            "disk-1" => Ok(DiskHint::Path("/dev/sdc".into())),
            _ => Ok(DiskHint::Fields(vec![("path", "/dev/sdc".into()), ("lun", "2".into())])),
        }
    }
    async fn detach_disk(&self, call: DetachDisk) -> Result<()> {
        Err(CpiError::new(ErrorKind::DiskNotAttached, format!("{} is loose", call.disk_cid)))
    }
    async fn update_disk(&self, call: UpdateDisk) -> Result<Option<DiskCid>> {
        Ok((call.size.0 > 1024).then(|| cid(DiskCid::new("disk-2"))))
    }
    async fn get_disks(&self, _: GetDisks) -> Result<Vec<DiskCid>> {
        Ok(vec![cid(DiskCid::new("disk-1"))])
    }
    async fn snapshot_disk(&self, call: SnapshotDisk) -> Result<SnapshotCid> {
        Ok(cid(SnapshotCid::new(format!("{} tags", call.metadata.len()))))
    }
    async fn calculate_vm_cloud_properties(
        &self,
        call: CalculateVmCloudProperties,
    ) -> Result<Map<String, Value>> {
        Ok(call.requirements)
    }
    async fn create_network(&self, call: CreateNetwork) -> Result<NetworkCreated> {
        Ok(NetworkCreated {
            cid: cid(NetworkCid::new("net-1")),
            addresses: call.definition,
            cloud_properties: Map::new(),
        })
    }
}

/// The fake never waits, so one poll is enough and no runtime is needed.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the fake cloud waits"),
    }
}

fn answer(request: &Value) -> String {
    let run = |bytes: &[u8]| {
        let request = Request::parse(bytes)?;
        let version = request.api_version;
        now(Call::decode(&request)?.run(&Fake, version))
    };
    Response::new(run(request.to_string().as_bytes()), "a log").to_json()
}

fn call(method: &str, arguments: Value, api_version: Value) -> String {
    answer(&json!({"method": method, "arguments": arguments, "api_version": api_version}))
}

fn result(method: &str, arguments: Value) -> Value {
    let answer: Value = serde_json::from_str(&call(method, arguments, json!(2))).unwrap();
    assert_eq!(answer["error"], Value::Null, "{method}");
    answer["result"].clone()
}

fn error(method: &str, arguments: Value) -> (String, String) {
    let answer: Value = serde_json::from_str(&call(method, arguments, json!(2))).unwrap();
    let field = |name: &str| answer["error"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(answer["result"], Value::Null);
    (field("type"), field("message"))
}

fn networks() -> Value {
    json!({"default": {"type": "manual", "ip": "10.0.0.5", "cloud_properties": {"name": "n"}}})
}

#[test]
fn every_answer_has_its_three_keys_in_order() {
    assert_eq!(
        call("info", json!([]), json!(2)),
        r#"{"result":{"api_version":3,"stemcell_formats":["cloudstack-light"]},"error":null,"log":"a log"}"#
    );
    assert_eq!(
        call("detach_disk", json!(["vm-1", "disk-1"]), json!(2)),
        r#"{"result":null,"error":{"type":"Bosh::Clouds::DiskNotAttached","message":"disk-1 is loose","ok_to_retry":false},"log":"a log"}"#
    );
    let retried = CpiError::new(ErrorKind::VmCreationFailed, "no room").retry(true);
    assert_eq!(
        Response::new(Err(retried), "").to_json(),
        r#"{"result":null,"error":{"type":"Bosh::Clouds::VMCreationFailed","message":"no room","ok_to_retry":true},"log":""}"#
    );
}

#[test]
fn info_answers_the_same_whoever_asks() {
    let golden = call("info", json!([]), json!(2));
    for version in [json!(null), json!(1), json!(3), json!(4), json!("x")] {
        assert_eq!(call("info", json!([]), version), golden);
    }
    assert_eq!(answer(&json!({"method": "info"})), golden);
}

#[test]
fn shapes_follow_the_api_version() {
    let create = json!(["a-1", "sc-1", {}, networks(), [], {}]);
    let completed = json!({"default": {
        "type": "manual", "ip": "10.0.0.5", "mac": "02:00:00:00:00:0a",
        "cloud_properties": {"name": "n"},
    }});
    for (version, created, attached) in [
        (json!(1), json!("a-1"), json!(null)),
        (json!(2), json!(["a-1", completed]), json!("/dev/sdc")),
        (json!(3), json!(["a-1", completed]), json!("/dev/sdc")),
        (json!(null), json!(["a-1", completed]), json!("/dev/sdc")),
    ] {
        let answer = |method: &str, arguments: Value| -> Value {
            serde_json::from_str(&call(method, arguments, version.clone())).unwrap()
        };
        assert_eq!(answer("create_vm", create.clone())["result"], created);
        assert_eq!(answer("attach_disk", json!(["vm-1", "disk-1"]))["result"], attached);
    }
}

#[test]
fn results_have_the_shapes_of_the_contract() {
    let cases = [
        ("create_stemcell", json!(["", {}]), json!("stemcell of ")),
        ("create_stemcell", json!(["/i", null, {"tags": {}}]), json!("stemcell of /i")),
        ("delete_stemcell", json!(["sc-1"]), json!(null)),
        ("create_vm", json!(["a-1", "sc-1", null, null, null, null]), json!(["a-1", {}])),
        ("has_vm", json!(["vm-1"]), json!(true)),
        ("has_vm", json!(["vm-2"]), json!(false)),
        ("create_disk", json!([1024, {}]), json!("1024 MiB near nothing")),
        ("create_disk", json!([1024, {}, null]), json!("1024 MiB near nothing")),
        ("create_disk", json!([1024, null, ""]), json!("1024 MiB near nothing")),
        ("create_disk", json!([1024, {}, "vm-1"]), json!("1024 MiB near vm-1")),
        ("attach_disk", json!(["vm-1", "disk-2"]), json!({"path": "/dev/sdc", "lun": "2"})),
        ("update_disk", json!(["disk-1", 1024, {}]), json!(null)),
        ("update_disk", json!(["disk-1", 2048, {}]), json!("disk-2")),
        ("get_disks", json!(["vm-1"]), json!(["disk-1"])),
        ("snapshot_disk", json!(["disk-1", {"index": 0, "job": "db"}]), json!("2 tags")),
        ("snapshot_disk", json!(["disk-1", null]), json!("0 tags")),
        ("snapshot_disk", json!(["disk-1"]), json!("0 tags")),
        ("calculate_vm_cloud_properties", json!([{"cpu": 2}]), json!({"cpu": 2})),
        ("create_network", json!([{"range": "r"}]), json!(["net-1", {"range": "r"}, {}])),
    ];
    for (method, arguments, expected) in cases {
        assert_eq!(result(method, arguments.clone()), expected, "{method} {arguments}");
    }
}

#[test]
fn wrong_arguments_are_named_by_their_place() {
    let cases = [
        ("has_vm", json!([]), "arguments: 'has_vm' takes 1 (vm_cid), got 0"),
        ("has_vm", json!(["a", "b"]), "arguments: 'has_vm' takes 1 (vm_cid), got 2"),
        ("info", json!([1]), "arguments: 'info' takes none, got 1"),
        (
            "create_disk",
            json!([]),
            "arguments: 'create_disk' takes 1 to 3 (size, cloud_properties, vm_cid), \
             got 0",
        ),
        ("has_vm", json!([null]), "has_vm: arguments[0]: expected a VM CID, got nothing"),
        ("has_vm", json!([""]), "has_vm: arguments[0]: expected a VM CID, got an empty string"),
        ("has_disk", json!([7]), "has_disk: arguments[0]: expected a disk CID, got a number"),
        ("create_disk", json!([0]), "arguments[0]: expected a size in MiB, a whole number above 0"),
        ("create_disk", json!([-5]), "a whole number above 0, got -5"),
        ("create_disk", json!([1.5]), "a whole number above 0, got 1.5"),
        ("create_disk", json!(["1024"]), "a whole number above 0, got a string"),
        ("create_disk", json!([1024, "x"]), "arguments[1]: expected a hash, got a string"),
        ("create_disk", json!([1024, {}, 7]), "arguments[2]: expected a VM CID, got a number"),
        ("create_vm", json!(["a", "s", []]), "arguments[2]: expected a hash, got an array"),
        ("create_vm", json!(["a", "s", {}, {"n": 1}]), "arguments[3].n: expected a hash"),
        ("create_vm", json!(["a", "s", {}, {}, "d"]), "arguments[4]: expected an array of disk"),
        ("create_vm", json!(["a", "s", {}, {}, ["d", 1]]), "arguments[4][1]: expected a disk CID"),
        ("create_vm", json!(["a", "s", {}, {}, [], "e"]), "arguments[5]: expected a hash"),
        ("set_vm_metadata", json!(["vm-1", "x"]), "arguments[1]: expected a hash, got a string"),
        ("resize_disk", json!(["d"]), "'resize_disk' takes 2 (disk_cid, size), got 1"),
    ];
    for (method, arguments, expected) in cases {
        let (kind, message) = error(method, arguments.clone());
        assert_eq!(kind, "Bosh::Clouds::CpiError", "{method} {arguments}");
        assert!(message.contains(expected), "{method} {arguments} → {message}");
    }
}

#[test]
fn a_method_that_is_not_there_is_not_implemented() {
    for (method, arguments) in [
        ("fly_to_the_moon", json!([])),
        ("Info", json!([])),
        ("ping", json!([])),
        ("current_vm_id", json!([])),
        ("configure_networks", json!(["vm-1", {}])),
        ("reboot_vm", json!(["vm-1"])), // the fake does not override it
    ] {
        let (kind, message) = error(method, arguments);
        assert_eq!(kind, "Bosh::Clouds::NotImplemented");
        assert!(message.contains(method), "{message}");
    }
}

#[test]
fn the_table_and_the_calls_agree() {
    for method in METHODS {
        assert_eq!(find(method.name).map(|row| row.name), Some(method.name));
        assert!(method.summary.ends_with('.') && !method.summary.starts_with(' '));
        let optional = method.arguments.iter().skip_while(|spec| spec.required);
        assert!(
            optional.clone().all(|spec| !spec.required) || method.name == "update_disk",
            "{}: an optional argument stands before a required one",
            method.name
        );
    }
    assert_eq!(METHODS.len(), 25);
}

#[test]
fn only_errors_that_the_director_knows_can_be_answered() {
    for kind in ErrorKind::ALL {
        let name = serde_json::to_value(kind).unwrap();
        assert!(name.as_str().unwrap().starts_with("Bosh::Clouds::"), "{name}");
    }
}

#[test]
fn a_call_shows_no_arguments() {
    let request = json!({"method": "create_vm", "arguments":
        ["a", "s", {}, {}, [], {"bosh": {"password": "s3cret"}}]});
    let request = Request::parse(request.to_string().as_bytes()).unwrap();
    let call = Call::decode(&request).unwrap();
    assert_eq!(format!("{call:?}"), "Call(\"create_vm\")");
}
