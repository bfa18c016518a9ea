//! An upload: one POST, read by hand, as no HTTP library tells how a header was spelled.

use super::UPLOAD;
use super::image::{Look, Seen};
use super::multipart::Form;
use crate::Shared;
use crate::engine::fault::{self, Struck};
use crate::state::CopyState;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const LONGEST_HEAD: usize = 64 << 10;

/// A status and what is said with it.
type Said = (u16, String);

/// The first lines of a request.
struct Head {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    exact: bool,
}

impl Head {
    fn read(text: &str, exact: bool) -> Option<Self> {
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        Some(Self { method, path, headers, exact })
    }

    fn get(&self, wanted: &str) -> Option<&str> {
        let is = |name: &str| name.eq_ignore_ascii_case(wanted);
        self.headers.iter().find(|(name, _)| is(name)).map(|(_, value)| value.as_str())
    }

    /// Older storage VMs know these headers in one spelling only.
    fn get_as_spelled(&self, wanted: &str) -> Option<&str> {
        let is = |name: &str| !self.exact || name == wanted;
        self.get(wanted).filter(|_| self.headers.iter().any(|(name, _)| is(name)))
    }
}

/// Serves one request and closes the connection.
pub async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: Shared) {
    let Some((head, rest)) = read_head(&mut stream, &shared).await else { return };
    let number = shared.log_upload(&head.path);
    let said = match fault::strike(&shared, UPLOAD).await {
        Struck::No => take(&mut stream, &shared, &head, rest).await,
        Struck::Before(said) => said,
        Struck::After(after) => {
            take(&mut stream, &shared, &head, rest).await;
            after.happen().await
        }
    };
    let Some((status, text)) = said else { return };
    shared.log_upload_end(number, status, &text);
    let reason = if status == 200 { "OK" } else { "Bad Request" };
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{text}",
        text.len()
    );
    if let Err(error) = stream.write_all(answer.as_bytes()).await {
        tracing::debug!(%error, "nobody reads the answer to an upload");
    }
    // Or the answer is lost with what was not read.
    drop(stream.shutdown().await);
    let mut sink = vec![0; 64 << 10];
    let drain = async { while matches!(stream.read(&mut sink).await, Ok(read) if read > 0) {} };
    drop(tokio::time::timeout(Duration::from_secs(2), drain).await);
}

async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
    shared: &Shared,
) -> Option<(Head, Vec<u8>)> {
    let mut held = Vec::new();
    loop {
        if let Some(end) = held.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&held[..end]).into_owned();
            let exact = shared.cloud().world.secondary_storage.exact_headers;
            return Some((Head::read(&text, exact)?, held.split_off(end + 4)));
        }
        if held.len() > LONGEST_HEAD || stream.read_buf(&mut held).await.ok()? == 0 {
            return None;
        }
    }
}

/// Takes an upload; None where its sender went away.
async fn take(
    stream: &mut (impl AsyncRead + Unpin),
    shared: &Shared,
    head: &Head,
    rest: Vec<u8>,
) -> Option<Said> {
    let (id, length, mut form) = match admit(shared, head) {
        Ok(admitted) => admitted,
        Err(refused) => return Some(refused),
    };
    let mut look = Look::default();
    let mut left = length.saturating_sub(rest.len() as u64);
    form.take(&rest, |bytes| look.take(bytes));
    let mut buffer = vec![0; 256 << 10];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        match stream.read(&mut buffer[..most]).await {
            Ok(read) if read > 0 => {
                left -= read as u64;
                form.take(&buffer[..read], |bytes| look.take(bytes));
            }
            _ => {
                shared.cloud().upload_ends(&id, Err("UploadError".into()));
                return None;
            }
        }
    }
    Some(judge(shared, &id, &form, look.end()).await)
}

/// Checks an upload before its body: the template, how long it is, and its form.
fn admit(shared: &Shared, head: &Head) -> Result<(String, u64, Form), Said> {
    let refuse = |text: &str| Err((400, text.to_owned()));
    let mut cloud = shared.cloud();
    cloud.settle();
    if head.method != "POST" {
        return refuse("only post requests are allowed");
    }
    let signed = ["X-signature", "X-metadata", "X-expires"].map(|name| head.get_as_spelled(name));
    let [Some(signature), Some(metadata), Some(expires)] = signed else {
        return refuse("signature, metadata and expires are compulsory fields.");
    };
    let length = head.get("content-length").and_then(|text| text.parse::<u64>().ok());
    let Some(length) = length.filter(|length| *length > 0) else {
        return refuse("content length is not set in the request or has invalid value.");
    };
    let url = format!("https://{}{}", head.get("host").unwrap_or_default(), head.path);
    if signature != STANDARD.encode(cloud.sign_upload(metadata, &url, expires)) {
        return refuse("signature validation failed.");
    }
    if expires.parse::<jiff::Timestamp>().map_or(true, |at| at < cloud.now()) {
        return refuse("request not valid anymore.");
    }
    let id = head.path.rsplit('/').next().unwrap_or_default().to_owned();
    let Some(upload) = cloud.uploads.get_mut(&id).filter(|upload| !upload.used) else {
        return refuse("The one time post url is already used or is not valid.");
    };
    upload.used = true;
    let largest = cloud.world.secondary_storage.largest_upload;
    if length > largest {
        cloud.upload_ends(&id, Err("UploadError".into()));
        return refuse(&format!("Maximum file upload size is {largest} bytes."));
    }
    let form = Form::of(head.get("content-type").unwrap_or_default());
    let Some(form) = form else { return Err((422, "received entity is not a file".into())) };
    cloud.set_copies(&id, &CopyState::UploadInProgress);
    Ok((id, length, form))
}

async fn judge(shared: &Shared, id: &str, form: &Form, seen: Seen) -> Said {
    let fault = {
        let cloud = shared.cloud();
        let Some(template) = cloud.templates.get(id) else {
            return (400, "the template was deleted".into());
        };
        let extension =
            super::download::fits(&template.format, form.file_name().unwrap_or("")).err();
        let content = || seen.fault(&template.format, template.checksum.as_deref());
        if !form.is_whole() || form.file_name().is_none() {
            Some((422, "received entity is not a file".to_owned()))
        } else {
            extension.or_else(content).map(|text| (400, text))
        }
    };
    if let Some((status, text)) = fault {
        shared.cloud().upload_ends(id, Err(text.clone()));
        return (status, text);
    }
    // The management server asks the storage VM now and then how far it is.
    let lag = shared.cloud().world.secondary_storage.upload_monitoring_ms;
    let (shared, id) = (shared.clone(), id.to_owned());
    let end = move || shared.cloud().upload_ends(&id, Ok(seen));
    if lag == 0 {
        end();
    } else {
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(lag)).await;
            end();
        });
    }
    (200, "upload successful.".into())
}
