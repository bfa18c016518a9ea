//! Publishing images: putting a file where a cloud can fetch it by a link that needs no
//! credentials and expires.
//!
//! There are two such places: a [`Bucket`] of any store that speaks S3, and the [`ImageServer`]
//! that is part of this project. Each takes a file in a stream, gives a [`Link`], and removes
//! the file again, which is no fault if it is not there. Names are the caller's; one that no
//! other file has ever had makes undoing safe.
//!
//! ```no_run
//! use cloud_http::{Deadline, Secret, TransportSettings};
//! use image_hosting::{ImageFile, ImageServer, ImageServerSettings};
//! use std::path::Path;
//! use std::time::Duration;
//!
//! # async fn example() -> Result<(), image_hosting::PublishError> {
//! let server = ImageServer::new(ImageServerSettings {
//!     url: "https://images.example.com:8443".to_owned(),
//!     user: "bosh".to_owned(),
//!     password: Secret::from("a password of twelve or more"),
//!     transport: TransportSettings::default(),
//! })?;
//! let file = ImageFile::new(Path::new("noble.qcow2"), None)?;
//! let (lifetime, until) = (Duration::from_secs(7200), Deadline::after(Duration::from_secs(3600)));
//! let (_, link) = server.put("noble.qcow2", &file, lifetime, &mut |_| (), until).await?;
//! assert!(link.reveal().starts_with("https://images.example.com:8443/get/"));
//! # Ok(())
//! # }
//! ```

mod error;
mod file;
mod image_server;
mod link;
mod name;
mod s3;

pub use error::PublishError;
pub use file::ImageFile;
pub use image_server::{ImageServer, ImageServerSettings, LIFETIME, Published};
pub use link::Link;
pub use name::check_name;
pub use s3::{Bucket, LONGEST_LIFETIME, Parts, S3Settings, Style};
