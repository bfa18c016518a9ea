//! The client against a server that answers by script: what is sent again, what is not, and
//! what is known afterwards.

use crate::scripted::{Reply, Server};
use cloud_http::{Retry, TransportSettings};
use cloudstack::answer::Foreign;
use cloudstack::api::*;
use cloudstack::{Client, ClientSettings, Credentials, Deadline, Error, Outcome, outcome};
use std::time::Duration;

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

/// A client that loses no time between two tries.
fn client(server: &Server) -> Client {
    client_at(server.url("/client/api"))
}

fn client_at(endpoint: String) -> Client {
    Client::new(settings_at(endpoint)).unwrap()
}

fn settings(server: &Server) -> ClientSettings {
    settings_at(server.url("/client/api"))
}

fn settings_at(endpoint: String) -> ClientSettings {
    let credentials = Credentials { api_key: "key".into(), secret_access_key: "hush".into() };
    let first_wait = Duration::from_millis(1);
    let retry = Retry { first_wait, longest_wait: first_wait, ..Retry::default() };
    let arrival = Duration::from_secs(10);
    ClientSettings { retry, arrival, ..ClientSettings::new(endpoint, credentials) }
}

fn create() -> CreateVolume {
    CreateVolume {
        name: "disk".into(),
        zoneid: "z".into(),
        diskofferingid: "o".into(),
        ..CreateVolume::default()
    }
}

const ZONES: &str = r#"{"listzonesresponse":{"count":1,"zone":[{"id":"z1","name":"adv","networktype":"Advanced"}]}}"#;
const STARTED: &str = r#"{"createvolumeresponse":{"id":"v1","jobid":"j1"}}"#;

fn fault(code: u16, text: &str) -> Reply {
    let body = format!(
        r#"{{"createvolumeresponse":{{"uuidList":[],"errorcode":{code},"cserrorcode":4350,"errortext":"{text}"}}}}"#
    );
    Reply::json(code, &body)
}

/// Ways to fail that tell a client nothing about what happened.
fn mysteries() -> Vec<Reply> {
    let empty = Reply::json(200, "");
    vec![Reply::Close, Reply::Reset, Reply::truncated(STARTED), Reply::html(503), empty]
}

#[tokio::test]
async fn a_read_is_sent_again_until_it_is_answered() {
    let mut script = mysteries();
    script.push(Reply::json(200, ZONES));
    let (server, tries) = (Server::start(script.clone()).await, script.len());
    let client = client(&server);
    let zones = client.call(&ListZones::default(), deadline()).await.unwrap();
    assert_eq!((zones.count, zones.items[0].name.as_str()), (1, "adv"));
    assert_eq!(server.seen().len(), tries);
    let tally = client.tally();
    assert_eq!((tally.calls, tally.polls, tally.retries), (tries as u64, 0, tries as u64 - 1));
}

#[tokio::test]
async fn a_read_is_given_up_when_its_budget_is_spent() {
    let server = Server::start([Reply::html(503)]).await;
    let error = client(&server).call(&ListZones::default(), deadline()).await.unwrap_err();
    assert!(matches!(error, Error::Foreign { http_status: 503, .. }), "{error:?}");
    assert_eq!(server.seen().len() as u32, 1 + Retry::default().times);
}

/// A create whose answer is lost may have made something: under the id that was written down for
/// it, it is not sent again.
#[tokio::test]
async fn a_create_that_may_have_arrived_is_never_sent_again() {
    for reply in mysteries() {
        let server = Server::start([reply, Reply::json(431, NO_JOB)]).await;
        let mut settings = settings(&server);
        settings.arrival = Duration::ZERO;
        let client = Client::new(settings).unwrap();
        let result = client.start_as(&create(), OURS, deadline()).await;
        assert_eq!(server.seen().len(), 1);
        let Outcome::Unknown(error) = outcome(result) else { panic!("it may have arrived") };
        assert!(error.to_string().starts_with("createVolume: "), "{error}");
    }
}

