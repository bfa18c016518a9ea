//! The client against a server that answers by script: odd answers, pages, waits.

use crate::scripted::{Reply, Seen, Server};
use cloud_http::Retry;
use softlayer::api::{GuestProgress, VirtualGuest, account, network_storage, virtual_guest};
use softlayer::{Client, ClientSettings, Code, Credentials, Deadline, Error, Filter, Outcome};
use std::time::Duration;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

fn client(server: &Server) -> Client {
    let api_key = "the-api-key-of-nobody".into();
    let credentials = Credentials::Key { username: "apikey".into(), api_key };
    let first_wait = Duration::from_millis(1);
    let retry = Retry { times: 3, first_wait, longest_wait: first_wait };
    let settings = ClientSettings::new(server.url("/rest/v3.1"), credentials);
    Client::new(ClientSettings { retry, ..settings }).unwrap()
}

fn refusal(status: u16, exception: &str, text: &str) -> Reply {
    let body = format!(r#"{{"error":"{text}","code":"SoftLayer_Exception_{exception}"}}"#);
    Reply::json(status, &body)
}

/// Verb, path and query of a request, decoded.
fn line(seen: &Seen) -> String {
    let line = seen.head.lines().next().unwrap();
    percent_encoding::percent_decode_str(line).decode_utf8().unwrap().into_owned()
}

const GUEST: virtual_guest::GetObject = virtual_guest::GetObject { id: 7 };

/// Each of them was seen, and each goes away by itself.
#[tokio::test]
async fn a_reading_call_outlives_odd_answers() {
    for odd in [
        Reply::json(200, ""),
        refusal(200, "Public", "Internal Error"),
        Reply::Http(500, "text/plain", "WSDL: SOAP-ERROR: Parsing WSDL".into()),
        Reply::json(200, "{\"id\":"),
        Reply::html(503),
        Reply::Close,
    ] {
        let server = Server::start([odd, Reply::json(200, r#"{"id":"7","maxCpu":4}"#)]).await;
        let guest = client(&server).call(&GUEST, soon()).await.unwrap();
        assert_eq!((guest.id, guest.max_cpu), (7, Some(4)));
    }
}

/// What changes something is not sent again, since it may have been done.
#[tokio::test]
async fn a_changing_call_is_sent_once() {
    let stumbled = refusal(500, "Public", "Internal Error");
    for odd in [Reply::json(200, ""), Reply::html(502), Reply::Close, stumbled] {
        let server = Server::start([odd]).await;
        let call = virtual_guest::DeleteObject { id: 7 };
        let error = client(&server).call(&call, soon()).await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "{error}");
        assert!(matches!(error.outcome::<()>(), Outcome::Unknown(_)));
    }
}

/// A guest is switched off by a GET without a body, which may have arrived all the same.
#[tokio::test]
async fn a_lost_answer_to_a_changing_get_is_an_unknown_outcome() {
    let server = Server::start([Reply::Close]).await;
    let error = client(&server).call(&virtual_guest::PowerOff { id: 7 }, soon()).await;
    let line = line(&server.seen()[0]);
    assert!(line.starts_with("GET /rest/v3.1/SoftLayer_Virtual_Guest/7/powerOff.json "), "{line}");
    assert!(matches!(error.unwrap_err().outcome::<()>(), Outcome::Unknown(_)));
}

#[tokio::test]
async fn an_unknown_id_is_told_apart_from_everything_else() {
    let server = Server::start([refusal(404, "ObjectNotFound", "Unable to find object")]).await;
    let found: Option<VirtualGuest> = client(&server).find(&GUEST, soon()).await.unwrap();
    assert!(found.is_none());
    let server = Server::start([Reply::json(401, r#"{"error":"Invalid API token."}"#)]).await;
    let error = client(&server).call(&GUEST, soon()).await.unwrap_err();
    assert_eq!(error.code(), Some(&Code::Unauthenticated));
    assert!(error.hint().unwrap().contains("apikey"), "{error}");
}

/// SoftLayer says by both that it has not begun, so even what changes something is sent again.
#[tokio::test]
async fn a_busy_volume_and_a_rate_limit_are_waited_for() {
    let busy = "Network_Storage_BlockingOperationInProgress";
    let call = network_storage::AllowAccessFromVirtualGuest { id: 9, guest: 7.into() };
    for exception in [busy, "WebService_RateLimitExceeded"] {
        let script = [refusal(500, exception, "not now"), Reply::json(200, "true")];
        let server = Server::start(script).await;
        assert!(client(&server).call(&call, soon()).await.unwrap());
        let seen = server.seen();
        assert_eq!((seen.len(), seen[1].body.as_str()), (2, r#"{"parameters":[{"id":7}]}"#));
    }
    // But not beyond the deadline.
    let server = Server::start([refusal(500, busy, "busy")]).await;
    let short = Deadline::after(Duration::from_millis(300));
    let error = client(&server).call(&call, short).await.unwrap_err();
    assert_eq!(error.code(), Some(&Code::BlockingOperationInProgress));
}

#[tokio::test]
async fn what_cannot_be_done_yet_is_tried_until_it_can() {
    let not_yet = refusal(500, "NotImplemented", "not placed");
    let server = Server::start([not_yet.clone(), not_yet, Reply::json(200, "true")]).await;
    let call = virtual_guest::SetUserMetadata { id: 7, metadata: vec!["text".into()] };
    let codes = [Code::NotImplemented];
    assert!(client(&server).call_once_possible(&call, &codes, soon()).await.unwrap());
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_wait_ends_when_it_is_so_and_says_what_it_waited_for() {
    let body = |date: &str| Reply::json(200, &format!(r#"{{"id":7,"provisionDate":{date}}}"#));
    let script = [body("null"), Reply::html(502), body(r#""2026-01-01T00:00:00Z""#)];
    let server = Server::start(script).await;
    let ready = |guest: GuestProgress| guest.provision_date;
    let date = client(&server).wait_for(&GUEST, "a ready guest", soon(), ready).await.unwrap();
    assert_eq!((date.as_str(), server.seen().len()), ("2026-01-01T00:00:00Z", 3));
    assert!(line(&server.seen()[0]).contains("objectMask=mask[id,provisionDate,powerState["));

    let server = Server::start([body("null")]).await;
    let short = Deadline::after(Duration::from_millis(300));
    let error = client(&server).wait_for(&GUEST, "a ready guest", short, ready).await.unwrap_err();
    assert!(matches!(error, Error::Late { .. }), "{error}");
    assert!(error.to_string().contains("a ready guest"), "{error}");
}

/// The filter is ignored by the server here, as SoftLayer ignores what it cannot read.
#[tokio::test]
async fn a_list_follows_pages_and_checks_the_filter() {
    let row = |id: usize| format!(r#"{{"id":{id},"hostname":"vm-{}"}}"#, id % 2);
    let page = |from: usize, to: usize| {
        let rows: Vec<String> = (from..to).map(row).collect();
        let head = "SoftLayer-Total-Items: 150\r\nContent-Type: application/json\r\n";
        Reply::With(200, head, format!("[{}]", rows.join(",")))
    };
    let server = Server::start([page(0, 100), page(100, 150)]).await;
    let wanted = Filter::is("hostname", "vm-1");
    let guests =
        client(&server).list(&account::GetVirtualGuests {}, &wanted, soon()).await.unwrap();
    assert_eq!(guests.len(), 75);
    let lines: Vec<String> = server.seen().iter().map(line).collect();
    assert!(lines[0].contains(r#""hostname":{"operation":"vm-1"}"#), "{}", lines[0]);
    assert!(lines[0].contains("resultLimit=0,100") && lines[1].contains("resultLimit=100,100"));
    assert_eq!(lines.len(), 2);
}

/// A list of one may come as the one, and an answer that is too large is asked for in parts.
#[tokio::test]
async fn a_list_takes_a_bare_object_and_shrinks_its_pages() {
    let too_large = refusal(200, "Public", "Internal Error");
    let one = Reply::json(200, r#"{"id":7,"hostname":"vm-1"}"#);
    let server = Server::start([too_large, one]).await;
    let all = Filter::everything();
    let guests = client(&server).list(&account::GetVirtualGuests {}, &all, soon()).await.unwrap();
    assert_eq!(guests.len(), 1);
    assert!(line(&server.seen()[1]).contains("resultLimit=0,25"));
}

/// A field that is not asked for could not be checked again.
#[tokio::test]
async fn a_filter_by_what_is_not_asked_for_is_refused() {
    let server = Server::start([Reply::json(200, "[]")]).await;
    let filter = Filter::is("networkVlans.id", 5);
    let error = client(&server).list(&account::GetVirtualGuests {}, &filter, soon()).await;
    assert!(error.unwrap_err().to_string().contains("networkVlans.id"));
    assert!(server.seen().is_empty());
}

/// An error may repeat what it was told.
#[tokio::test]
async fn secrets_are_taken_out_of_what_the_cloud_says() {
    let text = "bad metadata: the-settings-of-an-agent for the-api-key-of-nobody";
    let server = Server::start([refusal(400, "Public", text)]).await;
    let metadata = vec!["xx the-settings-of-an-agent yy".into()];
    let call = virtual_guest::SetUserMetadata { id: 7, metadata };
    let error = client(&server).call(&call, soon()).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("settings-of") && !text.contains("key-of-nobody"), "{text}");
    assert!(text.contains("[hidden]"));
}
