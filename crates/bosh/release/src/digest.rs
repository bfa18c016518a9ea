//! Digests as BOSH writes them: bare for SHA-1, `sha256:…`, `sha512:…`, several with `;` between.
//!
//! Source: bosh-utils `crypto/multiple_digest.go`.

use crate::ReleaseError;
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

/// Digests of one content. Of several the strongest is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    text: String,
    strongest: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Digest {
    kind: Kind,
    hex: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Sha1,
    Sha256,
    Sha512,
}

impl FromStr for Digests {
    type Err = ReleaseError;

    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let invalid = || ReleaseError::InvalidDigest(text.to_owned());
        let digests = text.split(';').map(|part| Digest::read(part.trim()).ok_or_else(invalid));
        let digests = digests.collect::<Result<Vec<_>, _>>()?;
        let strongest = digests.into_iter().max_by_key(|digest| digest.kind);
        Ok(Self { text: text.to_owned(), strongest: strongest.ok_or_else(invalid)? })
    }
}

impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Digests {
    /// Compares them with all that comes out of `source`; `what` names it in the error.
    ///
    /// # Errors
    /// `WrongDigest`; `Archive` if it cannot be read.
    pub fn verify(&self, what: &str, source: impl Read) -> Result<(), ReleaseError> {
        let actual = self.strongest.kind.of(source).map_err(ReleaseError::archive(what))?;
        if actual == self.strongest.hex {
            return Ok(());
        }
        Err(ReleaseError::WrongDigest {
            what: what.to_owned(),
            expected: self.strongest.to_string(),
            actual: Digest { kind: self.strongest.kind, hex: actual }.to_string(),
        })
    }

    /// Compares them with a file.
    ///
    /// # Errors
    /// `WrongDigest`; `File` if it cannot be read.
    pub fn verify_file(&self, path: &Path) -> Result<(), ReleaseError> {
        let file = File::open(path).map_err(ReleaseError::file(path))?;
        self.verify(&path.display().to_string(), file)
    }
}

impl Digest {
    fn read(text: &str) -> Option<Self> {
        let (kind, hex) = match text.split_once(':') {
            None | Some(("sha1", _)) => (Kind::Sha1, text.trim_start_matches("sha1:")),
            Some(("sha256", hex)) => (Kind::Sha256, hex),
            Some(("sha512", hex)) => (Kind::Sha512, hex),
            Some(_) => return None,
        };
        let whole = hex.len() == kind.digits() && hex.bytes().all(|b| b.is_ascii_hexdigit());
        whole.then(|| Self { kind, hex: hex.to_ascii_lowercase() })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            Kind::Sha1 => "",
            Kind::Sha256 => "sha256:",
            Kind::Sha512 => "sha512:",
        };
        write!(f, "{name}{}", self.hex)
    }
}

impl Kind {
    fn digits(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    fn of(self, source: impl Read) -> io::Result<String> {
        match self {
            Self::Sha1 => hash(Sha1::new(), source),
            Self::Sha256 => hash(Sha256::new(), source),
            Self::Sha512 => hash(Sha512::new(), source),
        }
    }
}

fn hash<D: sha1::Digest>(mut hash: D, mut source: impl Read) -> io::Result<String> {
    let mut piece = vec![0; 64 << 10];
    loop {
        match source.read(&mut piece)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&piece[..read]),
        }
    }
}

/// The digest of a file as we write it: `sha256:` and 64 digits.
///
/// # Errors
/// `File`.
pub fn sha256_of(path: &Path) -> Result<String, ReleaseError> {
    let file = File::open(path).map_err(ReleaseError::file(path))?;
    let hex = Kind::Sha256.of(file).map_err(ReleaseError::file(path))?;
    Ok(format!("sha256:{hex}"))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";
    const SHA256: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    /// Of several digests the strongest decides, whatever their order.
    #[test]
    fn the_strongest_digest_is_verified() {
        for good in [SHA1, SHA256, &format!("sha1:{SHA1}"), &format!("{SHA256};{SHA1}")] {
            good.parse::<Digests>().unwrap().verify("abc", &b"abc"[..]).unwrap();
        }
        let zeros = "0".repeat(40);
        let digests: Digests = format!("{zeros};{SHA256}").parse().unwrap();
        digests.verify("abc", &b"abc"[..]).unwrap();
        let error = digests.verify("abd", &b"abd"[..]).unwrap_err().to_string();
        assert!(
            error.starts_with("abd has the digest sha256:") && error.contains(SHA256),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_a_digest_is_refused() {
        for bad in ["", "abc", "md5:abc", "sha256:abc", &format!("{SHA1};"), &"g".repeat(40)] {
            let error = bad.parse::<Digests>().unwrap_err().to_string();
            assert!(error.contains("invalid digest"), "{bad}: {error}");
        }
    }
}
