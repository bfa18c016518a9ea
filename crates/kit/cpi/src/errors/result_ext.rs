//! What is done with the result of a call again and again.

use super::{Activity, ErrorTable, Failure};
use std::fmt::Display;

/// What is done with the result of a call again and again. `E` is the provider's table of errors.
pub trait ResultExt<T, E: ErrorTable>: Sized {
    /// The error to answer instead of a failure, with what was being done (`creating VM vm-1`),
    /// which is written only if it is needed.
    fn during<D: Display>(
        self,
        activity: impl Into<Activity>,
        tried: impl FnOnce() -> D,
    ) -> bosh_cpi::Result<T>;

    /// None if the cloud does not know what the call named.
    fn or_none_if_gone(self) -> Result<Option<T>, Failure<E>>;

    /// For deletions: what is gone already is as it should be.
    fn ignore_not_found(self) -> Result<(), Failure<E>>;
}

impl<T, E: ErrorTable> ResultExt<T, E> for Result<T, Failure<E>> {
    fn during<D: Display>(
        self,
        activity: impl Into<Activity>,
        tried: impl FnOnce() -> D,
    ) -> bosh_cpi::Result<T> {
        self.map_err(|failure| failure.into_cpi(activity.into(), tried()))
    }

    fn or_none_if_gone(self) -> Result<Option<T>, Failure<E>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn ignore_not_found(self) -> Result<(), Failure<E>> {
        self.or_none_if_gone().map(drop)
    }
}
