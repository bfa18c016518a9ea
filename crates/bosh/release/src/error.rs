//! What can be wrong with a release.

use crate::render::TemplateError;
use std::io;
use std::path::PathBuf;

/// What can be wrong with a release.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// An archive cannot be read.
    #[error("{archive} is not a valid archive: {error}")]
    Archive {
        /// Which archive.
        archive: String,
        /// Why.
        error: io::Error,
    },
    /// A document in an archive has the wrong form.
    #[error("{document} is invalid: {reason}")]
    Document {
        /// Which document.
        document: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file is missing in an archive.
    #[error("{archive}: {file} is missing")]
    Missing {
        /// Which archive.
        archive: String,
        /// The file.
        file: String,
    },
    /// Something of the release contradicts something else of it.
    #[error("release '{release}': {reason}")]
    Inconsistent {
        /// The release's name.
        release: String,
        /// What contradicts what.
        reason: String,
    },
    /// A digest of unknown form.
    #[error("invalid digest '{0}': expected 40 hex digits (SHA-1), sha256:… or sha512:…")]
    InvalidDigest(String),
    /// The bytes are not those that were promised.
    #[error("{what} has the digest {actual}, but {expected} was expected")]
    WrongDigest {
        /// What was read.
        what: String,
        /// The digest that was promised.
        expected: String,
        /// The one that it has.
        actual: String,
    },
    /// A source that is neither a file nor on a web server.
    #[error("invalid URL '{0}': it must start with file://, http:// or https://")]
    InvalidUrl(String),
    /// A download fails. The URL is shown without user and password.
    #[error("{url}: {reason}")]
    Download {
        /// Where from.
        url: String,
        /// Why.
        reason: String,
    },
    /// Packages that need each other.
    #[error("packages depend on each other in a circle: {0}")]
    Circle(String),
    /// Ruby is missing, too old, or fails before any template.
    #[error("{0}")]
    Ruby(String),
    /// Templates that cannot be rendered: all of them.
    #[error("{}", lines(.0))]
    Templates(Vec<TemplateError>),
}

impl ReleaseError {
    /// For `map_err`.
    pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |error| Self::File { path: path.to_owned(), error }
    }

    pub(crate) fn archive(archive: &str) -> impl Fn(io::Error) -> Self + '_ {
        |error| Self::Archive { archive: archive.to_owned(), error }
    }
}

fn lines(errors: &[TemplateError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
