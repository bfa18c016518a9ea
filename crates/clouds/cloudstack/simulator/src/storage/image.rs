//! What can be told of an image while it passes by.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

const HEAD: usize = 1024;
const TAIL: usize = 512;

/// What the first bytes of a compressed file are: gzip, bzip2, zip.
const COMPRESSED: &[&[u8]] = &[&[0x1f, 0x8b], b"BZh", b"PK\x03\x04"];

const QCOW2: &[u8] = b"QFI\xfb";
const VHD: &[u8] = b"conectix";

/// The checksums of a file, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// MD5.
    pub md5: String,
    /// SHA-1.
    pub sha1: String,
    /// SHA-256.
    pub sha256: String,
}

/// A file that has passed by.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its length.
    pub bytes: u64,
    /// Its sums.
    pub sums: Sums,
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// Looks at a file that comes in pieces.
#[derive(Default)]
pub struct Look {
    bytes: u64,
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Look {
    /// The next piece.
    pub fn take(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        self.md5.update(piece);
        self.sha1.update(piece);
        self.sha256.update(piece);
        let wanted = HEAD.saturating_sub(self.head.len()).min(piece.len());
        self.head.extend_from_slice(&piece[..wanted]);
        self.tail.extend_from_slice(&piece[piece.len().saturating_sub(TAIL)..]);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
    }

    /// That was all.
    pub fn end(self) -> Seen {
        let sums = Sums {
            md5: hex(&self.md5.finalize()),
            sha1: hex(&self.sha1.finalize()),
            sha256: hex(&self.sha256.finalize()),
        };
        Seen { bytes: self.bytes, sums, head: self.head, tail: self.tail }
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Seen {
    /// Why CloudStack would not make a template of that format of it.
    pub fn fault(&self, format: &str, checksum: Option<&str>) -> Option<String> {
        if let Some(wanted) = checksum.filter(|wanted| !self.has_sum(wanted)) {
            return Some(format!("Failed to install: checksum mismatch, {wanted} was expected"));
        }
        let fits = self.is_compressed() || self.is(format);
        (!fits).then(|| {
            "Failed to install: mismatch between selected format and template content".to_owned()
        })
    }

    /// The size of the disk that it holds; of a compressed one its own length.
    pub fn virtual_size(&self) -> u64 {
        let number = |bytes: Option<&[u8]>| {
            bytes.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)))
        };
        let told = if self.head.starts_with(QCOW2) {
            number(self.head.get(24..32))
        } else if self.head.starts_with(VHD) {
            number(self.head.get(48..56))
        } else {
            None
        };
        told.unwrap_or(self.bytes)
    }

    fn is_compressed(&self) -> bool {
        COMPRESSED.iter().any(|magic| self.head.starts_with(magic))
    }

    fn is(&self, format: &str) -> bool {
        let tar = self.head.get(257..262) == Some(b"ustar");
        match format {
            "QCOW2" => self.head.starts_with(QCOW2),
            "VHD" => self.head.starts_with(VHD) || self.tail.starts_with(VHD),
            "VHDX" => self.head.starts_with(b"vhdxfile"),
            "OVA" => tar,
            "VMDK" => self.head.starts_with(b"KDMV"),
            // Whatever is a whole number of sectors, and nothing else.
            _ => {
                let other = self.head.starts_with(QCOW2) || self.head.starts_with(VHD) || tar;
                self.bytes > 0 && self.bytes.is_multiple_of(512) && !other
            }
        }
    }

    /// `{SHA-256}…`, `{SHA-1}…`, `{MD5}…`; a bare one is an MD5.
    fn has_sum(&self, wanted: &str) -> bool {
        let (kind, sum) = match wanted.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((kind, sum)) => (kind, sum),
            None => ("MD5", wanted),
        };
        let own = match kind {
            "SHA-256" => &self.sums.sha256,
            "SHA-1" => &self.sums.sha1,
            "MD5" => &self.sums.md5,
            _ => return false,
        };
        own.eq_ignore_ascii_case(sum)
    }
}
