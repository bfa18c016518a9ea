//! What a person could do about an error.

use crate::answer::Foreign;
use crate::code::Code;
use crate::error::{Error, Refusal};
use cloud_http::SendError;

impl Error {
    /// What a person could do about it, where we know.
    pub fn hint(&self) -> Option<&'static str> {
        of(self)
    }
}

fn of(error: &Error) -> Option<&'static str> {
    match error {
        Error::Unanswered { cause, .. } => unanswered(cause),
        Error::Refused(refusal) => refused(refusal),
        Error::Foreign { http_status, what, .. } => foreign(*http_status, *what),
        Error::Odd { .. } => Some("the API may have changed; please report it"),
        Error::Late { last, .. } => match last {
            Some(last) => of(last),
            None => Some("it may still come about; the timeouts may be too short"),
        },
        Error::Settings(_) | Error::Unusable { .. } => None,
    }
}

fn unanswered(cause: &SendError) -> Option<&'static str> {
    match cause {
        SendError::NotSent(_) => Some(
            "check api_endpoint, DNS, firewall and proxy; the private endpoint is reached from \
             SoftLayer's private network only",
        ),
        SendError::Untrusted(fault, _) => Some(fault.advice()),
        SendError::TimedOut => Some("the API is slow or stuck"),
        SendError::MaybeSent(_) | SendError::Setup(_) | SendError::TooLarge(_) => None,
    }
}

fn refused(refusal: &Refusal) -> Option<&'static str> {
    match refusal.code {
        Code::Unauthenticated => Some(
            "check username and api_key: an IAM API key goes with the username apikey; the user \
             must be allowed to use the API, also from this address",
        ),
        Code::AccessDenied => Some("the user lacks a permission; see its classic permissions"),
        Code::ObjectNotFound => {
            Some("the id is unknown, or this user may not see it: it looks the same")
        }
        Code::RateLimitExceeded => Some("the account makes too many requests at once"),
        Code::BlockingOperationInProgress => Some("another operation on the same volume goes on"),
        Code::Public if refusal.stumbled() => {
            Some("the answer became too large, or the API stumbled; try again")
        }
        _ => None,
    }
}

fn foreign(http_status: u16, what: Foreign) -> Option<&'static str> {
    match (what, http_status) {
        (Foreign::Redirect, _) => Some(
            "redirects are not followed, since the key would go along; give the final URL as \
             api_endpoint",
        ),
        (_, 407) => Some("the proxy wants user and password"),
        (_, 404) => Some("is api_endpoint right? Its path is /rest/v3.1"),
        (Foreign::Soap, _) => Some("the API stumbled; it usually heals in minutes"),
        (Foreign::Html | Foreign::Other, 500..) => Some("a proxy answered, or the API is down"),
        (Foreign::Html | Foreign::OtherJson | Foreign::Other, _) => {
            Some("is api_endpoint a SoftLayer API?")
        }
        (Foreign::Empty | Foreign::Truncated, _) => Some("something cut the answer off"),
    }
}
