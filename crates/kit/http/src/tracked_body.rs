//! A request body that tells whether it was ever read.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

/// A body, and a flag that is raised when the connection takes it. While it is down no byte of
/// the body has left, so that the cloud cannot have acted on the request. A request without a body
/// is complete with its head: for it the flag is raised when the connection asks, right before it
/// writes the head, whether there is one.
pub(crate) struct TrackedBody {
    bytes: Bytes,
    empty: bool,
    taken: Arc<AtomicBool>,
}

/// Tells whether a [`TrackedBody`] body was taken.
pub(crate) struct Watch(Arc<AtomicBool>);

impl TrackedBody {
    pub(crate) fn new(bytes: Bytes) -> (Self, Watch) {
        let taken = Arc::new(AtomicBool::new(false));
        (Self { empty: bytes.is_empty(), bytes, taken: taken.clone() }, Watch(taken))
    }
}

impl Watch {
    pub(crate) fn may_have_left(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.store(true, Relaxed);
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        if self.empty {
            self.taken.store(true, Relaxed);
        }
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}
