//! What may go wrong with an API call, and what is known of its effect then.

use crate::answer::{Fault, Foreign};
use crate::code::Code;
use crate::phrases::TRY_LATER;
use cloud_http::{CloudError, Effect, Outcome, SendError};
use std::time::Duration;

/// Why a call gave no answer. No text of it holds a secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The settings make no client; names the setting.
    #[error("{0}")]
    Settings(String),
    /// The call cannot be written.
    #[error("{call}: {reason}")]
    Unusable {
        /// The call.
        call: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// No answer came.
    #[error("{call}: {cause}")]
    Unanswered {
        /// The call.
        call: &'static str,
        /// What it does.
        effect: Effect,
        /// Why, and whether the request may have arrived.
        cause: SendError,
    },
    /// SoftLayer refused.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Something else than SoftLayer answered, or half of it.
    #[error("{call}: HTTP {http_status} with {what}")]
    Foreign {
        /// The call.
        call: &'static str,
        /// What it does.
        effect: Effect,
        /// The HTTP status.
        http_status: u16,
        /// What came.
        what: Foreign,
    },
    /// SoftLayer did it, but its answer is not of the shape we know.
    #[error("{call}: an answer of a shape we do not know: {reason}")]
    Odd {
        /// The call.
        call: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// What was waited for did not come about in time.
    #[error("{call}: {what} did not come about in time{}", last.as_ref().map(|e| format!("; the last try: {e}")).unwrap_or_default())]
    Late {
        /// The call by which it was looked for.
        call: &'static str,
        /// What was waited for.
        what: String,
        /// Why it could not be looked for at last, if that was so.
        last: Option<Box<Error>>,
    },
}

/// A refusal by SoftLayer itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The call that was refused: `SoftLayer_Virtual_Guest::getObject`.
    pub call: &'static str,
    /// What the call does.
    pub effect: Effect,
    /// The HTTP status; may well be 200.
    pub http_status: u16,
    /// The exception.
    pub code: Code,
    /// The exception as it was written.
    pub exception: String,
    /// Its words, with our secrets taken out.
    pub text: String,
    /// The wait that it asks for, in a header.
    pub(crate) retry_after: Option<Duration>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { call, http_status, exception, text, .. } = self;
        match exception.as_str() {
            "" => write!(f, "{call}: refused with HTTP {http_status}: {text}"),
            exception => write!(f, "{call}: refused with {exception}: {text}"),
        }
    }
}

/// What stands for nothing at all: an answer became too large, or something stumbled.
const INTERNAL: &str = "Internal Error";
/// Words after which anything may have happened.
const VAGUE: &[&str] = &[INTERNAL, "time out", "timed out", "timeout", "unknown error"];

impl Refusal {
    pub(crate) fn new(call: &'static str, effect: Effect, status: u16, fault: Fault) -> Self {
        Self {
            call,
            effect,
            http_status: status,
            code: Code::of(&fault.code, status),
            exception: fault.code,
            text: fault.text,
            retry_after: None,
        }
    }

    /// Whether its words hold one of the [`phrases`](crate::phrases), in whatever case.
    pub fn says(&self, phrase: &str) -> bool {
        self.text.to_lowercase().contains(&phrase.to_lowercase())
    }

    /// Whether it tells nothing but that something stumbled.
    pub(crate) fn stumbled(&self) -> bool {
        self.code == Code::Public && self.text == INTERNAL
    }

    /// The wait before the next try, where SoftLayer says that it is a matter of time.
    pub(crate) fn asked_wait(&self) -> Option<Duration> {
        match self.code {
            Code::RateLimitExceeded => Some(self.retry_after.unwrap_or(Duration::from_secs(1))),
            Code::BlockingOperationInProgress => Some(Duration::from_secs(1)),
            // Whatever the exception: it says itself that it has not begun.
            Code::Public if self.says(TRY_LATER) => Some(Duration::from_secs(2)),
            _ => None,
        }
    }

    /// Whether it certainly changed nothing. A refusal comes with HTTP 500 as often as with 4xx;
    /// that something was refused is told by the exception, and with `Public` by its words: those
    /// that say nothing, or tell of a timeout, stand for anything that goes wrong on the way.
    fn changed_nothing(&self) -> bool {
        self.effect == Effect::Read
            || self.code.turned_away()
            || matches!(self.http_status, 400..=499) && self.http_status != 408
            || self.code == Code::Public && !self.is_vague()
    }

    fn is_vague(&self) -> bool {
        self.text.trim().is_empty() || VAGUE.iter().any(|words| self.says(words))
    }
}

impl Error {
    /// What is known of the effect of a call that ended so.
    pub fn outcome<T>(self) -> Outcome<T, Error> {
        match &self {
            Error::Settings(_) | Error::Unusable { .. } => Outcome::NotSent(self),
            Error::Unanswered { cause, .. } if cause.certainly_not_sent() => Outcome::NotSent(self),
            _ if self.changed_nothing() => Outcome::NotApplied(self),
            _ => Outcome::Unknown(self),
        }
    }

    fn changed_nothing(&self) -> bool {
        match self {
            Error::Settings(_) | Error::Unusable { .. } => true,
            Error::Unanswered { effect, .. } => *effect == Effect::Read,
            Error::Refused(refusal) => refusal.changed_nothing(),
            // A redirect or a client error of somebody in between: it went no further. 408 is
            // said by one who gave up waiting.
            Error::Foreign { effect, http_status, .. } => {
                *effect == Effect::Read || matches!(http_status, 300..=499) && *http_status != 408
            }
            // Nothing but reading is waited for.
            Error::Late { .. } => true,
            Error::Odd { .. } => false,
        }
    }

