//! What the log tells of each exchange, for a person and for a machine.

#[path = "../../../../kit/http/tests/it/scripted/mod.rs"]
mod scripted;

use cloudstack::api::*;
use cloudstack::{Client, ClientSettings, Credentials, Deadline};
use scripted::{Reply, Server};
use serde_json::Value;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One event per exchange: command, status and duration as fields, a poll's job too.
#[tokio::test]
async fn each_exchange_is_one_event() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let script = [
        Reply::json(200, r#"{"deletesnapshotresponse":{"jobid":"j7"}}"#),
        Reply::Close,
        Reply::json(
            200,
            r#"{"queryasyncjobresultresponse":{"jobid":"j7","jobstatus":1,"jobresult":{"success":true}}}"#,
        ),
    ];
    let server = Server::start(script).await;
    let credentials = Credentials { api_key: "key".into(), secret_access_key: "secret".into() };
    let client = Client::new(ClientSettings::new(server.url("/client/api"), credentials)).unwrap();
    let deadline = Deadline::after(Duration::from_secs(30));
    client.run(&DeleteSnapshot { id: "s".into() }, deadline).await.unwrap();

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|event: &Value| event["target"].as_str().unwrap().starts_with("cloud_http"))
        .collect();
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            let fields = &event["fields"];
            assert!(fields["duration_ms"].is_u64(), "{fields}");
            (
                event["level"].as_str(),
                fields["cloud.call"].as_str(),
                fields["status"].as_u64(),
                fields["cloud.poll"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            // What changes the cloud is told at the usual level, too.
            (Some("INFO"), Some("deleteSnapshot"), Some(200), None),
            (Some("DEBUG"), Some("queryAsyncJobResult"), Some(0), Some("j7")),
            (Some("DEBUG"), Some("queryAsyncJobResult"), Some(200), Some("j7")),
        ]
    );
    let message = events[0]["fields"]["message"].as_str().unwrap();
    assert!(message.starts_with("deleteSnapshot: 200 in "), "{message}");
    let message = events[1]["fields"]["message"].as_str().unwrap();
    assert!(message.contains("the answer was lost"), "{message}");
}