#[tokio::test]
async fn a_create_that_never_left_is_sent_again_and_had_no_effect() {
    let nobody =
        format!("http://{}:1/client/api", Server::start([Reply::Close]).await.address.ip());
    let client = client_at(nobody);
    let result = client.start(&create(), deadline()).await;
    // An outage is cheap: some quick tries, and one for whatever is asked next.
    assert_eq!(client.tally().retries, 2);
    assert!(client.tally().unreachable);
    assert!(matches!(outcome(result), Outcome::NotSent(Error::Unanswered { .. })));
    client.call(&ListZones::default(), deadline()).await.unwrap_err();
    assert_eq!(client.tally().retries, 2);
}

const OURS: &str = "0b0d1c6e-3f5a-4a53-9a5e-0d6f3c1a2b4c";
const NO_JOB: &str = r#"{"queryasyncjobresultresponse":{"errorcode":431,"cserrorcode":9999,
    "errortext":"Invalid parameter jobid … entity does not exist …"}}"#;
const JOB: &str = r#"{"queryasyncjobresultresponse":{"jobid":"j","jobstatus":0}}"#;

/// The job's id is ours, so that a lost answer costs a look: the call is not sent again.
#[tokio::test]
async fn a_lost_answer_costs_a_look_at_the_job() {
    for reply in mysteries() {
        let script = [reply, Reply::json(431, NO_JOB), Reply::html(503), Reply::json(200, JOB)];
        let server = Server::start(script).await;
        let started = client(&server).start(&create(), deadline()).await.unwrap();
        let seen = server.seen();
        let ours = seen[0].parameter("customjobid").unwrap();
        assert_eq!((started.job.as_str(), started.may_have_twin), (ours, false));
        assert_eq!(seen.len(), 4);
        assert!(seen[1..].iter().all(|it| it.parameter("jobid") == Some(ours)));
    }
}

/// A create is never sent again under a used id, which would leave a thing without a job; under
/// another it may have made a twin, which its caller is told.
#[tokio::test]
async fn a_create_that_did_not_arrive_is_started_anew() {
    let mut script = vec![Reply::Reset];
    script.extend([Reply::json(431, NO_JOB), Reply::json(200, STARTED)]);
    let server = Server::start(script).await;
    let mut settings = settings(&server);
    settings.arrival = Duration::ZERO;
    let started = Client::new(settings).unwrap().start(&create(), deadline()).await.unwrap();
    assert!(started.may_have_twin);
    let seen = server.seen();
    let ids: Vec<_> = seen.iter().filter_map(|it| it.parameter("customjobid")).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
}

/// Recorded: anything but a create is refused under a used id, and nothing happens.
#[tokio::test]
async fn a_change_is_sent_again_under_the_same_id() {
    let taken = r#"{"deletesnapshotresponse":{"errorcode":530,"cserrorcode":9999,
        "errortext":"Entity already exists "}}"#;
    let mut script = vec![Reply::Reset];
    script.extend([Reply::json(431, NO_JOB), Reply::json(530, taken), Reply::json(200, JOB)]);
    let server = Server::start(script).await;
    let mut settings = settings(&server);
    settings.arrival = Duration::ZERO;
    let command = DeleteSnapshot { id: "s".into() };
    let client = Client::new(settings).unwrap();
    let started = client.start(&command, deadline()).await.unwrap();
    let seen = server.seen();
    let sent: Vec<_> = seen.iter().filter_map(|it| it.parameter("customjobid")).collect();
    assert_eq!(sent, [started.job.as_str(), started.job.as_str()]);
}

/// Whoever limits requests on the way, in whatever form: its wait is kept, and nothing was done.
#[tokio::test]
async fn a_429_of_a_proxy_is_waited_for() {
    let limits = Reply::With(429, "Retry-After: 1\r\n", "slow down".into());
    let server = Server::start([limits, Reply::json(200, STARTED)]).await;
    let begun = std::time::Instant::now();
    client(&server).start(&create(), deadline()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.seen().len(), 2);
}

