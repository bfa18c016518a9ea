//! Secondary storage: the VM that takes uploads and fetches what templates are registered with.
//!
//! It keeps no image, only what it has seen of one: how long, of which kind, which sums.

mod download;
mod image;
mod listener;
mod multipart;
mod upload;

pub use download::{Download, check_url, fetch};
pub use image::Seen;
pub use listener::{UPLOAD, UploadListener};
pub use upload::serve as serve_upload;
