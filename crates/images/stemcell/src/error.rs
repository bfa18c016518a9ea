//! What may go wrong with a stemcell, in words that name the culprit.

use std::io;
use std::path::{Path, PathBuf};

/// Why a stemcell cannot be read, changed or made.
#[derive(Debug, thiserror::Error)]
pub enum StemcellError {
    /// A file cannot be read or written.
    #[error("cannot {verb} {}: {source}", path.display())]
    File {
        /// What was tried: "open", "read", "write".
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The source itself cannot be read.
    #[error("cannot read the stemcell: {0}")]
    Source(io::Error),
    /// What is made cannot be written.
    #[error("cannot write: {0}")]
    Output(io::Error),
    /// The disk is full.
    #[error("no room in {} after {written} bytes of the image: free some, or name another directory", directory.display())]
    NoRoom {
        /// Where the image was to go.
        directory: PathBuf,
        /// How much of it fitted.
        written: u64,
    },
    /// The input ends too early.
    #[error("the {within} ends too early: it is truncated, load it again")]
    Truncated {
        /// The layer that misses its end: "gzip stream", "tar archive"…
        within: String,
    },
    /// The input contradicts itself.
    #[error("the {within} is damaged: {reason}")]
    Damaged {
        /// The layer.
        within: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Bytes are not those that were promised.
    #[error(
        "the {algorithm} of {what} is {actual}, not {expected} as promised: it was changed or damaged on its way"
    )]
    WrongChecksum {
        /// SHA-1 or SHA-256.
        algorithm: &'static str,
        /// Of what.
        what: &'static str,
        /// As promised, in hexadecimal.
        expected: String,
        /// As computed.
        actual: String,
    },
    /// A checksum that is none.
    #[error(
        "\"{0}\" is no checksum: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits are, with \"sha1:\" or \"sha256:\" before them or not"
    )]
    NotAChecksum(String),
    /// There is no disk image in it.
    #[error("there is no disk image in it: {found}")]
    NotAnImage {
        /// What is there instead.
        found: String,
    },
    /// The stemcell is light: it names a template and holds no image.
    #[error("the stemcell is light: it names a template and holds no image")]
    Light,
    /// More comes out than the caller allows.
    #[error("more than {limit} bytes come out of it; this is no stemcell, or the limit is too low")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// Archives within archives without end.
    #[error("it is wrapped more than {0} times")]
    TooDeep(usize),
    /// We know what it is, and cannot do this with it.
    #[error("{what}: {reason}")]
    Unsupported {
        /// What it is.
        what: String,
        /// Why it cannot be done, and what to do instead.
        reason: String,
    },
    /// A manifest (`stemcell.MF`) or agent.json is not one.
    #[error("{what} is wrong: {reason}")]
    Malformed {
        /// Which document.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The filesystem in the image is not sound, or cannot be changed safely.
    #[error("the filesystem on {place}: {reason}")]
    Filesystem {
        /// Which partition.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two readers disagree about what was written: nothing was changed.
    #[error("the patched image is not as it should be, and is not handed on: {0}")]
    Unverified(String),
}

impl StemcellError {
    /// For `map_err` on operations on a named file.
    pub(crate) fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { verb, path: path.to_owned(), source }
    }

    /// For what is known, but not supported.
    pub(crate) fn unsupported(what: impl ToString, reason: impl ToString) -> Self {
        Self::Unsupported { what: what.to_string(), reason: reason.to_string() }
    }

    /// An error of a decoder, told apart: too short, or contradicting itself.
    pub(crate) fn decoding(within: &str, error: &io::Error) -> Self {
        // A failure to read the file below travels through the decoder with its code.
        if let Some(code) = error.raw_os_error() {
            return Self::Source(io::Error::from_raw_os_error(code));
        }
        if error.kind() == io::ErrorKind::UnexpectedEof || ends_early(error) {
            return Self::Truncated { within: within.to_owned() };
        }
        Self::Damaged { within: within.to_owned(), reason: error.to_string() }
    }
}

/// Whether an end of file hides among the causes: not every decoder passes on the kind.
fn ends_early(error: &io::Error) -> bool {
    let mut cause = error.get_ref().map(|c| c as &(dyn std::error::Error + 'static));
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<io::Error>()
            && (io.kind() == io::ErrorKind::UnexpectedEof || ends_early(io))
        {
            return true;
        }
        cause = current.source();
    }
    false
}
