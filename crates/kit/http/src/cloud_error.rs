//! What the error of any cloud's API tells, whichever cloud it is.

use crate::Outcome;
use std::error::Error;

/// The error of a cloud's API. Every API crate has one of its own; what must be decided from it
/// is the same for all.
pub trait CloudError: Error + Clone + 'static {
    /// By what the cloud's documentation tells its refusals apart.
    type Code: PartialEq + 'static;

    /// The code of the cloud's refusal; None if the cloud did not refuse.
    fn refusal_code(&self) -> Option<&Self::Code>;

    /// Whether the cloud refused, and with this phrase among its words.
    fn says(&self, phrase: &str) -> bool;

    /// Whether the cloud does not know an id that the call named: it never did, or what had it is
    /// gone, or is not visible to this account.
    fn is_not_found(&self) -> bool;

    /// Whether the cloud was not reached at all: the call had no effect, and the next one would
    /// have none either for as long as that lasts.
    fn is_unreachable(&self) -> bool;

    /// Whether the cloud does not let us in, whatever is asked: wrong keys, say.
    fn is_locked_out(&self) -> bool;

    /// Whether the same call may succeed if it is made again later.
    fn may_pass(&self) -> bool;

    /// What a person can do about it, where that is known.
    fn hint(&self) -> Option<&'static str>;

    /// What is known of the effect of a call that ended so.
    fn outcome<T>(self) -> Outcome<T, Self>;
}
