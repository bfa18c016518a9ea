//! The URL of a message bus.

use super::ManifestError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

/// `https://user:password@host:port`. It holds a password, so it is not shown.
#[derive(Clone)]
pub struct Mbus {
    user: String,
    password: String,
    host: String,
    port: u16,
}

impl Mbus {
    /// Reads it; the error does not quote it.
    pub fn read(text: &str, path: &str) -> Result<Self, ManifestError> {
        let parts = || {
            let (user, rest) = text.strip_prefix("https://")?.rsplit_once('@')?;
            let (user, password) = user.split_once(':')?;
            let (host, port) = rest.split('/').next()?.rsplit_once(':')?;
            let port = port.parse().ok()?;
            let [user, password, host] = [user, password, host].map(str::to_owned);
            Some(Self { user, password, host, port })
        };
        parts().ok_or_else(|| ManifestError::Wrong {
            path: path.to_owned(),
            why: "expected https://USER:PASSWORD@HOST:PORT".to_owned(),
        })
    }

    /// The same bus elsewhere.
    pub fn at(&self, host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, ..self.clone() }
    }

    /// All of it, password and all.
    pub fn to_url(&self) -> String {
        format!("https://{}:{}@{}:{}", self.user, self.password, self.host, self.port)
    }

    /// Without user and password.
    pub fn base(&self) -> String {
        format!("https://{}:{}", self.host, self.port)
    }

    /// What its agent wants in `Authorization`.
    pub fn authorization(&self) -> String {
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
        let pair = format!("{}:{}", decoded(&self.user), decoded(&self.password));
        format!("Basic {}", STANDARD.encode(pair))
    }
}
