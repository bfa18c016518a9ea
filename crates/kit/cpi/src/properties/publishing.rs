//! Where images are published, so that a cloud can fetch them.

use super::given;
use cloud_http::{Secret, Tls, TransportSettings};
use image_hosting::{ImageServerSettings, Parts, S3Settings, Style};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// Two hours: a fetch must begin in this time, not end.
const LIFETIME: u64 = 7200;

/// An image server (`cpi images serve`), on which the CPI publishes an image for as long as the
/// cloud fetches it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ImageServerProperties {
    /// Its URL, such as `https://images.example.com:8443`, by which the CPI reaches it. Clouds
    /// get links that begin with its `public_url`, where it has one.
    pub url: Option<String>,
    /// The user who publishes.
    pub user: String,
    /// Their password.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub password: Option<Secret>,
    /// PEM certificates to trust for it, beside those of the system and the cloud's `ca_cert`.
    pub ca_cert: Option<String>,
    /// How long the link is good, in seconds: the cloud must have begun to fetch by then.
    pub link_lifetime: u64,
}

/// An S3-compatible bucket, in which the CPI publishes an image for as long as the cloud fetches
/// it, by a presigned link.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct S3Properties {
    /// The store's URL, such as `https://s3.eu-central-1.amazonaws.com`, by which the CPI and
    /// the cloud reach it.
    pub endpoint: Option<String>,
    /// The region; MinIO and Ceph mostly take `us-east-1`.
    pub region: String,
    /// The bucket. It must be there.
    pub bucket: Option<String>,
    /// What is put before the names of images, such as `stemcells/`.
    pub prefix: String,
    /// The access key's id. It may put, get and delete objects, and should list and give up
    /// multipart uploads.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub access_key_id: Option<Secret>,
    /// The access key.
    #[schemars(with = "Option<String>", extend("default" = null))]
    pub secret_access_key: Option<Secret>,
    /// Whether the bucket's name stands in the path of URLs, which every store takes, or before
    /// the host's name.
    pub path_style: bool,
    /// PEM certificates to trust for it, beside those of the system and the cloud's `ca_cert`.
    pub ca_cert: Option<String>,
    /// How long the link is good, in seconds: the cloud must have begun to fetch by then.
    pub link_lifetime: u64,
}

impl Default for ImageServerProperties {
    fn default() -> Self {
        Self {
            url: None,
            user: "bosh".to_owned(),
            password: None,
            ca_cert: None,
            link_lifetime: LIFETIME,
        }
    }
}

impl Default for S3Properties {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: "us-east-1".to_owned(),
            bucket: None,
            prefix: String::new(),
            access_key_id: None,
            secret_access_key: None,
            path_style: true,
            ca_cert: None,
            link_lifetime: LIFETIME,
        }
    }
}

impl ImageServerProperties {
    /// Whether there is one.
    pub fn is_given(&self) -> bool {
        given(&self.url).is_some()
    }

    /// How long a link is good.
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.link_lifetime)
    }

    /// What it takes to reach it; `transport` is how the cloud is reached.
    pub fn settings(&self, transport: TransportSettings) -> ImageServerSettings {
        ImageServerSettings {
            url: given(&self.url).unwrap_or_default().to_owned(),
            user: self.user.trim().to_owned(),
            password: secret(&self.password),
            transport: trusting(transport, &self.ca_cert),
        }
    }
}

impl S3Properties {
    /// Whether there is one, or part of one.
    pub fn is_given(&self) -> bool {
        given(&self.endpoint).is_some() || given(&self.bucket).is_some()
    }

    /// How long a link is good.
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.link_lifetime)
    }

    /// What it takes to reach it; `transport` is how the cloud is reached.
    pub fn settings(&self, transport: TransportSettings) -> S3Settings {
        S3Settings {
            endpoint: given(&self.endpoint).unwrap_or_default().to_owned(),
            region: self.region.trim().to_owned(),
            bucket: given(&self.bucket).unwrap_or_default().to_owned(),
            prefix: self.prefix.trim().to_owned(),
            access_key_id: secret(&self.access_key_id),
            secret_access_key: secret(&self.secret_access_key),
            style: if self.path_style { Style::Path } else { Style::VirtualHost },
            parts: Parts::default(),
            transport: trusting(transport, &self.ca_cert),
        }
    }
}

fn secret(given: &Option<Secret>) -> Secret {
    given.clone().unwrap_or_default()
}

/// With the certificates of both.
fn trusting(transport: TransportSettings, own: &Option<String>) -> TransportSettings {
    let both = match (given(own), transport.tls.ca_cert) {
        (Some(own), Some(cloud)) => Some(format!("{own}\n{cloud}")),
        (Some(own), None) => Some(own.to_owned()),
        (None, cloud) => cloud,
    };
    TransportSettings { tls: Tls { ca_cert: both, ..transport.tls }, ..transport }
}
