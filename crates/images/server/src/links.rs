//! Links: who has one may read one file until it expires.
//!
//! `/get/EXPIRY-MAC/NAME`, the MAC over expiry and name under a key that only this folder has.
//! Nothing is written down for a link, so that a restart changes nothing; a file that is removed
//! takes its links with it.

use crate::settings::ServeError;
use hmac::{Hmac, KeyInit, Mac};
use rustls::crypto::aws_lc_rs;
use sha2::Sha256;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

const KEY_FILE: &str = ".key";
/// A block of the hash.
pub const KEY_LENGTH: usize = 64;

/// Makes and checks links.
pub struct Links {
    key: [u8; KEY_LENGTH],
}

/// Whether a link may be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkCheck {
    /// It may.
    Valid,
    /// It was valid once.
    Expired,
    /// It was never made, or for another file.
    Invalid,
}

impl Links {
    /// With the folder's key, which is made if there is none.
    pub fn of(folder: &Path) -> Result<Self, ServeError> {
        let path = folder.join(KEY_FILE);
        let failed = |reason| ServeError::Folder { path: path.clone(), reason };
        match fs::read(&path) {
            Ok(bytes) => match bytes.try_into() {
                Ok(key) => Ok(Self { key }),
                Err(_) => Err(failed(io::Error::other(
                    "invalid key; delete it to make a new one, which ends all links",
                ))),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = fresh().map_err(failed)?;
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
                file.and_then(|mut file| file.write_all(&key)).map_err(failed)?;
                Ok(Self { key })
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// The path of a link, and when it expires, in seconds since 1970.
    pub fn make(&self, name: &str, now: u64, lifetime: Duration) -> (String, u64) {
        let expires = now.saturating_add(lifetime.as_secs());
        let mac = self.mac(name, expires).finalize().into_bytes();
        let mac: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        (format!("/get/{expires}-{mac}/{name}"), expires)
    }

    /// Checks the token for a file of this name. Takes the same time for every invalid one.
    pub fn check(&self, token: &str, name: &str, now: u64) -> LinkCheck {
        let Some((expires, mac)) = token.split_once('-') else { return LinkCheck::Invalid };
        let (Ok(expires), Some(mac)) = (expires.parse(), bytes(mac)) else {
            return LinkCheck::Invalid;
        };
        match self.mac(name, expires).verify_slice(&mac) {
            Ok(()) if now < expires => LinkCheck::Valid,
            Ok(()) => LinkCheck::Expired,
            Err(_) => LinkCheck::Invalid,
        }
    }

    fn mac(&self, name: &str, expires: u64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(format!("{expires}\n{name}").as_bytes());
        mac
    }
}

/// A key that nobody guesses.
pub fn fresh() -> io::Result<[u8; KEY_LENGTH]> {
    let mut key = [0; KEY_LENGTH];
    let random = aws_lc_rs::default_provider().secure_random;
    random.fill(&mut key).map_err(|_| io::Error::other("no random numbers"))?;
    Ok(key)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_for_one_file_and_one_time() {
        let folder = tempfile::tempdir().unwrap();
        let links = Links::of(folder.path()).unwrap();
        let (path, expires) = links.make("a.qcow2", 1000, Duration::from_secs(60));
        assert_eq!(expires, 1060);
        let token = path.split('/').nth(2).unwrap();
        assert_eq!(links.check(token, "a.qcow2", 1059), LinkCheck::Valid);
        assert_eq!(links.check(token, "a.qcow2", 1060), LinkCheck::Expired);
        assert_eq!(links.check(token, "b.qcow2", 1000), LinkCheck::Invalid);
        let later = token.replace("1060", "9060");
        assert_eq!(links.check(&later, "a.qcow2", 1000), LinkCheck::Invalid);
        for wrong in
            ["", "-", "1060-", "1060", "x-y", &token[..20], &format!("1060-{}", "é".repeat(32))]
        {
            assert_eq!(links.check(wrong, "a.qcow2", 1000), LinkCheck::Invalid, "{wrong}");
        }
        // Another process of the same folder, and one of another folder.
        assert_eq!(
            Links::of(folder.path()).unwrap().check(token, "a.qcow2", 1000),
            LinkCheck::Valid
        );
        let other = tempfile::tempdir().unwrap();
        let other = Links::of(other.path()).unwrap();
        assert_eq!(other.check(token, "a.qcow2", 1000), LinkCheck::Invalid);
    }

    #[test]
    fn the_key_is_for_its_owner_and_a_broken_one_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Links::of(folder.path()).unwrap();
        let path = folder.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").unwrap();
        let error = Links::of(folder.path()).err().unwrap().to_string();
        assert!(error.contains(".key: invalid key"), "{error}");
    }
}
