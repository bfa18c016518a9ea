//! Keys, signature, user data and passwords never come out: not in an error, a log or a Debug.

#[path = "../../../../kit/http/tests/it/scripted/mod.rs"]
mod scripted;

use cloud_http::{Proxy, Retry, Tls, TransportSettings};
use cloudstack::api::*;
use cloudstack::{Client, ClientSettings, Credentials, Deadline, Error};
use scripted::{Reply, Server};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Every secret that goes in carries this mark, in text or base64.
const MARKS: &[&str] = &["MARKED", "TUFSS0VE"];
const USER_DATA: &str = "eyJwYXNzd29yZCI6IlRVRlNTMEVEIn0TUFSS0VEIFVTRVIgREFUQQ==";

fn settings(server: &Server) -> ClientSettings {
    let credentials = Credentials {
        api_key: "MARKED-api-key-0123456789".into(),
        secret_access_key: "MARKED-secret-key-0123456789".into(),
    };
    let transport = TransportSettings {
        tls: Tls { ca_cert: None, skip_verify: true },
        proxy: Some(Proxy {
            url: server.url("/"),
            user: Some("proxy-user".into()),
            password: Some("MARKED-proxy-password".into()),
            no_proxy: Some("127.0.0.1".into()),
        }),
        ..Default::default()
    };
    let first_wait = Duration::from_millis(1);
    let retry = Retry { times: 2, first_wait, longest_wait: first_wait };
    let endpoint = server.url("/client/api");
    let arrival = Duration::ZERO;
    ClientSettings { transport, retry, arrival, ..ClientSettings::new(endpoint, credentials) }
}

fn deploy() -> DeployVirtualMachine {
    DeployVirtualMachine {
        name: "vm-1".into(),
        zoneid: "z".into(),
        serviceofferingid: "o".into(),
        templateid: "t".into(),
        userdata: Some(USER_DATA.into()),
        ..Default::default()
    }
}

/// What the cloud may say to a deploy; some of it repeats what it was told.
fn replies() -> Vec<Reply> {
    let refuse = |text: &str| {
        let body = format!(
            r#"{{"deployvirtualmachineresponse":{{"errorcode":431,"cserrorcode":9999,"errortext":"{text}"}}}}"#
        );
        Reply::json(431, &body)
    };
    let middle = &USER_DATA[10..40];
    vec![
        refuse(&format!("invalid value {USER_DATA} for parameter userdata")),
        refuse(&format!("Illegal base64 character in: \\\"{middle}\\\"")),
        refuse("no user with apikey MARKED-api-key-0123456789"),
        refuse("the key api-key-0123456789 is off"),
        Reply::json(
            200,
            &format!(r#"{{"deployvirtualmachineresponse":{{"id":"v","jobid":["{USER_DATA}"]}}}}"#),
        ),
        Reply::Close,
        Reply::Reset,
        Reply::html(503),
        Reply::json(401, r#"{"errorresponse":{"errorcode":401,"errortext":"unable to verify"}}"#),
        Reply::With(302, "Location: http://127.0.0.1:1/?apikey=MARKED\r\n", String::new()),
    ]
}

fn show(error: &Error) -> String {
    format!("{error} {error:?} {error:#?} {:?} {:?}", error.hint(), error.refusal())
}

fn assert_clean(what: &str, text: &str) {
    for mark in MARKS {
        assert!(!text.contains(mark), "{what} shows {mark}: {text}");
    }
}

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

#[tokio::test]
async fn no_error_log_or_debug_shows_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");

    for reply in replies() {
        let server = Server::start([reply]).await;
        let settings = settings(&server);
        assert_clean("the settings", &format!("{settings:?}"));
        let client = Client::new(settings).unwrap();
        let deadline = Deadline::after(Duration::from_secs(30));
        let error = client.run(&deploy(), deadline).await.unwrap_err();
        assert_clean("the error", &show(&error));
        assert_clean("the client", &format!("{client:?}"));
        assert!(server.seen()[0].body.contains("TUFSS0VE"), "the cloud gets it all the same");
    }
    assert_clean("the command", &format!("{:?}", deploy()));

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("deployVirtualMachine"), "nothing was logged");
    assert_clean("the log", &log);
}

/// A job's error comes after the call that held the secret.
#[tokio::test]
async fn the_error_of_a_job_is_clean_too() {
    let started = r#"{"deployvirtualmachineresponse":{"id":"v","jobid":"j"}}"#;
    let failed = format!(
        r#"{{"queryasyncjobresultresponse":{{"jobid":"j","jobstatus":2,"jobresult":{{"errorcode":530,"errortext":"bad {USER_DATA}"}}}}}}"#
    );
    let odd = format!(
        r#"{{"queryasyncjobresultresponse":{{"jobid":"j","jobstatus":1,"jobresult":{{"vm":"{USER_DATA}"}}}}}}"#
    );
    for end in [failed, odd] {
        let server = Server::start([Reply::json(200, started), Reply::json(200, &end)]).await;
        let client = Client::new(settings(&server)).unwrap();
        let deadline = Deadline::after(Duration::from_secs(30));
        let error = client.run(&deploy(), deadline).await.unwrap_err();
        assert_clean("the job's error", &show(&error));
    }
}

/// Windows and cloud-init templates may come with a generated password.
#[test]
fn a_vm_in_debug_hides_its_password() {
    let vm: VirtualMachine =
        serde_json::from_str(r#"{"id":"v","password":"MARKED-password"}"#).unwrap();
    assert_clean("the VM", &format!("{vm:?}"));
    assert!(vm.password.is_some());
}
