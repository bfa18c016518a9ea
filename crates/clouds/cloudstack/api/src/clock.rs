//! A wrong clock is the most puzzling reason for a 401: requests expire.

use bytes::Bytes;
use http::header::DATE;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

/// A request is good for ten minutes, and some clouds take none that is good for more than
/// fifteen: a clock may be so far behind or ahead.
const BEHIND: SignedDuration = SignedDuration::from_mins(10);
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// How far this machine's clock is ahead of the cloud's, if the answer tells the cloud's.
pub(crate) fn ahead(answer: &http::Response<Bytes>, now: Timestamp) -> Option<SignedDuration> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    Some(now.duration_since(rfc2822::parse(date).ok()?.timestamp()))
}

/// What to add to a 401, if this machine's clock explains it.
pub(crate) fn note(answer: &http::Response<Bytes>, now: Timestamp) -> Option<String> {
    if answer.status() != http::StatusCode::UNAUTHORIZED {
        return None;
    }
    let ahead = ahead(answer, now)?;
    let way = match ahead {
        _ if ahead >= AHEAD => "ahead of",
        _ if ahead <= -BEHIND => "behind",
        _ => return None,
    };
    let minutes = ahead.abs().as_mins();
    Some(format!(" (this machine's clock is {minutes} min {way} the cloud's)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(status: u16, date: &str, now: &str) -> Option<String> {
        let answer = http::Response::builder().status(status).header(DATE, date);
        note(&answer.body(Bytes::new()).unwrap(), now.parse().unwrap())
    }

    #[test]
    fn a_clock_that_explains_a_401_is_told() {
        let date = "Thu, 30 Oct 2025 13:51:39 GMT";
        let behind = noted(401, date, "2025-10-30T13:40:00Z").unwrap();
        assert_eq!(behind, " (this machine's clock is 11 min behind the cloud's)");
        let ahead = noted(401, date, "2025-10-30T14:51:39Z").unwrap();
        assert_eq!(ahead, " (this machine's clock is 60 min ahead of the cloud's)");
        assert_eq!(noted(401, date, "2025-10-30T13:50:00Z"), None);
        assert_eq!(noted(431, date, "2025-10-30T14:51:39Z"), None);
        assert_eq!(noted(401, "yesterday", "2025-10-30T14:51:39Z"), None);
    }
}
