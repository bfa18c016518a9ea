//! A server on a loopback port that answers by script, also in ways no sane server does.

#![allow(dead_code)] // each test binary uses its part

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request, once it has read it.
#[derive(Clone)]
pub enum Reply {
    /// Answers with status, content type and body, and keeps the connection.
    Http(u16, &'static str, String),
    /// Answers with these headers besides.
    With(u16, &'static str, String),
    /// Writes these bytes and closes.
    Raw(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Resets the connection.
    Reset,
    /// Never answers.
    Hang,
}

impl Reply {
    pub fn json(status: u16, body: &str) -> Self {
        Self::Http(status, "application/json;charset=utf-8", body.into())
    }

    pub fn html(status: u16) -> Self {
        Self::Http(status, "text/html", "<!DOCTYPE html><html>Service Unavailable</html>".into())
    }

    /// The head promises more than comes.
    pub fn truncated(body: &str) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len() + 100);
        Self::Raw(format!("{head}{body}").into())
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// On which connection, from 0.
    pub connection: usize,
    /// Request line and headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Seen {
    /// The parameter of that name in a form body.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// The running server; it ends with the runtime of its test.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers the n-th request with the n-th reply, and every later one with the last.
    pub async fn start(replies: impl Into<Vec<Reply>>) -> Self {
        Self::start_with(replies, None).await
    }

    /// The same over TLS.
    pub async fn start_tls(replies: impl Into<Vec<Reply>>, tls: tokio_rustls::TlsAcceptor) -> Self {
        Self::start_with(replies, Some(tls)).await
    }

    async fn start_with(
        replies: impl Into<Vec<Reply>>,
        tls: Option<tokio_rustls::TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Script { replies: replies.into(), seen: Arc::default() };
        let seen = script.seen.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, tls) = (script.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                script.serve(connection, stream).await;
                            }
                        }
                        None => script.serve(connection, stream).await,
                    }
                });
            }
        });
        Self { address, seen }
    }

    /// What came so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// A stream that can be reset.
trait Resets {
    fn reset(&self);
}

impl Resets for TcpStream {
    fn reset(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl Resets for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.reset();
    }
}

#[derive(Clone)]
struct Script {
    replies: Vec<Reply>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Script {
    async fn serve(
        self,
        connection: usize,
        mut stream: impl AsyncRead + AsyncWrite + Resets + Unpin,
    ) {
        let mut buffer = Vec::new();
        while let Some((head, body)) = read_request(&mut stream, &mut buffer).await {
            let n = {
                let mut seen = self.seen.lock().unwrap();
                seen.push(Seen { connection, head, body });
                seen.len() - 1
            };
            let bytes = match self.replies.get(n).or(self.replies.last()).expect("a script") {
                Reply::Http(status, kind, body) => {
                    http(*status, &format!("Content-Type: {kind}\r\n"), body)
                }
                Reply::With(status, headers, body) => http(*status, headers, body),
                Reply::Raw(bytes) => {
                    let _ = stream.write_all(bytes).await;
                    return;
                }
                Reply::Close => return,
                Reply::Reset => return stream.reset(),
                Reply::Hang => std::future::pending().await,
            };
            if stream.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }
}

fn http(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} Scripted\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into()
}

/// Reads one request with a body of `Content-Length`; None once the client is gone.
async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Option<(String, String)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
                })
                .unwrap_or(0);
            if buffer.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&buffer[end + 4..end + 4 + length]).into_owned();
                buffer.drain(..end + 4 + length);
                return Some((head, body));
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => buffer.extend_from_slice(&chunk[..n]),
        }
    }
}
