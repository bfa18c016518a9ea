//! Traces, as a collector gets them: whose spans they are, and how they hang together.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};
use prost::Message;
use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use trials::Driver;

/// A collector on this machine: the bodies that were sent to `/v1/traces`.
struct Collector {
    endpoint: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let kept = Arc::clone(&bodies);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                let mut length = 0;
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                assert!(line.starts_with("POST /v1/traces "), "{line}");
                while line.trim() != "" {
                    let (name, value) = line.split_once(':').unwrap_or((&line, ""));
                    if name.eq_ignore_ascii_case("content-length") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                    reader.read_line(&mut line).unwrap();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                kept.lock().unwrap().push(body);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                reader.get_mut().write_all(answer).unwrap();
            }
        });
        Self { endpoint, bodies }
    }

    /// The spans of the one request that came.
    fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies.lock().unwrap();
        assert_eq!(bodies.len(), 1, "one request a call");
        let request = ExportTraceServiceRequest::decode(bodies[0].as_slice()).unwrap();
        let of = |it: opentelemetry_proto::tonic::trace::v1::ResourceSpans| it.scope_spans;
        let scopes = request.resource_spans.into_iter().flat_map(of);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

struct Place {
    cloud: Running,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let cloud = Simulator::spawn_thread(World::builtin(), address).unwrap();
        Self { cloud, folder: tempfile::tempdir().unwrap() }
    }

    /// A CPI whose traces go there.
    fn driver(&self, traces: Value) -> Driver {
        let keys = self.cloud.credentials("admin").unwrap();
        let config = json!({"cloud": {"plugin": "cloudstack", "properties": {
            "cloudstack": {"endpoint": self.cloud.endpoint(), "api_key": keys.api_key,
                "secret_access_key": keys.secret_key, "default_zone": "adv"},
            "agent": {"mbus": "nats://nats:p@10.0.0.6:4222"},
            "traces": traces, "state_dir": self.folder.path().join("state")}}});
        let path = self.folder.path().join("cpi.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let arguments = ["--config".to_owned(), path.display().to_string()];
        let mut driver = Driver::new(env!("CARGO_BIN_EXE_cpi"), arguments).home(self.folder.path());
        driver.context.insert("director_uuid".into(), json!("d"));
        driver.context.insert("request_id".into(), json!("cpi-42"));
        driver
    }
}

fn create_vm() -> Value {
    let networks = json!({"default": {"type": "manual", "ip": "10.50.0.9", "netmask":
        "255.255.255.0", "gateway": "10.50.0.1", "default": ["dns", "gateway"],
        "cloud_properties": {"name": "bosh-net"}}});
    let stemcell = "af7f3bd7-e521-11f1-8774-02fc00000001 light";
    json!(["agent", stemcell, {"compute_offering": "Small Instance"}, networks, [],
        {"bosh": {"password": "s3cret-of-the-agent"}}])
}

fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Any::StringValue(text) => Some(text),
        _ => None,
    }
}

/// A span for the call, below it one for each request and one for the wait for the job, and
/// below that the polls.
#[test]
fn a_call_its_requests_and_its_waits_are_spans() {
    let (place, collector) = (Place::new(), Collector::start());
    let driver = place.driver(json!({"endpoint": collector.endpoint, "timeout": 30}));
    // Comes before every call, asks nothing of the cloud, and is no trace.
    let info = driver.request("info", json!([])).to_string();
    driver.send(info.as_bytes()).unwrap().answer().unwrap().outcome.unwrap();
    let request = driver.request("create_vm", create_vm()).to_string();
    driver.send(request.as_bytes()).unwrap().answer().unwrap().outcome.unwrap();

    let spans = collector.spans();
    let named = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let [call] = named("create_vm")[..] else { panic!("{spans:#?}") };
    assert!(call.parent_span_id.is_empty());
    assert_eq!(text(call, "req_id"), Some("cpi-42"));
    assert!(spans.iter().all(|span| span.trace_id == call.trace_id));
    let [deploy] = named("deployVirtualMachine")[..] else { panic!("{spans:#?}") };
    assert_eq!(deploy.parent_span_id, call.span_id);
    let [wait] = named("wait for deployVirtualMachine")[..] else { panic!("{spans:#?}") };
    assert_eq!(wait.parent_span_id, call.span_id);
    let polls = named("queryAsyncJobResult");
    assert!(!polls.is_empty() && polls.iter().all(|poll| poll.parent_span_id == wait.span_id));
    let within = |inner: &Span, outer: &Span| {
        outer.start_time_unix_nano <= inner.start_time_unix_nano
            && inner.end_time_unix_nano <= outer.end_time_unix_nano
    };
    assert!(spans.iter().all(|span| within(span, call)));
    // As many as the cloud has seen.
    let requests = spans.iter().filter(|span| text(span, "cloud.call").is_some()).count() - 1;
    assert_eq!(requests, place.cloud.calls().len());
    let bodies = collector.bodies.lock().unwrap();
    let sent = String::from_utf8_lossy(&bodies[0]);
    let keys = place.cloud.credentials("admin").unwrap();
    for secret in ["s3cret-of-the-agent", &keys.api_key, &keys.secret_key] {
        assert!(!sent.contains(secret), "{secret} is in the traces");
    }
}

#[test]
fn a_failure_is_told_on_the_call_s_span() {
    let (place, collector) = (Place::new(), Collector::start());
    let driver = place.driver(json!({"endpoint": collector.endpoint, "timeout": 30}));
    let request = driver.request("reboot_vm", json!(["there-is-no-such-vm"])).to_string();
    driver.send(request.as_bytes()).unwrap().answer().unwrap().outcome.unwrap_err();
    let spans = collector.spans();
    let call = spans.iter().find(|span| span.name == "reboot_vm").unwrap();
    let status = call.status.as_ref().unwrap();
    assert_eq!(status.code, StatusCode::Error as i32);
    assert!(status.message.contains("there-is-no-such-vm"), "{}", status.message);
}

/// A collector that is not there takes nothing from the call but a line of its log.
#[test]
fn without_a_collector_the_call_is_answered() {
    let place = Place::new();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let driver = place.driver(json!({"endpoint": format!("http://{free}")}));
    let request = driver.request("has_vm", json!(["nobody"])).to_string();
    let reply = driver.send(request.as_bytes()).unwrap();
    assert_eq!(reply.answer().unwrap().outcome, Ok(json!(false)));
    assert!(reply.stderr.contains("no traces for http://"), "{}", reply.stderr);
}
