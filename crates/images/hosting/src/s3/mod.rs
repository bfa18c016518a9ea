//! A bucket of a store that speaks S3: AWS, MinIO, Ceph, IBM COS.
//!
//! Every request is a presigned one (Signature Version 4 in the query), so that the file goes
//! out in one pass: its digest need not be known before. What arrived is checked by whoever
//! fetches it, who is told the digest.

mod client;
mod multipart;
mod settings;

pub use settings::{LONGEST_LIFETIME, Parts, S3Settings, Style};

use crate::{ImageFile, Link, PublishError, check_name};
use cloud_http::{Deadline, Transport, reveal};
use rusty_s3::{Credentials, S3Action};
use std::time::Duration;

/// A bucket, and the keys to it.
pub struct Bucket {
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    settings: S3Settings,
    transport: Transport,
}

impl Bucket {
    /// Checks the settings; opens no connection.
    ///
    /// # Errors
    /// `Setting`, which names it.
    pub fn new(settings: S3Settings) -> Result<Self, PublishError> {
        let bucket = settings.bucket()?;
        let key = |secret| reveal(secret).trim().to_owned();
        let credentials =
            Credentials::new(key(&settings.access_key_id), key(&settings.secret_access_key));
        let transport = Transport::new(settings.transport.clone())
            .map_err(|e| PublishError::setting("endpoint", e.to_string()))?;
        Ok(Self { bucket, credentials, settings, transport })
    }

    /// `https://s3.example.com/bucket/prefix`: where things are put, for people.
    pub fn place(&self) -> String {
        format!("{}{}", self.bucket.base_url(), self.settings.prefix)
    }

    /// Whether the bucket is there, and takes the keys. Changes nothing.
    ///
    /// # Errors
    /// Why not. Keys that may not list the bucket are refused, too, with 403.
    pub async fn check(&self, until: Deadline) -> Result<(), PublishError> {
        let head = || self.bucket.head_bucket(Some(&self.credentials)).sign(client::SOON);
        self.ask("HEAD", &head, "", until).await.map(drop)
    }

    /// Puts a file there, and tells `progress` how many bytes have gone. A large one goes in
    /// parts, each of which is tried again where it is lost. What was there under that name is
    /// replaced.
    ///
    /// # Errors
    /// Any; half a file is never seen, and its parts are removed as far as that can be done now:
    /// [`delete`](Self::delete) makes sure.
    pub async fn put(
        &self,
        name: &str,
        file: &ImageFile,
        progress: &mut dyn FnMut(u64),
        until: Deadline,
    ) -> Result<(), PublishError> {
        let key = self.key(name)?;
        if file.bytes() > self.settings.parts.above {
            return multipart::put(self, &key, file, progress, until).await;
        }
        let sign = || self.bucket.put_object(Some(&self.credentials), &key).sign(client::SOON);
        self.send_file(&sign, file, 0..file.bytes(), progress, until).await?;
        Ok(())
    }

    /// A link to what is, or will be, there under that name.
    ///
    /// # Errors
    /// `Setting` for a name that is none, or a lifetime that S3 does not know.
    pub fn link(&self, name: &str, lifetime: Duration) -> Result<Link, PublishError> {
        let key = self.key(name)?;
        settings::check_lifetime(lifetime)?;
        let url = self.bucket.get_object(Some(&self.credentials), &key).sign(lifetime);
        Ok(Link::new(url.as_str(), self.bucket.object_url(&key).to_string()))
    }

    /// Makes sure that nothing is there under that name, nor any parts of it. Answers whether
    /// there was something.
    ///
    /// # Errors
    /// Any; it may be there still then.
    pub async fn delete(&self, name: &str, until: Deadline) -> Result<bool, PublishError> {
        let key = self.key(name)?;
        let parts = multipart::forget(self, &key, until).await?;
        let object = self.has(&key, until).await?;
        let delete = || self.bucket.delete_object(Some(&self.credentials), &key).sign(client::SOON);
        match self.ask("DELETE", &delete, "", until).await {
            Ok(_) | Err(PublishError::Refused { status: 404, .. }) => Ok(parts || object),
            Err(error) => Err(error),
        }
    }

    /// Whether it is there. Whoever may not list a bucket is refused for what is not there.
    async fn has(&self, key: &str, until: Deadline) -> Result<bool, PublishError> {
        let head = || self.bucket.head_object(Some(&self.credentials), key).sign(client::SOON);
        match self.ask("HEAD", &head, "", until).await {
            Ok(_) => Ok(true),
            Err(PublishError::Refused { status: 403 | 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn key(&self, name: &str) -> Result<String, PublishError> {
        check_name(name)?;
        Ok(format!("{}{name}", self.settings.prefix))
    }
}
