//! Blobs in the agent's store, over its WebDAV.
//!
//! Source: bosh-davcli `client/client.go`; bosh-agent `mbus/https_handler.go`.

use crate::{Agent, AgentError, Failure};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Method;
use sha1::{Digest as _, Sha1};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How often a blob is sent.
const TRIES: usize = 3;
/// How much of a file is in memory at once.
const PIECE: usize = 256 << 10;

impl Agent {
    /// Puts a file into the agent's store, under a new id, which is answered.
    ///
    /// # Errors
    /// As [`Agent::ask`]; `File` if it cannot be read.
    pub fn put_blob(&self, path: &Path) -> Result<String, AgentError> {
        let exchange = self.exchange("uploading a blob");
        let unreadable = |error| exchange.failed(Failure::File(error));
        let id = uuid::Uuid::new_v4().to_string();
        let url = self.mbus.blob(&blob_path(&id));
        let mut tries = 0;
        loop {
            let file = FileBody::open(path).map_err(unreadable)?;
            let body = Some(reqwest::Body::wrap(file));
            let sent = exchange.send(Method::PUT, url.clone(), body, &[201, 204, 200]);
            tries += 1;
            match self.runtime.block_on(sent) {
                Ok(_) => return Ok(id),
                Err(error) if error.may_heal() && tries < TRIES => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes a blob of the agent's store to a file.
    ///
    /// # Errors
    /// As [`Agent::ask`]; `File` if it cannot be written.
    pub fn get_blob(&self, id: &str, mut to: impl Write) -> Result<(), AgentError> {
        let exchange = self.exchange("downloading a blob");
        let unwritable = |error| exchange.failed(Failure::File(error));
        self.runtime.block_on(async {
            let url = self.mbus.blob(&blob_path(id));
            let mut response = exchange.send(Method::GET, url, None, &[200]).await?;
            while let Some(piece) =
                response.chunk().await.map_err(|error| exchange.failed(error.into()))?
            {
                to.write_all(&piece).map_err(unwritable)?;
            }
            to.flush().map_err(unwritable)
        })
    }
}

/// The first byte of the id's digest comes before it; agents look at the last part only.
fn blob_path(id: &str) -> String {
    format!("{:02x}/{id}", Sha1::digest(id.as_bytes())[0])
}

/// A file as the body of a request.
struct FileBody {
    file: File,
    left: u64,
}

impl FileBody {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let left = file.metadata()?.len();
        Ok(Self { file, left })
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut piece = vec![0; PIECE];
        // Nothing else runs on this runtime that could wait for the disk.
        Poll::Ready(Some(match self.file.read(&mut piece) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                let read = usize::try_from(self.left).unwrap_or(usize::MAX).min(read);
                self.left -= read as u64;
                piece.truncate(read);
                Ok(Frame::data(piece.into()))
            }
            Err(error) => Err(error),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
