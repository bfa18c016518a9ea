//! Sending a large file: in one multipart POST, or as the body of a PUT.
//!
//! By hand, since the storage VMs of some CloudStack releases know their headers in one spelling
//! only (`X-signature`), and hyper writes every header in lower case.

mod dial;

use crate::{Deadline, SendError, TransportSettings};
use dial::{Connection, Stream, Target};
use std::fmt::Write as _;
use std::io::{self, Read};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

const PIECE: usize = 256 << 10;
/// More of an answer is not read.
const LONGEST_ANSWER: usize = 64 << 10;
/// How long to wait for the reason, when the other side takes no more of the file.
const REASON: Duration = Duration::from_secs(5);

/// A file to send.
pub struct Upload<'a, F> {
    /// Where to: `https://…` or `http://…`.
    pub url: &'a str,
    /// Headers, spelled as they are to be sent.
    pub headers: &'a [(&'a str, &'a str)],
    /// The name that the file has in the form.
    pub file_name: &'a str,
    /// The file.
    pub file: F,
    /// How many bytes of it there are.
    pub length: u64,
}

/// A file to send as the whole body of a PUT.
pub struct Put<'a, F> {
    /// Where to: `https://…` or `http://…`.
    pub url: &'a str,
    /// Headers, spelled as they are to be sent.
    pub headers: &'a [(&'a str, &'a str)],
    /// The file.
    pub file: F,
    /// How many bytes of it there are.
    pub length: u64,
}

/// What the other side says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The HTTP status.
    pub status: u16,
    /// The headers, a line each.
    pub head: String,
    /// The body, or its beginning, as text.
    pub text: String,
}

impl Uploaded {
    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

/// Sends the file in a form, and tells `progress` how many bytes of it have gone. Holds no more
/// than a piece of it in memory.
pub async fn upload<F: Read>(
    settings: &TransportSettings,
    upload: Upload<'_, F>,
    progress: impl FnMut(u64),
    deadline: Deadline,
) -> Result<Uploaded, SendError> {
    let Upload { url, headers, file_name, file, length } = upload;
    let boundary = format!("cpi-{:032x}", fastrand::u128(..));
    let before = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let body = Body { before, file, length, after: format!("\r\n--{boundary}--\r\n") };
    let kind = format!("multipart/form-data; boundary={boundary}");
    let request = Request { method: "POST", url, kind: &kind, headers };
    exchange(settings, request, body, progress, deadline).await
}

/// Sends the file as it is, and tells `progress` how many bytes of it have gone. Holds no more
/// than a piece of it in memory.
pub async fn put<F: Read>(
    settings: &TransportSettings,
    put: Put<'_, F>,
    progress: impl FnMut(u64),
    deadline: Deadline,
) -> Result<Uploaded, SendError> {
    let Put { url, headers, file, length } = put;
    let body = Body { before: String::new(), file, length, after: String::new() };
    let request = Request { method: "PUT", url, kind: "application/octet-stream", headers };
    exchange(settings, request, body, progress, deadline).await
}

/// What the request says before its body.
struct Request<'a> {
    method: &'a str,
    url: &'a str,
    /// The body's type.
    kind: &'a str,
    headers: &'a [(&'a str, &'a str)],
}

/// The file, and what stands around it.
struct Body<F> {
    before: String,
    file: F,
    length: u64,
    after: String,
}

async fn exchange<F: Read>(
    settings: &TransportSettings,
    request: Request<'_>,
    body: Body<F>,
    progress: impl FnMut(u64),
    deadline: Deadline,
) -> Result<Uploaded, SendError> {
    let exchange = async {
        let target = Target::of(request.url)?;
        let connection = dial::connect(settings, &target).await?;
        let head = head(&request, &target, &connection, &body);
        let (reader, writer) = tokio::io::split(connection.stream);
        tokio::select! {
            biased;
            answer = read_answer(reader) => answer,
            failure = send(writer, head, body, progress) => Err(failure),
        }
    };
    match tokio::time::timeout(deadline.left(), exchange).await {
        Ok(answer) => answer,
        Err(_) => Err(SendError::TimedOut),
    }
}

