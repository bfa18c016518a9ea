//! Why a step failed, whichever cloud it is.

use super::table::{ErrorTable, kind_and_advice};
use super::{Activity, Row};
use bosh_cpi::CpiError;
use cloud_http::CloudError;
use journal::JournalError;
use std::fmt::Display;

type Code<T> = <<T as ErrorTable>::Error as CloudError>::Code;

/// Why a step did not succeed. `T` is the table of the cloud's provider.
#[derive(Debug, Clone)]
pub enum Failure<T: ErrorTable> {
    /// The cloud's API.
    Cloud(T::Error),
    /// The journal; nothing was sent then.
    Journal(JournalError),
    /// An error that is ready to be answered.
    Ready(CpiError),
}

impl<T: ErrorTable> Failure<T> {
    /// The error of the cloud's API, if it was one.
    pub fn cloud(&self) -> Option<&T::Error> {
        match self {
            Self::Cloud(error) => Some(error),
            Self::Journal(_) | Self::Ready(_) => None,
        }
    }

    /// Whether the cloud refused.
    pub fn is_refusal(&self) -> bool {
        self.cloud().is_some_and(|error| error.refusal_code().is_some())
    }

    /// Whether the cloud refused with this code.
    pub fn has_code(&self, code: Code<T>) -> bool {
        self.cloud().and_then(CloudError::refusal_code) == Some(&code)
    }

    /// Whether the cloud refused in these words.
    pub fn says(&self, phrase: &str) -> bool {
        self.cloud().is_some_and(|error| error.says(phrase))
    }

    /// Whether the cloud does not know an id that the call named: it never did, or what had it
    /// is gone.
    pub fn is_not_found(&self) -> bool {
        self.cloud().is_some_and(CloudError::is_not_found)
    }

    /// The same as [`is_not_found`](Self::is_not_found).
    pub fn is_gone(&self) -> bool {
        self.is_not_found()
    }

    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        self.cloud().and_then(CloudError::hint)
    }

    /// The error to answer: what was tried (`creating VM vm-1`), what the cloud said, what to do.
    /// The first row of the table that fits wins; what fits none is the kind of the activity.
    pub fn into_cpi(self, activity: Activity, tried: impl Display) -> CpiError {
        match self {
            Self::Ready(error) => error,
            Self::Journal(error) => {
                CpiError::cpi(format!("{tried}: {error}")).retry(error.may_pass())
            }
            Self::Cloud(error) => cloud_error::<T>(activity, tried, &error),
        }
    }
}

fn cloud_error<T: ErrorTable>(
    activity: Activity,
    tried: impl Display,
    error: &T::Error,
) -> CpiError {
    let row: Option<&Row<Code<T>>> = T::ROWS.iter().find(|row| row.fits(activity, error));
    let (kind, ok_to_retry, advice) = kind_and_advice(row, activity, error);
    let message = match advice {
        "" => format!("{tried}: {error}"),
        advice => format!("{tried}: {error} ({advice})"),
    };
    CpiError::new(kind, message).retry(ok_to_retry)
}

impl<T: ErrorTable> Display for Failure<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cloud(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
            Self::Ready(error) => error.fmt(f),
        }
    }
}

impl<T: ErrorTable> std::error::Error for Failure<T> {}

impl<T: ErrorTable> From<JournalError> for Failure<T> {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl<T: ErrorTable> From<CpiError> for Failure<T> {
    fn from(error: CpiError) -> Self {
        Self::Ready(error)
    }
}
