//! A file as the body of an answer: a piece at a time, read when the other side takes it.

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;

const PIECE: u64 = 256 << 10;

/// A part of a file.
pub struct FileBody {
    state: State,
    left: u64,
    name: String,
}

enum State {
    Idle(File),
    /// Files are read where waiting for a disk stops nobody else.
    Reading(JoinHandle<(File, io::Result<Bytes>)>),
    Broken,
}

impl FileBody {
    pub fn new(mut file: File, part: Range<u64>, name: &str) -> io::Result<Self> {
        file.seek(SeekFrom::Start(part.start))?;
        let left = part.end - part.start;
        Ok(Self { state: State::Idle(file), left, name: name.to_owned() })
    }
}

fn read(mut file: File, most: u64) -> (File, io::Result<Bytes>) {
    let mut piece = Vec::new();
    let read = (&mut file).take(most).read_to_end(&mut piece);
    let read = read.and_then(|count| match count {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(piece.into()),
    });
    (file, read)
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            match std::mem::replace(&mut self.state, State::Broken) {
                State::Idle(file) => {
                    let most = self.left.min(PIECE);
                    self.state =
                        State::Reading(tokio::task::spawn_blocking(move || read(file, most)));
                }
                State::Reading(mut reading) => {
                    let Poll::Ready(done) = Pin::new(&mut reading).poll(context) else {
                        self.state = State::Reading(reading);
                        return Poll::Pending;
                    };
                    let (file, piece) = done.map_err(io::Error::other)?;
                    let piece = piece?;
                    self.left -= piece.len() as u64;
                    self.state = State::Idle(file);
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
                State::Broken => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Whoever looks for the reason of a failed template wants to know how far it came.
impl Drop for FileBody {
    fn drop(&mut self) {
        if self.left > 0 {
            tracing::warn!(
                "{}: the reader went away, {} bytes before the end",
                self.name,
                self.left
            );
        }
    }
}