fn head<F>(
    request: &Request<'_>,
    target: &Target,
    connection: &Connection,
    body: &Body<F>,
) -> String {
    let line = if connection.proxied { request.url } else { &target.path };
    let mut head = format!(
        "{} {line} HTTP/1.1\r\nHost: {}\r\nUser-Agent: bosh-cpi/{}\r\nAccept: */*\r\n\
         Connection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
        request.method,
        target.authority,
        env!("CARGO_PKG_VERSION"),
        request.kind,
        (body.before.len() + body.after.len()) as u64 + body.length,
    );
    let authorization = connection.authorization.as_deref();
    let authorization = authorization.map(|value| ("Proxy-Authorization", value));
    for (name, value) in request.headers.iter().copied().chain(authorization) {
        // Writing to a text does not fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    head
}

/// Sends all of it, then waits for ever: the answer ends the exchange. Comes back with what went
/// wrong only.
async fn send<F: Read>(
    mut writer: WriteHalf<Stream>,
    head: String,
    body: Body<F>,
    progress: impl FnMut(u64),
) -> SendError {
    let sent = async {
        let Body { before, file, length, after } = body;
        writer.write_all(head.as_bytes()).await.map_err(lost)?;
        writer.write_all(before.as_bytes()).await.map_err(lost)?;
        send_file(&mut writer, file, length, progress).await?;
        writer.write_all(after.as_bytes()).await.map_err(lost)?;
        writer.flush().await.map_err(lost)
    };
    match sent.await {
        Ok(()) => std::future::pending().await,
        // Whoever refuses a file often says why and closes, without having read it all.
        Err(error @ SendError::MaybeSent(_)) => {
            tokio::time::sleep(REASON).await;
            error
        }
        Err(error) => error,
    }
}

async fn send_file<F: Read>(
    writer: &mut WriteHalf<Stream>,
    file: F,
    length: u64,
    mut progress: impl FnMut(u64),
) -> Result<(), SendError> {
    let (mut source, mut done) = (file.take(length), 0);
    let file = |why: &dyn std::fmt::Display| SendError::Setup(format!("the file: {why}"));
    let mut piece = vec![0; PIECE];
    loop {
        let read = source.read(&mut piece).map_err(|e| file(&e))?;
        if read == 0 {
            break;
        }
        writer.write_all(&piece[..read]).await.map_err(lost)?;
        done += read as u64;
        progress(done);
    }
    if done == length {
        return Ok(());
    }
    let missing = length - done;
    Err(file(&format!("it became {missing} bytes shorter while it was sent")))
}

fn lost(error: io::Error) -> SendError {
    SendError::MaybeSent(error.to_string())
}

async fn read_answer(mut reader: ReadHalf<Stream>) -> Result<Uploaded, SendError> {
    let mut held = Vec::new();
    loop {
        if let Some(answer) = whole(&held) {
            return Ok(answer);
        }
        let ended = match reader.read_buf(&mut held).await {
            Ok(read) => read == 0,
            // Many servers close a TLS connection without saying so.
            Err(error) if !held.is_empty() && is_end(&error) => true,
            Err(error) => return Err(lost(error)),
        };
        if ended || held.len() > LONGEST_ANSWER {
            return parse(&held).ok_or_else(|| SendError::MaybeSent("no answer".into()));
        }
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

/// The answer, if all that it promises is there. A `100 Continue` is none.
fn whole(held: &[u8]) -> Option<Uploaded> {
    let (head, body) = split(held)?;
    let length: usize = header(&head, "content-length")?.parse().ok()?;
    if body.len() < length { None } else { parse(held) }
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim())
    })
}

fn parse(held: &[u8]) -> Option<Uploaded> {
    let (head, body) = split(held)?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Uploaded { status, text: String::from_utf8_lossy(body).trim().to_owned(), head })
}

fn split(held: &[u8]) -> Option<(String, &[u8])> {
    let end = held.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&held[..end]).into_owned(), &held[end + 4..]))
}
