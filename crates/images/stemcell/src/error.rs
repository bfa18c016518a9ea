//! What may go wrong with a stemcell, in words that name the culprit.

use std::io;
use std::path::{Path, PathBuf};

/// Why a stemcell cannot be read, changed or made.
#[derive(Debug, thiserror::Error)]
pub enum StemcellError {
    /// What is given as an image is a directory, a device, a pipe or a socket: reading one may never
    /// end.
    #[error("{}: is a {kind}; an image must be a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
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
    #[error("no space left in {} after {written} bytes of the image: free some, or use another directory", directory.display())]
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
    /// A text that is not a checksum.
    #[error(
        "invalid checksum \"{0}\": expected 40 (SHA-1) or 64 (SHA-256) hexadecimal digits, with or without the prefix \"sha1:\" or \"sha256:\""
    )]
    NotAChecksum(String),
    /// No disk image is in it.
    #[error("no disk image found: {found}")]
    NotAnImage {
        /// What is there instead.
        found: String,
    },
    /// The stemcell is light: it names a template and holds no image.
    #[error("the stemcell is light: it names a template and contains no image")]
    Light,
    /// More comes out than the caller allows.
    #[error("its content is larger than {limit} bytes, the limit for an image")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// Archives within archives without end.
    #[error("more than {0} layers of compression and archives")]
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
    #[error("invalid {what}: {reason}")]
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
    #[error("the patched image failed its verification and is not used: {0}")]
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

    /// For errors of the source itself.
    pub(crate) fn source(error: io::Error) -> Self {
        match cause_of(&error) {
            Some(TooMuch(limit)) => Self::TooLarge { limit: *limit },
            None => Self::Source(error),
        }
    }

    /// An error of a decoder, told apart: too short, or contradicting itself.
    pub(crate) fn decoding(within: &str, error: &io::Error) -> Self {
        // A failure to read the file below travels through the decoder with its code.
        if let Some(code) = error.raw_os_error() {
            return Self::Source(io::Error::from_raw_os_error(code));
        }
        if let Some(TooMuch(limit)) = cause_of(error) {
            return Self::TooLarge { limit: *limit };
        }
        if error.kind() == io::ErrorKind::UnexpectedEof || ends_early(error) {
            return Self::Truncated { within: within.to_owned() };
        }
        Self::Damaged { within: within.to_owned(), reason: error.to_string() }
    }
}

/// More bytes came out of a decoder than are allowed.
#[derive(Debug, thiserror::Error)]
#[error("more than {0} bytes")]
pub(crate) struct TooMuch(pub(crate) u64);

/// The first cause of that type: decoders wrap the errors of what they read from.
fn cause_of<T: std::error::Error + 'static>(error: &io::Error) -> Option<&T> {
    let mut cause = error.get_ref().map(|c| c as &(dyn std::error::Error + 'static));
    while let Some(current) = cause {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        if let Some(found) = current.downcast_ref::<io::Error>().and_then(cause_of::<T>) {
            return Some(found);
        }
        cause = current.source();
    }
    None
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
