//! What a client has done so far.

use crate::Command;
use crate::api::QueryAsyncJobResult;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// CloudStack's code for keys or signatures that it does not take.
const LOCKED_OUT: i64 = 401;

/// What a client has done so far, counted in HTTP requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests but job polls.
    pub calls: u64,
    /// Job polls.
    pub polls: u64,
    /// How many of both were sent again.
    pub retries: u64,
    /// The time that requests took, one after the other.
    pub time: Duration,
    /// The calls by command, without job polls.
    pub commands: BTreeMap<&'static str, u64>,
    /// Whether the last request was refused because of who sent it (401).
    pub locked_out: bool,
    /// Whether the last request certainly did not leave this machine: the cloud is not there.
    pub unreachable: bool,
    /// The id of the account whose keys these are, once a job has told it: the same for every
    /// key of it and every way to the cloud.
    pub account: Option<String>,
    /// How far this machine's clock was ahead of the cloud's at the last answer that told one.
    pub ahead: Option<SignedDuration>,
}

/// A tally that is being kept.
#[derive(Debug, Default)]
pub(crate) struct Tallied(Mutex<Tally>);

impl Tallied {
    pub(crate) fn now(&self) -> Tally {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn request(&self, command: &'static str, took: Duration) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.time += took;
        if command == QueryAsyncJobResult::NAME {
            tally.polls += 1;
        } else {
            tally.calls += 1;
            *tally.commands.entry(command).or_default() += 1;
        }
    }

    pub(crate) fn ended(&self, code: Option<i64>, unreachable: bool) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.locked_out = code == Some(LOCKED_OUT);
        tally.unreachable = unreachable;
    }

    pub(crate) fn account(&self, id: &str) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tally.account.as_deref() != Some(id) {
            tally.account = Some(id.to_owned());
        }
    }

    pub(crate) fn ahead(&self, by: Option<SignedDuration>) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.ahead = by.or(tally.ahead);
    }

    pub(crate) fn retry(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retries += 1;
    }
}
