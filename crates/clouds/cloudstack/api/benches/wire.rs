//! What a call costs besides the network: signing, encoding, JSON in and out, and making the
//! client. `cargo bench -p cloudstack`

use bytes::Bytes;
use cloud_http::{Deadline, Transport, TransportSettings};
use cloudstack::answer::{self, Answer};
use cloudstack::api::*;
use cloudstack::request::{self, Parameters};
use cloudstack::{Client, ClientSettings, Credentials};
use divan::Bencher;
use divan::counter::BytesCount;
use jiff::Timestamp;
use std::time::Duration;

fn main() {
    divan::main();
}

fn keys() -> Credentials {
    Credentials { api_key: "k".repeat(86).into(), secret_access_key: "s".repeat(86).into() }
}

fn deploy() -> DeployVirtualMachine {
    DeployVirtualMachine {
        name: "vm-0192f3a4b5c6d7e8f90a1b2c3d4e5f60".into(),
        zoneid: "a6c74611-d80a-4d66-aaa1-3e942ee40e51".into(),
        serviceofferingid: "5c672848-d88d-42ed-bdb2-06e2f0ccf573".into(),
        templateid: "af7f3bd7-e521-11f1-8774-02fc00000001".into(),
        userdata: Some("QUJD".repeat(1024).into()),
        ..Default::default()
    }
}

/// A deploy with 4 KiB of user data: flattened, encoded, signed.
#[divan::bench]
fn sign_and_encode(bencher: Bencher) {
    let (keys, command) = (keys(), deploy());
    let endpoint = "https://cloud.example:8443/client/api".parse().unwrap();
    bencher.bench(|| {
        let parameters = Parameters::of(&command).unwrap();
        request::signed(&parameters, &endpoint, &keys, Timestamp::now()).unwrap()
    });
}

/// A VM with as many fields as a real cloud shows to an admin.
fn vm(n: usize) -> VirtualMachine {
    let field = |i: usize| (format!("field{i}"), format!("value {i} of vm {n}").into());
    VirtualMachine {
        id: format!("9a78fdeb-72dd-4512-a8f3-{n:012}"),
        name: format!("vm-{n}"),
        displayname: "router/0".into(),
        state: "Running".into(),
        nic: vec![Nic {
            id: format!("nic-{n}"),
            networkid: "353d03e3-8670-4ea5-8d1d-41ae93389137".into(),
            ipaddress: Some("10.50.0.7".into()),
            macaddress: "1e:00:a3:00:01:2c".into(),
            other: (0..12).map(field).collect(),
            ..Default::default()
        }],
        other: (0..50).map(field).collect(),
        ..Default::default()
    }
}

fn listing() -> Bytes {
    let vms: Vec<_> = (0..500).map(vm).collect();
    let body = serde_json::json!({
        "listvirtualmachinesresponse": { "count": vms.len(), "virtualmachine": vms }
    });
    serde_json::to_vec(&body).unwrap().into()
}

/// A page of 500 VMs, as the client reads it.
#[divan::bench]
fn json_in_500_vms(bencher: Bencher) {
    let answer = http::Response::new(listing());
    bencher.counter(BytesCount::new(answer.body().len())).bench(|| {
        match answer::read::<List<VirtualMachine>>("listVirtualMachines", &answer) {
            Answer::Good(list) => assert_eq!(list.items.len(), 500),
            other => panic!("{other:?}"),
        }
    });
}

/// The same as plain JSON, for comparison.
#[divan::bench]
fn json_in_500_vms_as_value(bencher: Bencher) {
    let body = listing();
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| serde_json::from_slice::<serde_json::Value>(&body).unwrap());
}

/// A page of 500 VMs, as the simulator writes it.
#[divan::bench]
fn json_out_500_vms(bencher: Bencher) {
    let vms: Vec<_> = (0..500).map(vm).collect();
    bencher.counter(BytesCount::new(listing().len())).bench(|| serde_json::to_vec(&vms).unwrap());
}

/// What a CPI call that makes no API call pays for having a client.
#[divan::bench]
fn make_client_unused() -> Client {
    Client::new(ClientSettings::new("https://cloud.example:8443/client/api", keys())).unwrap()
}

/// What the first request pays on top, before it connects: to a port where nobody listens.
#[divan::bench(args = ["http", "https"])]
fn first_request(bencher: Bencher, scheme: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("{scheme}://127.0.0.1:1/");
    bencher.bench_local(|| {
        let transport = Transport::new(TransportSettings::default()).unwrap();
        let request = http::Request::post(&url).body(Bytes::new()).unwrap();
        let deadline = Deadline::after(Duration::from_secs(5));
        runtime.block_on(transport.send(request, deadline)).unwrap_err()
    });
}
