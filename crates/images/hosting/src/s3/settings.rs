//! How to reach a bucket.

use crate::PublishError;
use cloud_http::{Secret, TransportSettings, reveal};
use rusty_s3::{BucketError, UrlStyle};
use std::time::Duration;

/// S3 signs for no longer: seven days.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// A bucket, and how to reach it.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// The store: `https://s3.eu-central-1.amazonaws.com`, `https://minio.example.com:9000`.
    pub endpoint: String,
    /// The region that signatures name; MinIO and Ceph take `us-east-1`.
    pub region: String,
    /// The bucket's name. It must be there.
    pub bucket: String,
    /// What is put before every name, such as `stemcells/`; may be empty.
    pub prefix: String,
    /// The access key's id.
    pub access_key_id: Secret,
    /// The access key.
    pub secret_access_key: Secret,
    /// Where the bucket's name stands in URLs.
    pub style: Style,
    /// How large files are cut.
    pub parts: Parts,
    /// TLS and proxy.
    pub transport: TransportSettings,
}

/// Where the bucket's name stands in URLs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// `https://store/bucket/key`, which every store takes.
    #[default]
    Path,
    /// `https://bucket.store/key`, as AWS would have it.
    VirtualHost,
}

/// How large files are cut. S3 takes no more than 5 GiB at once, and no part but the last under
/// 5 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// A file of more bytes is cut.
    pub above: u64,
    /// The bytes of a part; more where there would be too many of them.
    pub each: u64,
}

impl Default for Parts {
    /// Small enough that a lost one costs little.
    fn default() -> Self {
        Self { above: 256 << 20, each: 64 << 20 }
    }
}

impl Parts {
    /// What S3 takes of one file.
    const MOST: u64 = 10_000;

    /// The bytes of a part of a file of that size.
    pub(super) fn of(self, bytes: u64) -> u64 {
        self.each.max(bytes.div_ceil(Self::MOST)).max(1)
    }
}

impl S3Settings {
    pub(super) fn bucket(&self) -> Result<rusty_s3::Bucket, PublishError> {
        let required = [
            ("endpoint", self.endpoint.as_str()),
            ("region", &self.region),
            ("bucket", &self.bucket),
            ("access_key_id", reveal(&self.access_key_id)),
            ("secret_access_key", reveal(&self.secret_access_key)),
        ];
        if let Some((name, _)) = required.iter().find(|(_, value)| value.trim().is_empty()) {
            return Err(PublishError::setting(name, "is required"));
        }
        self.check_prefix()?;
        let wrong = |why: &str| {
            let why = format!("{why}; expected something like https://s3.example.com");
            PublishError::setting("endpoint", why)
        };
        let endpoint = self.endpoint.parse().map_err(|e| wrong(&format!("invalid URL ({e})")))?;
        let style = match self.style {
            Style::Path => UrlStyle::Path,
            Style::VirtualHost => UrlStyle::VirtualHost,
        };
        let made = rusty_s3::Bucket::new(endpoint, style, self.bucket.clone(), self.region.clone());
        made.map_err(|error| match error {
            BucketError::UnsupportedScheme => wrong("must begin with http:// or https://"),
            BucketError::MissingHost => wrong("the host is missing"),
            BucketError::ParseError(error) => {
                PublishError::setting("bucket", format!("'{}': {error}", self.bucket))
            }
        })
    }

    /// Some keys stand for others in a URL.
    fn check_prefix(&self) -> Result<(), PublishError> {
        let odd = |part: &str| matches!(part, "." | "..");
        if self.prefix.starts_with('/') || self.prefix.split('/').any(odd) {
            let why = format!("'{}': must not begin with '/', nor contain '..'", self.prefix);
            return Err(PublishError::setting("prefix", why));
        }
        Ok(())
    }
}

pub(super) fn check_lifetime(lifetime: Duration) -> Result<(), PublishError> {
    if lifetime >= Duration::from_secs(1) && lifetime <= LONGEST_LIFETIME {
        return Ok(());
    }
    let most = LONGEST_LIFETIME.as_secs();
    let why = format!("{} s; a link lives for 1 to {most} s", lifetime.as_secs());
    Err(PublishError::setting("link_lifetime", why))
}
