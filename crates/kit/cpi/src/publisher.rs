//! Where an image is published for as long as a cloud fetches it.

use crate::properties::{ImageServerProperties, S3Properties};
use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, TransportSettings};
use image_hosting::{Bucket, ImageFile, ImageServer, Link, PublishError};
use std::time::Duration;

/// A place for images, and how long links to them are good.
pub enum Publisher {
    /// An image server of ours.
    ImageServer(Box<ImageServer>, Duration),
    /// An S3-compatible bucket.
    S3(Box<Bucket>, Duration),
}

impl Publisher {
    /// The image server of the properties at `path`. Opens no connection.
    pub fn image_server(
        properties: &ImageServerProperties,
        transport: TransportSettings,
        path: &str,
    ) -> Result<Self> {
        let server = ImageServer::new(properties.settings(transport));
        let server = server.map_err(|e| CpiError::cpi(format!("{path}.{e}")))?;
        Ok(Self::ImageServer(Box::new(server), properties.lifetime()))
    }

    /// The bucket of the properties at `path`. Opens no connection.
    pub fn s3(properties: &S3Properties, transport: TransportSettings, path: &str) -> Result<Self> {
        let wrong = |e: PublishError| CpiError::cpi(format!("{path}.{e}"));
        let bucket = Bucket::new(properties.settings(transport)).map_err(wrong)?;
        bucket.link("probe", properties.lifetime()).map_err(wrong)?;
        Ok(Self::S3(Box::new(bucket), properties.lifetime()))
    }

    /// Its URL: the same for the same place, and without anything secret.
    pub fn place(&self) -> String {
        match self {
            Self::ImageServer(server, _) => server.place().to_owned(),
            Self::S3(bucket, _) => bucket.place(),
        }
    }

    /// Whether images could be published there. Changes nothing.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self, until: Deadline) -> std::result::Result<(), PublishError> {
        match self {
            Self::ImageServer(server, _) => server.check(until).await,
            Self::S3(bucket, _) => bucket.check(until).await,
        }
    }

    /// Puts a file there, and gives the link to it.
    ///
    /// # Errors
    /// Any. [`delete`](Self::delete) makes sure that nothing of it stays.
    pub async fn put(
        &self,
        name: &str,
        file: &ImageFile,
        progress: &mut dyn FnMut(u64),
        until: Deadline,
    ) -> std::result::Result<Link, PublishError> {
        match self {
            Self::ImageServer(server, lifetime) => {
                let (_, link) = server.put(name, file, *lifetime, progress, until).await?;
                Ok(link)
            }
            Self::S3(bucket, lifetime) => {
                bucket.put(name, file, progress, until).await?;
                bucket.link(name, *lifetime)
            }
        }
    }

    /// Makes sure that nothing is there under that name. Answers whether there was something.
    ///
    /// # Errors
    /// Any; it may be there still then.
    pub async fn delete(
        &self,
        name: &str,
        until: Deadline,
    ) -> std::result::Result<bool, PublishError> {
        match self {
            Self::ImageServer(server, _) => server.delete(name, until).await,
            Self::S3(bucket, _) => bucket.delete(name, until).await,
        }
    }
}
