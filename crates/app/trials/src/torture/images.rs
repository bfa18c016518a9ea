//! A disk image, and a host from which the cloud fetches it.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An HTTP server on a loopback port, which has [`disk`] under every path.
pub struct Images {
    /// Where it listens.
    pub port: u16,
    over: Arc<AtomicBool>,
}

impl Images {
    /// The name under which the cloud knows it.
    pub const HOST: &str = "images.example";

    /// Serves until it is dropped.
    pub fn serve() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                std::thread::spawn(move || answer(stream));
            }
        });
        Ok(Self { port, over })
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the listener, which sees it then.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

/// Who connects and asks for nothing only looks whether anybody is there.
fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let body = disk();
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")?;
    stream.write_all(&body)
}

/// A small disk that looks like one: a boot sector, and something on it.
pub fn disk() -> Vec<u8> {
    let mut bytes = vec![0; 300 << 10];
    bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
    for (at, byte) in bytes[64 << 10..].iter_mut().enumerate() {
        *byte = (at * 31 % 251) as u8;
    }
    bytes
}
