//! Clients that dawdle, crowd or guess take nothing from the others.

use crate::harness::{Harness, basic};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Longer than any limit of these tests.
const LONG: Duration = Duration::from_secs(20);

/// A connection from an address of the loopback network.
async fn connect(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((IpAddr::from(from), 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// What comes until the other side closes the connection.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.expect("it is closed");
    bytes
}

/// A request for the health of the server on a new connection; whether it was answered.
async fn healthy(from: [u8; 4], to: SocketAddr) -> bool {
    let mut stream = connect(from, to).await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    rest(&mut stream).await.starts_with(b"HTTP/1.1 200")
}

/// Half a header, nothing at all, and silence after a request: each is closed in time.
#[tokio::test]
async fn who_sends_no_whole_request_is_closed() {
    let server = Harness::of(|settings| settings.limits.headers = Duration::from_millis(300)).await;
    let address = server.running.plain().unwrap();
    let whole = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    for sent in ["", "GET /hea", "GET /healthz HTTP/1.1\r\nHost: x\r\n", whole] {
        let begun = Instant::now();
        let mut stream = connect([127, 0, 0, 1], address).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert_eq!(answer.starts_with(b"HTTP/1.1 200"), sent == whole, "{sent}");
        assert!(begun.elapsed() >= Duration::from_millis(250), "{sent}: {:?}", begun.elapsed());
    }
}

/// A reader that takes nothing keeps neither its connection nor the file.
#[tokio::test]
async fn who_takes_nothing_is_closed() {
    let server = Harness::of(|settings| settings.limits.write = Duration::from_millis(300)).await;
    let (published, _) = server.put("a", 30_000_000).await;
    let mut stream = TcpStream::connect(server.running.plain().unwrap()).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", published.path);
    stream.write_all(request.as_bytes()).await.unwrap();
    // Until the buffers of both sides are full, and then for longer than the limit.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let got = rest(&mut stream).await;
    assert!(got.starts_with(b"HTTP/1.1 200") && got.len() < 30_000_000, "{}", got.len());
}

/// Connections beyond the limit wait for their turn; one address gets half of them only.
#[tokio::test]
async fn one_client_cannot_take_all_connections() {
    let server = Harness::of(|settings| settings.limits.connections = Some(8)).await;
    let address = server.running.plain().unwrap();
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = connect([127, 0, 0, 1], address).await;
        stream.write_all(b"GET /hea").await.unwrap();
        held.push(stream);
    }
    assert!(healthy([127, 0, 0, 2], address).await, "another address is served");
    assert!(!healthy([127, 0, 0, 1], address).await, "the fifth of one address is closed");
    held.pop();
    // The server notices on its own when a connection ends.
    let begun = Instant::now();
    while !healthy([127, 0, 0, 1], address).await {
        assert!(begun.elapsed() < LONG);
    }
}

/// After five wrong passwords the sixth is not looked at, be it right; other addresses, and those
/// that need no password, are served.
#[tokio::test]
async fn passwords_cannot_be_tried_by_the_thousand() {
    let server = Harness::new().await;
    let (published, link) = server.put("a", 10).await;
    let url = format!("{}/images/a", server.plain());
    let status = async |password: &str| {
        let response = server.ask("GET", &url, &[("authorization", password)]).await;
        (response.status().as_u16(), response.headers().contains_key("retry-after"))
    };
    assert_eq!(status(&basic()).await, (200, false));
    for _ in 0..5 {
        assert_eq!(status("Basic d3Jvbmc6d3Jvbmc=").await, (401, false));
    }
    assert_eq!(status("Basic d3Jvbmc6d3Jvbmc=").await, (429, true));
    assert_eq!(status(&basic()).await, (429, true), "or it would tell which one is right");
    assert_eq!(server.get(link.reveal(), &[]).await.0, 200);
    let mut other = connect([127, 0, 0, 2], server.running.plain().unwrap()).await;
    let request = format!(
        "GET /images/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {}\r\n\r\n",
        published.name,
        basic()
    );
    other.write_all(request.as_bytes()).await.unwrap();
    assert!(rest(&mut other).await.starts_with(b"HTTP/1.1 200"));
}
