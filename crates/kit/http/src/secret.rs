//! Values that must not be printed.

use secrecy::{ExposeSecret, SecretString};

/// A text that `Debug` hides and that serde does not write unless a field says so.
pub type Secret = SecretString;

/// The text of a secret. Whoever calls this answers for where it goes.
pub fn reveal(secret: &Secret) -> &str {
    secret.expose_secret()
}

/// For `#[serde(serialize_with = "cloud_http::expose")]` on a field that is sent to the cloud.
pub fn expose<S: serde::Serializer>(secret: &Option<Secret>, s: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => s.serialize_str(reveal(secret)),
        None => s.serialize_none(),
    }
}
