//! Connections that a fault can cut.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const WHOLE: u64 = u64::MAX;

/// How much may still be written on a connection.
#[derive(Debug, Clone)]
pub struct ConnectionCut(Arc<AtomicU64>);

impl ConnectionCut {
    fn whole() -> Self {
        Self(Arc::new(AtomicU64::new(WHOLE)))
    }

    /// Nothing more is written: the peer sees the connection close.
    pub fn cut(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    /// Some of the answer is written: its headers, and half of `body` where it is long.
    pub fn cut_after_half_of(&self, body: &str) {
        self.0.store(HEADERS + body.len() as u64 / 2, Ordering::SeqCst);
    }

    /// So many bytes of `wanted` may be written now; 0 once the wire is cut.
    fn allowed(&self, wanted: usize) -> usize {
        usize::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(usize::MAX).min(wanted)
    }

    fn written(&self, bytes: usize) {
        if self.0.load(Ordering::SeqCst) != WHOLE {
            self.0.fetch_sub(bytes as u64, Ordering::SeqCst);
        }
    }
}

/// What our answers' headers come to, at the least.
const HEADERS: u64 = 100;

/// A listener whose connections can be cut.
#[derive(Debug)]
pub struct CuttableListener(pub TcpListener);

/// A connection that can be cut.
#[derive(Debug)]
pub struct CuttableStream {
    stream: TcpStream,
    wire: ConnectionCut,
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CuttableStream, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for acknowledgements.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no delay");
        }
        (CuttableStream { stream, wire: ConnectionCut::whole() }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for ConnectionCut {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().wire.clone()
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let allowed = self.wire.allowed(bytes.len());
        if allowed == 0 && !bytes.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[..allowed]))?;
        self.wire.written(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
