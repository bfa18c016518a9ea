//! BOSH releases as files: where they come from, what is in them, in which order their packages
//! are compiled, and their templates rendered as the bosh CLI renders them.
//!
//! ```text
//! Source ──fetch──► tarball ──Release::open──► jobs, packages ──compile_order──► packages
//!                                               │
//!                                               └─properties, Ruby::render──► RenderedJob ──► archive
//! ```
//!
//! Source of the formats: bosh-cli `release/`, `templatescompiler/`.

pub mod archive;
mod digest;
mod download;
mod error;
mod job;
mod manifest;
mod order;
mod package;
mod property;
mod release;
mod render;
mod source;
mod yaml;

pub use digest::{Digests, sha256_of};
pub use error::ReleaseError;
pub use job::{Job, JobSpec, PropertySpec};
pub use manifest::{CompiledPackageEntry, JobEntry, PackageEntry, ReleaseManifest};
pub use order::{compile_order, dependency_key};
pub use package::{Package, PackageKind};
pub use property::{find, merge, put, template_properties};
pub use release::Release;
pub use render::{Context, RenderedFile, Ruby, Template, TemplateError};
pub use source::{Fetched, Progress, Source};
