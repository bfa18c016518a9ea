//! What the transport says about requests that go wrong: above all, whether they may have
//! arrived.

use crate::scripted::{Reply, Server};
use bytes::Bytes;
use cloud_http::{Deadline, Proxy, SendError, Transport, TransportSettings};
use std::time::Duration;

const ENOUGH: Duration = Duration::from_secs(30);
/// Long enough for a loopback connection to be made, short enough to wait for in vain.
const IN_VAIN: Duration = Duration::from_millis(400);

fn post(url: &str) -> http::Request<Bytes> {
    http::Request::post(url).body(Bytes::from_static(b"body=1")).unwrap()
}

fn transport() -> Transport {
    Transport::new(TransportSettings::default()).unwrap()
}

async fn failure(reply: Reply, wait: Duration) -> SendError {
    let server = Server::start([reply]).await;
    let sent = transport().send(post(&server.url("/")), Deadline::after(wait)).await;
    assert_eq!(server.seen().len(), 1, "the transport itself never sends twice");
    sent.unwrap_err()
}

#[tokio::test]
async fn a_refused_connection_was_certainly_not_sent() {
    let address = Server::start([Reply::Close]).await.address;
    // Nobody listens on port 1 of this address.
    let url = format!("http://{}:1/", address.ip());
    let error = transport().send(post(&url), Deadline::after(ENOUGH)).await.unwrap_err();
    assert!(matches!(&error, SendError::NotSent(_)), "{error:?}");
    assert!(error.certainly_not_sent());
}

#[tokio::test]
async fn what_was_read_and_not_answered_may_have_arrived() {
    for reply in [Reply::Close, Reply::Reset, Reply::truncated("{\"a\":"), Reply::Raw(b"x".into())]
    {
        let error = failure(reply, ENOUGH).await;
        assert!(matches!(&error, SendError::MaybeSent(_)), "{error:?}");
        assert!(!error.certainly_not_sent());
    }
}

/// Clouds switch machines off by a GET. A request without a body is as good as sent once there is
/// a connection.
#[tokio::test]
async fn a_request_without_a_body_may_have_arrived_too() {
    let empty = |url: &str| http::Request::get(url).body(Bytes::new()).unwrap();
    for (reply, wait) in [(Reply::Close, ENOUGH), (Reply::Reset, ENOUGH), (Reply::Hang, IN_VAIN)] {
        let server = Server::start([reply]).await;
        let sent = transport().send(empty(&server.url("/")), Deadline::after(wait)).await;
        let error = sent.unwrap_err();
        assert!(!error.certainly_not_sent(), "{error:?}");
        assert_eq!(server.seen().len(), 1);
    }
    let address = Server::start([Reply::Close]).await.address;
    let url = format!("http://{}:1/", address.ip());
    let error = transport().send(empty(&url), Deadline::after(ENOUGH)).await.unwrap_err();
    assert!(error.certainly_not_sent(), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_at_the_deadline() {
    assert_eq!(failure(Reply::Hang, IN_VAIN).await, SendError::TimedOut);
}

/// A deadline that passes before the connection stands is no unknown outcome.
#[tokio::test]
async fn a_deadline_that_passes_while_connecting_was_certainly_not_sent() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    // It accepts, but never says a word of TLS.
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let error = transport().send(post(&url), Deadline::after(IN_VAIN)).await.unwrap_err();
    assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read_to_its_end() {
    let server = Server::start([Reply::json(200, &"x".repeat(5000))]).await;
    let settings = TransportSettings { answer_limit: Some(4999), ..Default::default() };
    let transport = Transport::new(settings).unwrap();
    let sent = transport.send(post(&server.url("/")), Deadline::after(ENOUGH)).await;
    assert_eq!(sent.unwrap_err(), SendError::TooLarge(4999));
}

/// Whoever answers a redirect would get the keys in the body.
#[tokio::test]
async fn a_redirect_is_an_answer() {
    let thief = Server::start([Reply::json(200, "{}")]).await;
    let location = format!("Location: {}\r\n", thief.url("/")).leak();
    let server = Server::start([Reply::With(307, location, String::new())]).await;
    let answer = transport().send(post(&server.url("/")), Deadline::after(ENOUGH)).await.unwrap();
    assert_eq!(answer.status(), 307);
    assert!(thief.seen().is_empty());
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::start([Reply::json(200, "{}")]).await;
    let transport = transport();
    for _ in 0..3 {
        transport.send(post(&server.url("/")), Deadline::after(ENOUGH)).await.unwrap();
    }
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    let closing = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    let server = Server::start([Reply::Raw(closing.into()), Reply::json(200, "{}")]).await;
    let transport = transport();
    for _ in 0..2 {
        transport.send(post(&server.url("/")), Deadline::after(ENOUGH)).await.unwrap();
    }
    assert_eq!(server.seen()[1].connection, 1);
}

fn through(proxy: &Server, no_proxy: Option<&str>) -> Transport {
    let url = format!("http://user:pass%20word@{}", proxy.address);
    let proxy = Proxy::from_url(&url, no_proxy.map(Into::into)).unwrap();
    Transport::new(TransportSettings { proxy: Some(proxy), ..Default::default() }).unwrap()
}

/// `user:pass word` in base64.
const BASIC: &str = "Basic dXNlcjpwYXNzIHdvcmQ=";

#[tokio::test]
async fn plain_requests_go_through_the_proxy_with_its_credentials() {
    let proxy = Server::start([Reply::json(200, "{}")]).await;
    let request = post("http://cloud.invalid:8080/client/api");
    through(&proxy, None).send(request, Deadline::after(ENOUGH)).await.unwrap();
    let head = &proxy.seen()[0].head;
    assert!(head.starts_with("POST http://cloud.invalid:8080/client/api HTTP/1.1"), "{head}");
    assert!(head.contains(BASIC), "{head}");
}

#[tokio::test]
async fn https_tunnels_and_a_refused_tunnel_was_certainly_not_sent() {
    let proxy = Server::start([Reply::html(407)]).await;
    let request = post("https://cloud.invalid:8443/client/api");
    let sent = through(&proxy, None).send(request, Deadline::after(ENOUGH)).await;
    let head = &proxy.seen()[0].head;
    assert!(head.starts_with("CONNECT cloud.invalid:8443 HTTP/1.1"), "{head}");
    assert!(head.contains(BASIC), "{head}");
    let error = sent.unwrap_err();
    assert!(matches!(&error, SendError::NotSent(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("word"), "{error:?}");
}

#[tokio::test]
async fn no_proxy_hosts_are_reached_without_it() {
    let proxy = Server::start([Reply::html(500)]).await;
    let server = Server::start([Reply::json(200, "{}")]).await;
    let transport = through(&proxy, Some("example.org, 127.0.0.1"));
    transport.send(post(&server.url("/")), Deadline::after(ENOUGH)).await.unwrap();
    assert!(proxy.seen().is_empty());
}

/// The director passes no environment; what an operator's shell holds must not change where
/// keys go. Runs itself with a proxy in the environment.
#[tokio::test]
async fn the_environment_names_no_proxy() {
    const MARK: &str = "TRANSPORT_TEST_RUNS_ITSELF";
    if std::env::var_os(MARK).is_none() {
        let own = std::env::current_exe().unwrap();
        let ran = std::process::Command::new(own)
            .args(["--exact", "the_environment_names_no_proxy"])
            .env(MARK, "1")
            .envs(
                ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1")),
            )
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        return;
    }
    let server = Server::start([Reply::json(200, "{}")]).await;
    transport().send(post(&server.url("/")), Deadline::after(ENOUGH)).await.unwrap();
}
