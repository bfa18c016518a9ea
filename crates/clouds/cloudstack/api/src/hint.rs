//! What a person could do about an error.

use crate::answer::Foreign;
use crate::error::{Error, JobLoss, Refusal};
use crate::phrases::{ENTITY_DOES_NOT_EXIST, MASKED};
use cloud_http::SendError;

pub(crate) fn of(error: &Error) -> Option<&'static str> {
    match error {
        Error::Unanswered { cause, .. } => unanswered(cause),
        Error::Refused(refusal) => refused(refusal),
        Error::Foreign { http_status, what, .. } => foreign(*http_status, *what),
        Error::JobLost { why, .. } => job_lost(why),
        Error::Odd { .. } => Some("this release of CloudStack may answer otherwise"),
        Error::Settings(_) | Error::Unusable { .. } => None,
    }
}

fn unanswered(cause: &SendError) -> Option<&'static str> {
    match cause {
        SendError::NotSent(_) => Some("check endpoint, DNS, firewall and proxy"),
        SendError::Untrusted(fault, _) => Some(fault.advice()),
        SendError::TimedOut => Some("the cloud is slow or stuck; see its management server's log"),
        SendError::MaybeSent(_) | SendError::Setup(_) | SendError::TooLarge(_) => None,
    }
}

fn refused(refusal: &Refusal) -> Option<&'static str> {
    match refusal.errorcode {
        401 => Some(
            "check api_key and secret_access_key, that the account is enabled, that its role \
             allows this command, and that this machine's clock is right: a request is good for \
             ten minutes",
        ),
        429 => Some("the account's API limit is used up; see api.throttling.max"),
        431 if refusal.says(ENTITY_DOES_NOT_EXIST) => {
            Some("the id is unknown in this cloud, or not visible to this account or project")
        }
        432 => Some("this account's role, or this release of CloudStack, does not have it"),
        503 => Some("the management server shuts down or is in maintenance"),
        530 if refusal.says(MASKED) => {
            Some("CloudStack hides the reason from plain users; see its management server's log")
        }
        531 => Some("the account may not do this; it may lack a permission or not own it"),
        532 | 535 => Some("a limit of the account, domain or project is reached"),
        533 => Some("no capacity: no host, storage or address takes it now"),
        534 => Some("a host, storage or network is not available now"),
        _ => None,
    }
}

fn foreign(http_status: u16, what: Foreign) -> Option<&'static str> {
    match (what, http_status) {
        (Foreign::Redirect, _) => Some(
            "redirects are not followed, since the keys would go along; give the final URL as \
             endpoint (https instead of http?)",
        ),
        (_, 413) => Some("a proxy or the server takes no request of this size; raise its limit"),
        (_, 429) => Some("a proxy or load balancer limits requests; raise its limit"),
        (Foreign::Login, _) => Some(
            "a login page answered: a proxy that wants people to sign in, or the cloud's own page; \
             the endpoint usually ends in /client/api",
        ),
        (_, 407) => Some("the proxy wants user and password"),
        (_, 404) => Some("is the endpoint's path right? It usually ends in /client/api"),
        (Foreign::Html | Foreign::Other, 500..) => {
            Some("a proxy or load balancer answered; the management server may be down")
        }
        (Foreign::Html, _) => Some(
            "a web page answered: a proxy, a login page or the UI; the endpoint usually ends in \
             /client/api",
        ),
        (Foreign::Xml, _) => Some("is the endpoint a CloudStack API? It answered in XML"),
        (Foreign::OtherJson | Foreign::Other, _) => Some("is the endpoint a CloudStack API?"),
        (Foreign::Empty | Foreign::Truncated, _) => {
            Some("a proxy, or a management server that stopped, cut the answer off")
        }
    }
}

fn job_lost(why: &JobLoss) -> Option<&'static str> {
    match why {
        JobLoss::NoResult | JobLoss::Cancelled | JobLoss::Purged => {
            Some("it may have been carried out nevertheless; look before doing it again")
        }
        JobLoss::StillRunning => Some("it may still end well; the timeouts may be too short"),
        JobLoss::Unseen(error) => of(error),
    }
}
