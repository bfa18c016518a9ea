//! Sending a large file in one multipart POST.
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

/// What the other side says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The HTTP status.
    pub status: u16,
    /// The body, or its beginning, as text.
    pub text: String,
}

/// Sends the file, and tells `progress` how many bytes of it have gone. Holds no more than a
/// piece of it in memory.
pub async fn upload<F: Read>(
    settings: &TransportSettings,
    upload: Upload<'_, F>,
    progress: impl FnMut(u64),
    deadline: Deadline,
) -> Result<Uploaded, SendError> {
    let exchange = async {
        let target = Target::of(upload.url)?;
        let connection = dial::connect(settings, &target).await?;
        let boundary = format!("cpi-{:032x}", fastrand::u128(..));
        let form = Form::of(&upload, &boundary);
        let head = head(&upload, &target, &connection, &form, &boundary);
        let (reader, writer) = tokio::io::split(connection.stream);
        tokio::select! {
            biased;
            answer = read_answer(reader) => answer,
            failure = send(writer, head, form, upload, progress) => Err(failure),
        }
    };
    match tokio::time::timeout(deadline.left(), exchange).await {
        Ok(answer) => answer,
        Err(_) => Err(SendError::TimedOut),
    }
}

/// What stands around the file.
struct Form {
    before: String,
    after: String,
    length: u64,
}

impl Form {
    fn of<F>(upload: &Upload<'_, F>, boundary: &str) -> Self {
        let before = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            upload.file_name
        );
        let after = format!("\r\n--{boundary}--\r\n");
        let length = (before.len() + after.len()) as u64 + upload.length;
        Self { before, after, length }
    }
}

fn head<F>(
    upload: &Upload<'_, F>,
    target: &Target,
    connection: &Connection,
    form: &Form,
    boundary: &str,
) -> String {
    let line = if connection.proxied { upload.url } else { &target.path };
    let mut head = format!(
        "POST {line} HTTP/1.1\r\nHost: {}\r\nUser-Agent: bosh-cpi/{}\r\nAccept: */*\r\n\
         Connection: close\r\nContent-Type: multipart/form-data; boundary={boundary}\r\n\
         Content-Length: {}\r\n",
        target.authority,
        env!("CARGO_PKG_VERSION"),
        form.length,
    );
    let authorization = connection.authorization.as_deref();
    let authorization = authorization.map(|value| ("Proxy-Authorization", value));
    for (name, value) in upload.headers.iter().copied().chain(authorization) {
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
    form: Form,
    upload: Upload<'_, F>,
    progress: impl FnMut(u64),
) -> SendError {
    let sent = async {
        writer.write_all(head.as_bytes()).await.map_err(lost)?;
        writer.write_all(form.before.as_bytes()).await.map_err(lost)?;
        send_file(&mut writer, upload, progress).await?;
        writer.write_all(form.after.as_bytes()).await.map_err(lost)?;
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
    upload: Upload<'_, F>,
    mut progress: impl FnMut(u64),
) -> Result<(), SendError> {
    let file = |why: &dyn std::fmt::Display| SendError::Setup(format!("the file: {why}"));
    let (mut source, mut done) = (upload.file.take(upload.length), 0);
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
    if done == upload.length {
        return Ok(());
    }
    let missing = upload.length - done;
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
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    })?;
    if body.len() < length { None } else { parse(held) }
}

fn parse(held: &[u8]) -> Option<Uploaded> {
    let (head, body) = split(held)?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Uploaded { status, text: String::from_utf8_lossy(body).trim().to_owned() })
}

fn split(held: &[u8]) -> Option<(String, &[u8])> {
    let end = held.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&held[..end]).into_owned(), &held[end + 4..]))
}
