//! Who may publish.

use crate::links::KEY_LENGTH;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_http::{Secret, reveal};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io;

/// The only user.
pub struct User {
    /// Of this process only.
    key: [u8; KEY_LENGTH],
    /// Of user and password, under that key: comparing MACs tells neither length nor beginning.
    mac: Vec<u8>,
}

impl User {
    pub fn new(name: &str, password: &Secret) -> io::Result<Self> {
        let key = crate::links::fresh()?;
        let pair = format!("{name}:{}", reveal(password));
        let mac = mac(&key, pair.as_bytes()).finalize().into_bytes().to_vec();
        Ok(Self { key, mac })
    }

    /// Whether the request is theirs.
    pub fn asks(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, pair)) = given.and_then(|given| given.split_once(' ')) else {
            return false;
        };
        let Ok(pair) = STANDARD.decode(pair.trim()) else { return false };
        scheme.eq_ignore_ascii_case("basic")
            && mac(&self.key, &pair).verify_slice(&self.mac).is_ok()
    }
}

fn mac(key: &[u8; KEY_LENGTH], text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(text);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_pair_is_taken() {
        let user = User::new("bosh", &Secret::from("correct horse:battery")).unwrap();
        let asks = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, text.parse().unwrap());
            user.asks(&headers)
        };
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        assert!(asks(&basic("bosh:correct horse:battery")));
        assert!(asks(&basic("bosh:correct horse:battery").replace("Basic", "basic")));
        for wrong in [
            "bosh:",
            "bosh",
            "",
            "bosh:correct horse",
            "bosh:correct horse:battery ",
            "x:correct horse:battery",
        ] {
            assert!(!asks(&basic(wrong)), "{wrong}");
        }
        for wrong in
            ["Basic", "Basic !!", "Bearer x", &STANDARD.encode("bosh:correct horse:battery")]
        {
            assert!(!asks(wrong), "{wrong}");
        }
        assert!(!user.asks(&HeaderMap::new()));
    }
}
