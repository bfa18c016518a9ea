//! A file of a web server, to a file of this machine, in a stream.

use crate::{Digests, ReleaseError, source::Progress};
use reqwest::Url;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;
use tempfile::NamedTempFile;

/// How often in all, and how long between.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(500);
/// How long a server may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// Downloads into a new file in `folder`, which is gone unless it is persisted.
pub fn download(
    url: &str,
    digests: &Digests,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<NamedTempFile, ReleaseError> {
    let parsed = Url::parse(url).map_err(|_| ReleaseError::InvalidUrl(shown(url)))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(ReleaseError::file(folder))?;
    let mut tried = 1;
    loop {
        let mut file = NamedTempFile::new_in(folder).map_err(ReleaseError::file(folder))?;
        let attempt = runtime.block_on(once(&parsed, file.as_file_mut(), progress));
        let failure = match attempt {
            Ok(()) => {
                let read = file.reopen().map_err(ReleaseError::file(folder))?;
                digests.verify(&shown(url), read)?;
                return Ok(file);
            }
            Err(failure) => failure,
        };
        if !failure.may_heal || tried == TRIES {
            return Err(ReleaseError::Download { url: shown(url), reason: failure.reason });
        }
        tried += 1;
        std::thread::sleep(PAUSE);
    }
}

struct Failure {
    reason: String,
    /// Whether another try may succeed.
    may_heal: bool,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut reason = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        Self { reason, may_heal: true }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { reason: format!("cannot be written: {error}"), may_heal: false }
    }
}

async fn once(url: &Url, file: &mut std::fs::File, progress: Progress<'_>) -> Result<(), Failure> {
    let client = reqwest::Client::builder().read_timeout(SILENCE).connect_timeout(SILENCE);
    let mut response = client.build()?.get(url.clone()).send().await?;
    let status = response.status();
    if !status.is_success() {
        let may_heal = status.is_server_error();
        return Err(Failure { reason: format!("the server answers {status}"), may_heal });
    }
    let length = response.content_length();
    let mut done = 0;
    while let Some(piece) = response.chunk().await? {
        file.write_all(&piece)?;
        done += piece.len() as u64;
        progress(done, length);
    }
    match length {
        Some(length) if length != done => {
            let reason = format!("the connection ended after {done} of {length} bytes");
            Err(Failure { reason, may_heal: true })
        }
        _ => Ok(file.flush()?),
    }
}

/// A URL without user and password.
fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "the URL".to_owned() };
    // Both fail only for URLs that can have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}
