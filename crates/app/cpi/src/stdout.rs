//! The only place that writes to standard output. For a director it is the protocol: one
//! document and nothing else.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

/// Writes `text` and a line end, at once and past every buffer.
pub fn write_line(text: &str) -> io::Result<()> {
    let mut line = String::with_capacity(text.len() + 1);
    line.push_str(text);
    line.push('\n');
    write_all(line.as_bytes())
}

/// Writes `bytes` as they are.
pub fn write_all(bytes: &[u8]) -> io::Result<()> {
    stream()?.write_all(bytes)
}

/// Standard output without a buffer, for what appears bit by bit.
pub fn stream() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}
