//! The image server: a folder of images over HTTP and HTTPS, from which a cloud fetches them by
//! links that need no credentials and expire.
//!
//! | request | who | what |
//! |---|---|---|
//! | `PUT /images/NAME` | the user | stores a file, and answers its checksums and a link |
//! | `POST /images/NAME` | the user | a new link to it |
//! | `GET`, `HEAD`, `DELETE`, `PROPFIND` on `/images/…` | the user | as WebDAV has them |
//! | `GET`, `HEAD` on `/get/TOKEN/NAME` | anybody | the file, or a range of it |
//! | the same with `.sha256` or `.md5` behind it | anybody | its checksum, as `sha256sum -c` reads it |
//! | `GET /healthz` | anybody | whether it works |
//!
//! A file is stored under another name until all of it has arrived, been digested and reached
//! the disk, so that nobody ever reads half of one. The folder is flat; what else is in it
//! begins with a dot.
//!
//! Connections are limited in number, in all and for each address; those that send no whole
//! request, or take nothing of an answer, are closed. After five wrong passwords an address has to
//! wait, up to a minute for each further one.
//!
//! ```no_run
//! use image_server::{Limits, Server, Settings};
//!
//! # async fn example() -> Result<(), image_server::ServeError> {
//! let settings = Settings {
//!     folder: "/var/lib/images".into(),
//!     listen: Some(([127, 0, 0, 1], 8080).into()),
//!     tls: None,
//!     user: "bosh".to_owned(),
//!     password: cloud_http::Secret::from("a password of twelve or more"),
//!     public_url: None,
//!     limits: Limits::default(),
//! };
//! let running = Server::new(settings)?.start().await?;
//! running.stop().await;
//! # Ok(())
//! # }
//! ```

mod auth;
mod body;
mod connection_limit;
mod dav;
mod failed_logins;
mod links;
mod listener;
mod origin;
mod put;
mod range;
mod response;
mod routes;
mod serve;
mod settings;
mod store;
mod tls;
mod write_timeout;

pub use serve::{Running, Server};
pub use settings::{Limits, ServeError, Settings, TlsSettings};
