//! Waiting for jobs, also for those that never end well.

use crate::scripted::{Reply, Server};
use cloudstack::api::*;
use cloudstack::error::JobLoss;
use cloudstack::{Client, ClientSettings, Credentials, Deadline, Error, Outcome, outcome};
use std::time::Duration;

const STARTED: &str = r#"{"createvolumeresponse":{"id":"v1","jobid":"j1"}}"#;
const PURGED: &str = r#"{"queryasyncjobresultresponse":{"uuidList":[],"errorcode":431,
    "cserrorcode":9999,"errortext":"Invalid parameter jobid value=j1 … entity does not exist …"}}"#;

fn poll(state: &str) -> Reply {
    let body = format!(r#"{{"queryasyncjobresultresponse":{{"jobid":"j1",{state}}}}}"#);
    Reply::json(200, &body)
}

fn pending() -> Reply {
    poll(r#""jobstatus":0,"jobresultcode":0"#)
}

fn done() -> Reply {
    poll(r#""jobstatus":1,"jobresultcode":0,"jobresult":{"volume":{"id":"v1","name":"disk"}}"#)
}

fn failed(code: i64) -> Reply {
    poll(&format!(
        r#""jobstatus":2,"jobresultcode":{code},"jobresult":{{"errorcode":{code},"errortext":"no"}}"#
    ))
}

fn client(server: &Server) -> Client {
    let credentials = Credentials { api_key: "key".into(), secret_access_key: "secret".into() };
    let mut settings = ClientSettings::new(server.url("/client/api"), credentials);
    settings.arrival = Duration::from_millis(50);
    Client::new(settings).unwrap()
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

async fn create(polls: impl IntoIterator<Item = Reply>) -> (Result<Object<Volume>, Error>, Client) {
    let script: Vec<_> = [Reply::json(200, STARTED)].into_iter().chain(polls).collect();
    let server = Server::start(script).await;
    let client = client(&server);
    let volume = CreateVolume {
        name: "disk".into(),
        zoneid: "z".into(),
        diskofferingid: "o".into(),
        ..CreateVolume::default()
    };
    (client.run(&volume, deadline()).await, client)
}

#[tokio::test]
async fn a_job_is_polled_to_its_end() {
    let (result, client) = create([pending(), pending(), done()]).await;
    assert_eq!(result.unwrap().0.id, "v1");
    let tally = client.tally();
    assert_eq!((tally.calls, tally.polls), (1, 3));
    assert_eq!(tally.commands.into_iter().collect::<Vec<_>>(), [("createVolume", 1)]);
}

/// The job runs on whatever becomes of one poll.
#[tokio::test]
async fn a_poll_that_fails_is_repeated() {
    let polls = [
        Reply::Reset,
        Reply::html(503),
        Reply::truncated("{"),
        Reply::json(
            429,
            r#"{"queryasyncjobresultresponse":{"errorcode":429,"errortext":"retry after [5] ms"}}"#,
        ),
        done(),
    ];
    let (result, client) = create(polls).await;
    assert_eq!(result.unwrap().0.id, "v1");
    assert_eq!(client.tally().polls, 5);
}

#[tokio::test]
async fn a_failed_job_tells_why() {
    let (result, _) = create([failed(533)]).await;
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "createVolume: the job failed with 533: no");
    let refusal = error.refusal().unwrap();
    assert!(refusal.from_job && refusal.http_status == 200 && refusal.cserrorcode.is_none());
    // The call entered the volume in the books before the job began.
    assert!(matches!(error.outcome::<()>(), Outcome::Unknown(_)));
}

/// Nothing but a look can tell what these jobs did.
#[tokio::test]
async fn a_job_whose_end_is_lost_has_an_unknown_outcome() {
    let restarted = || poll(r#""jobstatus":2,"jobresultcode":530"#);
    let blocked = || poll(r#""jobstatus":2,"jobresultcode":0"#);
    let empty = || poll(r#""jobstatus":1,"jobresultcode":0"#);
    let cancelled = || poll(r#""jobstatus":3,"jobresultcode":0"#);
    let purged = || Reply::json(431, PURGED);
    for (reply, words) in [
        (restarted(), "without a result"),
        (blocked(), "without a result"),
        (empty(), "without a result"),
        (cancelled(), "cancelled"),
        (purged(), "not known to the cloud any more"),
    ] {
        let (result, _) = create([reply]).await;
        let Outcome::Unknown(error) = outcome(result) else { panic!("{words}") };
        assert!(matches!(&error, Error::JobLost { job, .. } if job == "j1"), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.hint().is_some());
    }
}

/// Keys that are switched off while a job runs: the job itself may end well.
#[tokio::test]
async fn a_poll_that_is_refused_ends_the_wait_not_the_job() {
    let refused = r#"{"queryasyncjobresultresponse":{"uuidList":[],"errorcode":401,
        "errortext":"unable to verify user credentials and/or request signature"}}"#;
    let (result, client) = create([Reply::json(401, refused)]).await;
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::JobLost { why: JobLoss::Unseen(_), .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("clock"));
    assert!(matches!(error.outcome::<()>(), Outcome::Unknown(_)));
    assert_eq!(client.tally().polls, 1);
}

#[tokio::test]
async fn waiting_ends_at_the_deadline() {
    let server = Server::start([pending()]).await;
    let soon = Deadline::after(Duration::from_millis(350));
    let result = client(&server).wait::<Object<Volume>>("j1", "createVolume", soon).await;
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::JobLost { why: JobLoss::StillRunning, .. }), "{error:?}");
    assert!(matches!(error.outcome::<()>(), Outcome::Unknown(_)));
}

/// What the last polls met is told: "did not end in time" would hide that nobody answered.
#[tokio::test]
async fn a_cloud_that_stays_silent_until_the_deadline_is_told() {
    let server = Server::start([Reply::Close]).await;
    let soon = Deadline::after(Duration::from_millis(350));
    let result = client(&server).wait::<Object<Volume>>("j1", "createVolume", soon).await;
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::JobLost { why: JobLoss::Unseen(_), .. }), "{error:?}");
    assert!(error.to_string().contains("the answer was lost"), "{error}");
}

/// A job whose id we choose can be asked for even if the answer to its start is lost.
#[tokio::test]
async fn a_job_can_be_started_under_an_id_of_ours() {
    let server = Server::start([Reply::Close]).await;
    let ours = "0b0d1c6e-3f5a-4a53-9a5e-0d6f3c1a2b4c";
    let command = DeleteSnapshot { id: "s".into() };
    let error = client(&server).start_as(&command, ours, deadline()).await.unwrap_err();
    assert!(matches!(error.outcome::<()>(), Outcome::Unknown(_)));
    let seen = server.seen();
    assert_eq!(seen[0].parameter("customjobid"), Some(ours));
    assert_eq!(seen.len(), 1, "what came of it is its caller's to ask");
}
