//! Publishing images: putting a file where a cloud can fetch it by a link that needs no
//! credentials and expires.
//!
//! There are two such places: a [`Bucket`] of any store that speaks S3, and the [`ImageServer`]
//! that is part of this project. Each takes a file in a stream, gives a [`Link`], and removes
//! the file again, which is no fault if it is not there. Names are the caller's; one that no
//! other file has ever had makes undoing safe.

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
