//! What can go wrong while publishing.

use cloud_http::SendError;
use std::path::PathBuf;

/// What can go wrong while publishing. Never holds a key or a link.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A setting is missing, or makes no sense.
    #[error("{name}: {reason}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The file that is to be published cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// No answer came.
    #[error("{place}: {error}")]
    Lost {
        /// The host.
        place: String,
        /// Why.
        error: SendError,
    },
    /// The answer is a refusal.
    #[error("{place} says {status}: {reason}")]
    Refused {
        /// The host.
        place: String,
        /// The HTTP status.
        status: u16,
        /// In the other side's words.
        reason: String,
    },
    /// The answer is none that we know.
    #[error("{place}: {reason}")]
    Odd {
        /// The host.
        place: String,
        /// What is odd.
        reason: String,
    },
}

impl PublishError {
    pub(crate) fn setting(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Setting { name, reason: reason.into() }
    }

    /// Whether nothing of what was asked for can have happened, or can happen later.
    pub fn had_no_effect(&self) -> bool {
        match self {
            Self::Setting { .. } | Self::File { .. } | Self::Refused { status: 400..=499, .. } => {
                true
            }
            Self::Lost { error, .. } => error.certainly_not_sent(),
            Self::Refused { .. } | Self::Odd { .. } => false,
        }
    }

    /// Whether the same may go well in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Lost { error, .. } => {
                matches!(error, SendError::NotSent(_) | SendError::MaybeSent(_))
            }
            // 507 stays until somebody makes room.
            Self::Refused { status, .. } => {
                matches!(status, 408 | 429) || (*status >= 500 && *status != 507)
            }
            Self::Setting { .. } | Self::File { .. } | Self::Odd { .. } => false,
        }
    }
}
