//! The release, the book and the manifests.

mod ci;
mod docs;
mod image_job;
mod manifests;
mod spec;
mod tarball;
