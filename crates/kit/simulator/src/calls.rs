//! The log of calls: for call budgets, timelines and fault plans. It holds no secret.

use serde::Serialize;
use std::collections::BTreeMap;

/// Parameters whose names have one of these in them never stand in the log.
const SECRET: &[&str] = &["signature", "apikey", "userdata", "password", "secret", "privatekey"];

/// A call as the log keeps it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CallRecord {
    /// Its place in the log, from 1; never used twice.
    pub number: u64,
    /// The command, or the service and its method.
    pub command: String,
    /// Its parameters, without secrets.
    pub params: BTreeMap<String, String>,
    /// The names of the parameters that this cloud's version does not know, and so did not see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
    /// The HTTP status that was answered; None while it runs or when no answer was sent.
    pub status: Option<u16>,
    /// The error's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The job that it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// When it came in, in seconds since the epoch.
    pub start: f64,
    /// When it was answered.
    pub end: f64,
}

/// The calls since the log was last cleared.
#[derive(Debug, Clone, Default)]
pub struct CallLog {
    records: Vec<CallRecord>,
    last: u64,
}

impl CallLog {
    /// Notes a call that came in, and returns its number.
    pub fn open(&mut self, command: &str, raw: &[(String, String)], start: f64) -> u64 {
        self.last += 1;
        let plain = ["command", "response", "signatureversion", "expires"];
        let params = raw
            .iter()
            .filter(|(name, _)| !plain.iter().any(|plain| name.eq_ignore_ascii_case(plain)))
            .filter(|(name, _)| {
                let name = name.to_ascii_lowercase();
                !SECRET.iter().any(|secret| name.contains(secret))
            })
            .cloned()
            .collect();
        let command = command.to_owned();
        let record = CallRecord {
            number: self.last,
            command,
            params,
            start,
            end: start,
            ..Default::default()
        };
        self.records.push(record);
        self.last
    }

    /// The call of this number, to complete it.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut CallRecord> {
        self.records.iter_mut().rev().find(|record| record.number == number)
    }

    /// The call that came in last, to complete it.
    pub fn last_mut(&mut self) -> Option<&mut CallRecord> {
        self.records.last_mut()
    }

    /// The calls, the oldest first.
    pub fn records(&self) -> &[CallRecord] {
        &self.records
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.records.clear();
    }
}
