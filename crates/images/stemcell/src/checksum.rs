//! Checksums, computed while bytes pass.

use crate::error::{StemcellError, TooMuch};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

/// A checksum that someone promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1, in lower-case hexadecimal: what `stemcell.MF` has.
    Sha1(String),
    /// SHA-256, in lower-case hexadecimal.
    Sha256(String),
}

impl FromStr for Checksum {
    type Err = StemcellError;

    /// `<hex>`, `sha1:<hex>` or `sha256:<hex>`; BOSH writes all three.
    fn from_str(text: &str) -> Result<Self, StemcellError> {
        let (name, digits) = text.split_once(':').unwrap_or(("", text));
        let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        match (name, digits.len()) {
            ("" | "sha1", 40) if hex => Ok(Self::Sha1(digits.to_ascii_lowercase())),
            ("" | "sha256", 64) if hex => Ok(Self::Sha256(digits.to_ascii_lowercase())),
            _ => Err(StemcellError::NotAChecksum(text.to_owned())),
        }
    }
}

/// Both checksums of the same bytes, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Checksums {
    /// SHA-1.
    pub sha1: String,
    /// SHA-256.
    pub sha256: String,
}

impl Checksums {
    /// Those of everything that comes, and how many bytes that was.
    ///
    /// # Errors
    /// Those of the source.
    pub fn of(source: impl Read) -> io::Result<(u64, Self)> {
        Metered::new(source, &mut |_| {}).finish(u64::MAX)
    }

    /// Compares with what was promised of `what`.
    ///
    /// # Errors
    /// `WrongChecksum` with both values.
    pub fn verify(&self, what: &'static str, expected: &Checksum) -> Result<(), StemcellError> {
        let (algorithm, expected, actual) = match expected {
            Checksum::Sha1(hex) => ("SHA-1", hex, &self.sha1),
            Checksum::Sha256(hex) => ("SHA-256", hex, &self.sha256),
        };
        if expected == actual {
            return Ok(());
        }
        Err(StemcellError::WrongChecksum {
            algorithm,
            what,
            expected: expected.clone(),
            actual: actual.clone(),
        })
    }
}

/// Both digests of what passes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Digests {
    sha1: Sha1,
    sha256: Sha256,
}

impl Digests {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha1.update(bytes);
        self.sha256.update(bytes);
    }

    pub(crate) fn finish(self) -> Checksums {
        Checksums {
            sha1: Hex(&self.sha1.finalize()).to_string(),
            sha256: Hex(&self.sha256.finalize()).to_string(),
        }
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A reader that digests what passes, and tells how much did.
pub(crate) struct Metered<'a, R> {
    inner: R,
    digests: Digests,
    passed: u64,
    told: u64,
    tell: &'a mut dyn FnMut(u64),
}

/// Progress is told once so many bytes have passed.
const TELL_EVERY: u64 = 1 << 20;

impl<'a, R: Read> Metered<'a, R> {
    pub(crate) fn new(inner: R, tell: &'a mut dyn FnMut(u64)) -> Self {
        Self { inner, digests: Digests::default(), passed: 0, told: 0, tell }
    }

    /// Reads what is left, so that the checksums cover everything. The source may have `limit`
    /// bytes in all.
    pub(crate) fn finish(mut self, limit: u64) -> io::Result<(u64, Checksums)> {
        let left = limit.saturating_sub(self.passed);
        io::copy(&mut (&mut self).take(left.saturating_add(1)), &mut io::sink())?;
        if self.passed > limit {
            return Err(io::Error::other(TooMuch(limit)));
        }
        (self.tell)(self.passed);
        Ok((self.passed, self.digests.finish()))
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digests.update(&buffer[..count]);
        self.passed += count as u64;
        if self.passed - self.told >= TELL_EVERY {
            self.told = self.passed;
            (self.tell)(self.passed);
        }
        Ok(count)
    }
}
