//! Compressed streams: recognised by their first bytes, read with bounded memory.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use serde::Serialize;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// RFC 1952, one or more members.
    Gzip,
    /// bzip2, one or more streams.
    Bzip2,
    /// xz, one or more streams.
    Xz,
    /// Zstandard, one or more frames.
    Zstd,
}

/// Decoders that want more memory than this for their window are refused (an xz header can ask
/// for 4 GiB); `xz -9` takes 65 MiB, and `zstd --long` 128 MiB.
const WINDOW_LIMIT: u64 = 130 << 20;
/// No format needs more of a stream to be recognised.
const HEAD: u64 = 16;

impl Compression {
    /// From the first bytes of a stream.
    pub fn recognise(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => {
                Some(Self::Bzip2)
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// What comes out of `source`.
    pub(crate) fn reader<'a>(self, source: impl Read + 'a) -> Box<dyn Read + 'a> {
        let source = BufReader::with_capacity(64 << 10, source);
        match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(source)),
            Self::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(
                source,
                true,
                (WINDOW_LIMIT >> 10) as u32,
            )),
            Self::Zstd => Box::new(Frames::new(source)),
        }
    }
}

/// What comes out of a stream, however it is compressed; one that is not comes out as it is.
///
/// # Errors
/// Those of reading its beginning.
pub fn decompress<'a>(mut source: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut head = Vec::new();
    source.by_ref().take(HEAD).read_to_end(&mut head)?;
    let compression = Compression::recognise(&head);
    let whole = io::Cursor::new(head).chain(source);
    Ok(match compression {
        Some(compression) => compression.reader(whole),
        None => Box::new(whole),
    })
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        })
    }
}

/// All frames of a Zstandard stream, one after the other: parallel compressors write many.
struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    /// Whether `decoder` is inside a frame.
    within: bool,
}

impl<R: BufRead> Frames<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW_LIMIT);
        Self { source, decoder, within: false }
    }

    /// Enters the next frame with data in it; false at the end of the stream.
    fn enter(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => {
                    self.within = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(u64::from(length))?,
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
        if skipped < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn leave(&mut self) -> io::Result<()> {
        self.within = false;
        let promised = self.decoder.get_checksum_from_data();
        if promised.is_some() && promised != self.decoder.get_calculated_checksum() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the checksum of a frame does not fit its content",
            ));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.within && !self.enter()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, one).map_err(io::Error::other)?;
            }
            match self.decoder.read(buffer)? {
                0 => self.leave()?,
                count => return Ok(count),
            }
        }
    }
}