/// Once the cloud says itself that it did not begin, a create may be sent again.
#[tokio::test]
async fn a_create_is_sent_again_after_429_and_503_of_cloudstack() {
    let busy = "The given user has reached his/her account api limit, please retry after [30] ms.";
    let down = "Maintenance or Shutdown has been initiated on this management server. \
                Can not accept new jobs";
    let script = [fault(429, busy), fault(503, down), Reply::json(200, STARTED)];
    let server = Server::start(script).await;
    let started = client(&server).start(&create(), deadline()).await.unwrap();
    assert_eq!((started.id.as_deref(), started.job.as_str()), (Some("v1"), "j1"));
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_wait_that_the_deadline_does_not_allow_is_not_begun() {
    let hour =
        "The given user has reached his/her account api limit, please retry after [3600000] ms.";
    let server = Server::start([fault(429, hour)]).await;
    let error = client(&server).start(&create(), deadline()).await.unwrap_err();
    assert_eq!((error.code(), server.seen().len()), (Some(429), 1));
}

#[tokio::test]
async fn a_refusal_keeps_everything_and_had_no_effect() {
    let body = r#"{"createvolumeresponse":{"uuidList":[{"uuid":"u1","description":"vmId"}],
        "errorcode":535,"cserrorcode":4370,"errortext":"Maximum amount of resources"}}"#;
    let server = Server::start([Reply::json(535, body)]).await;
    let result = client(&server).start(&create(), deadline()).await;
    let Outcome::NotApplied(error) = outcome(result) else { panic!("it was refused") };
    let refusal = error.refusal().unwrap();
    assert_eq!((refusal.command, refusal.http_status), ("createVolume", 535));
    assert_eq!((refusal.errorcode, refusal.cserrorcode), (535, Some(4370)));
    assert_eq!(refusal.uuids, ["u1"]);
    let text = "createVolume: refused with 535/4370: Maximum amount of resources";
    assert_eq!(error.to_string(), text);
    assert!(error.hint().unwrap().contains("limit"));
    assert_eq!(server.seen().len(), 1);
}

