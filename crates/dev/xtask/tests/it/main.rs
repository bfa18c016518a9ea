//! The release, the book and the manifests.

mod ci;
mod docs;
mod image_job;
mod layers;
mod manifests;
mod spec;
mod tarball;