    /// The exception, if it was SoftLayer that refused.
    pub fn code(&self) -> Option<&Code> {
        self.refusal().map(|refusal| &refusal.code)
    }

    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether SoftLayer does not know the id, or not for this user.
    pub fn is_not_found(&self) -> bool {
        self.code() == Some(&Code::ObjectNotFound)
    }

    /// Whether SoftLayer refused with one of the [`phrases`](crate::phrases).
    pub fn says(&self, phrase: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.says(phrase))
    }

    /// Whether the same call may well succeed in a moment.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Unanswered { cause, .. } => Effect::Read.may_resend_after(cause),
            Error::Refused(refusal) => {
                refusal.asked_wait().is_some()
                    || refusal.stumbled()
                    || matches!(refusal.http_status, 502..=504)
            }
            Error::Foreign { http_status, what, .. } => {
                *http_status >= 500
                    || *http_status == 429
                    || matches!(what, Foreign::Empty | Foreign::Truncated | Foreign::Soap)
            }
            Error::Settings(_) | Error::Unusable { .. } => false,
            Error::Odd { .. } | Error::Late { .. } => false,
        }
    }
}

impl CloudError for Error {
    type Code = Code;

    fn refusal_code(&self) -> Option<&Code> {
        self.code()
    }

    fn says(&self, phrase: &str) -> bool {
        Error::says(self, phrase)
    }

    fn is_not_found(&self) -> bool {
        Error::is_not_found(self)
    }

    fn is_unreachable(&self) -> bool {
        matches!(self, Error::Unanswered { cause, .. } if cause.certainly_not_sent())
    }

    fn is_locked_out(&self) -> bool {
        matches!(self.code(), Some(Code::Unauthenticated))
    }

    fn may_pass(&self) -> bool {
        self.is_transient()
    }

    fn hint(&self) -> Option<&'static str> {
        Error::hint(self)
    }

    fn outcome<T>(self) -> Outcome<T, Error> {
        Error::outcome(self)
    }
}

/// The outcome of a mutating call: for `Operation::step`.
pub fn outcome<T>(result: Result<T, Error>) -> Outcome<T, Error> {
    match result {
        Ok(answer) => Outcome::Applied(answer),
        Err(error) => error.outcome(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "SoftLayer_Virtual_Guest::createObject";

    fn refused(effect: Effect, status: u16, exception: &str) -> Error {
        let code = format!("SoftLayer_Exception_{exception}");
        let fault = Fault { code, text: "words".into() };
        Error::Refused(Box::new(Refusal::new(CALL, effect, status, fault)))
    }

    /// Whether the call certainly changed nothing.
    fn known(error: Error) -> bool {
        matches!(error.outcome::<()>(), Outcome::NotApplied(_) | Outcome::NotSent(_))
    }

    #[test]
    fn a_request_that_was_turned_away_had_no_effect() {
        for exception in [
            "ObjectNotFound",
            "InvalidValue",
            "WebService_RateLimitExceeded",
            "NotImplemented",
            "Network_Storage_BlockingOperationInProgress",
        ] {
            for effect in [Effect::Create, Effect::Change, Effect::Delete] {
                assert!(known(refused(effect, 500, exception)), "{exception}");
            }
        }
        assert!(known(refused(Effect::Create, 400, "Public")));
    }

    /// An order may be placed although its answer is an error.
    #[test]
    fn what_goes_wrong_on_the_way_may_have_had_one() {
        let public = |status, text: &str| {
            let fault = Fault { code: "SoftLayer_Exception_Public".into(), text: text.into() };
            Error::Refused(Box::new(Refusal::new(CALL, Effect::Create, status, fault)))
        };
        for text in ["Internal Error", "An internal error has occurred.", "Time Out", ""] {
            assert!(!known(public(500, text)) && !known(public(200, text)), "{text}");
        }
        // An ordinary refusal must not be looked after for ten minutes.
        assert!(known(public(500, "Invalid flavor: 'B9_1X1X1'.")));
        let nameless = Fault { code: "SoftLayer_Exception".into(), text: "words".into() };
        let nameless = Refusal::new(CALL, Effect::Delete, 500, nameless);
        assert!(!known(Error::Refused(Box::new(nameless))));
        assert!(known(refused(Effect::Delete, 500, "Order_InvalidLocation")));
        assert!(known(refused(Effect::Read, 500, "Public")));
        let unanswered = |cause| Error::Unanswered { call: CALL, effect: Effect::Create, cause };
        assert!(known(unanswered(SendError::NotSent("dns".into()))));
        assert!(!known(unanswered(SendError::MaybeSent("reset".into()))));
        assert!(!known(unanswered(SendError::TimedOut)));
        let foreign = |http_status| Error::Foreign {
            call: CALL,
            effect: Effect::Create,
            http_status,
            what: Foreign::Html,
        };
        assert!(known(foreign(302)) && known(foreign(404)));
        assert!(!known(foreign(502)) && !known(foreign(200)) && !known(foreign(408)));
        assert!(!known(Error::Odd { call: CALL, reason: "shape".into() }));
    }
}
