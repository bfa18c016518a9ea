//! Signatures: HMAC-SHA1 over the sorted, encoded, lower-cased parameters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_http::{Secret, reveal};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;

/// What Java's `URLEncoder` leaves alone; the cloud encodes values so before it compares.
const LITERAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'*').remove(b'_');

/// The signature of a request. `pairs` are all its parameters but the signature, sorted by
/// name (upper case before lower, as Java sorts).
pub fn sign<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>, secret: &Secret) -> String {
    signature(&canonical(pairs), secret)
}

/// The text that is signed: names as they are, values encoded, everything in lower case.
pub fn canonical<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.extend(encoded(value));
    }
    text.to_lowercase()
}

/// A name or value as it stands in a form body.
pub fn encoded(text: &str) -> impl Iterator<Item = &str> {
    utf8_percent_encode(text, LITERAL)
}

fn signature(canonical: &str, secret: &Secret) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(reveal(secret).as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(canonical.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_golden_vector() {
        let canonical = "apikey=mykey&command=listzones&response=json";
        assert_eq!(signature(canonical, &"secret".into()), "+RhRsn53emUFXyRvjvgWJfNmUOA=");
    }

    /// Java's encoding (`~` encoded, `*` not, a blank as `%20`), sub-key case and `expires`.
    #[test]
    fn the_golden_vector_with_every_kind_of_character() {
        let pairs = [
            ("apikey", "aKey-1_x"),
            ("command", "deployVirtualMachine"),
            ("details[0].cpuNumber", "2"),
            ("displayname", "a b*c~d+e/é"),
            ("expires", "2030-01-02T03:04:05+0000"),
            ("response", "json"),
            ("signatureversion", "3"),
        ];
        assert_eq!(
            canonical(pairs),
            "apikey=akey-1_x&command=deployvirtualmachine&details[0].cpunumber=2\
             &displayname=a%20b*c%7ed%2be%2f%c3%a9&expires=2030-01-02t03%3a04%3a05%2b0000\
             &response=json&signatureversion=3"
        );
        assert_eq!(sign(pairs, &"SecretKey".into()), "vv1F7uOh0kQP7SH7QVyE3L1PcEY=");
    }
}