/// Following it would hand the keys to whoever it names.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let thief = Server::start([Reply::json(200, ZONES)]).await;
    let location: &str = format!("Location: {}\r\n", thief.url("/client/api")).leak();
    let server = Server::start([Reply::With(302, location, String::new())]).await;
    let error = client(&server).call(&ListZones::default(), deadline()).await.unwrap_err();
    assert!(matches!(error, Error::Foreign { what: Foreign::Redirect, .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("endpoint"));
    assert!(thief.seen().is_empty());
    let result = client(&server).start(&create(), deadline()).await;
    assert!(matches!(outcome(result), Outcome::NotApplied(_)));
}

#[tokio::test]
async fn who_else_answers_is_told() {
    let xml = Reply::Http(200, "text/xml", "<?xml version=\"1.0\"?><listzonesresponse/>".into());
    for (reply, what, hint) in [
        (Reply::html(200), Foreign::Html, "/client/api"),
        (Reply::html(404), Foreign::Html, "/client/api"),
        (xml, Foreign::Xml, "XML"),
        (
            Reply::json(403, r#"{"message":"Forbidden by policy"}"#),
            Foreign::OtherJson,
            "CloudStack",
        ),
        (Reply::json(200, "[]"), Foreign::OtherJson, "CloudStack"),
        (Reply::json(200, "hello"), Foreign::Other, "CloudStack"),
    ] {
        let server = Server::start([reply]).await;
        let error = client(&server).call(&ListZones::default(), deadline()).await.unwrap_err();
        assert!(matches!(&error, Error::Foreign { what: w, .. } if *w == what), "{error:?}");
        assert!(error.hint().unwrap().contains(hint), "{what:?}: {:?}", error.hint());
        assert_eq!(server.seen().len(), 1, "it does not heal by asking again");
    }
}

#[tokio::test]
async fn requests_are_posted_signed_and_expire() {
    let server = Server::start([Reply::json(200, ZONES)]).await;
    client(&server).call(&ListZones::default(), deadline()).await.unwrap();
    let seen = &server.seen()[0];
    assert!(seen.head.starts_with("POST /client/api HTTP/1.1\r\n"), "{}", seen.head);
    assert_eq!(seen.parameter("command"), Some("listZones"));
    assert_eq!(seen.parameter("response"), Some("json"));
    assert_eq!(seen.parameter("signatureversion"), Some("3"));
    assert_eq!(seen.parameter("apikey"), Some("key"));
    assert!(seen.parameter("expires").is_some() && seen.parameter("signature").is_some());
    assert!(!seen.body.contains("hush"));
}

#[tokio::test]
async fn lists_are_followed_to_their_last_page() {
    let page = |rows: std::ops::Range<u32>| {
        let rows: Vec<_> =
            rows.map(|n| format!(r#"{{"id":"{n}","name":"n","networktype":"Basic"}}"#)).collect();
        let body =
            format!(r#"{{"listzonesresponse":{{"count":503,"zone":[{}]}}}}"#, rows.join(","));
        Reply::json(200, &body)
    };
    let server = Server::start([page(0..500), page(500..503)]).await;
    let zones = client(&server).list_all(ListZones::default(), deadline()).await.unwrap();
    assert_eq!(zones.len(), 503);
    assert_eq!(zones[502].id, "502");
    let asked: Vec<_> =
        server.seen().iter().map(|s| s.parameter("page").map(String::from)).collect();
    assert_eq!(asked, [Some("1".into()), Some("2".into())]);
    assert!(server.seen().iter().all(|s| s.parameter("pagesize") == Some("500")));
}

/// An operator may have set `default.page.size` lower than it comes.
#[tokio::test]
async fn a_page_is_as_large_as_the_cloud_allows() {
    let refused = r#"{"listzonesresponse":{"errorcode":431,"cserrorcode":4350,
        "errortext":"Page size can't exceed max allowed page size value: 2"}}"#;
    let refused = Reply::json(431, refused);
    let row = |n| format!(r#"{{"id":"{n}","name":"n","networktype":"Basic"}}"#);
    let page = |rows: String| {
        Reply::json(200, &format!(r#"{{"listzonesresponse":{{"count":3,"zone":[{rows}]}}}}"#))
    };
    let script = [refused, page([row(1), row(2)].join(",")), page(row(3))];
    let server = Server::start(script).await;
    let zones = client(&server).list_all(ListZones::default(), deadline()).await.unwrap();
    assert_eq!(zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
    let seen = server.seen();
    let asked: Vec<_> = seen
        .iter()
        .map(|s| (s.parameter("pagesize").unwrap(), s.parameter("page").unwrap()))
        .collect();
    assert_eq!(asked, [("500", "1"), ("2", "1"), ("2", "2")]);
}

#[tokio::test]
async fn an_empty_list_and_a_page_beyond_the_end_are_empty() {
    for body in [r#"{"listzonesresponse":{}}"#, r#"{"listzonesresponse":{"count":7}}"#] {
        let server = Server::start([Reply::json(200, body)]).await;
        let zones = client(&server).list_all(ListZones::default(), deadline()).await.unwrap();
        assert_eq!((zones.len(), server.seen().len()), (0, 1));
    }
}

/// One connection serves a whole CPI call.
#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::start([Reply::json(200, ZONES)]).await;
    let client = client(&server);
    for _ in 0..5 {
        client.call(&ListZones::default(), deadline()).await.unwrap();
    }
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
    assert_eq!(client.tally().commands.get("listZones"), Some(&5));
}

/// Settings that can only fail are refused before anything is sent, and named.
#[test]
fn bad_settings_are_named() {
    let try_endpoint = |endpoint: &str| {
        let credentials = Credentials { api_key: "k".into(), secret_access_key: "s".into() };
        Client::new(ClientSettings::new(endpoint, credentials))
    };
    for endpoint in [
        "",
        "cloud.example/client/api",
        "ftp://c/",
        "http://",
        "http://u:hush@c/",
        "http://c/?a=hush",
    ] {
        let error = try_endpoint(endpoint).unwrap_err();
        assert!(matches!(error, Error::Settings(_)), "{endpoint}: {error:?}");
        assert!(error.to_string().starts_with("endpoint: "), "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
    assert!(try_endpoint("https://cloud.example:8443/client/api").is_ok());

    let credentials = Credentials { api_key: "k".into(), secret_access_key: "s".into() };
    let mut transport = TransportSettings::default();
    transport.tls.ca_cert = Some("no PEM".into());
    let settings =
        ClientSettings { transport, ..ClientSettings::new("https://c/client/api", credentials) };
    assert!(Client::new(settings).unwrap_err().to_string().starts_with("ca_cert: "));
}
