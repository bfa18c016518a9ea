//! Where calls are counted (`api.throttling.enabled`), a refusal tells how much of the window is
//! left, and `getApiLimit` how many were counted: from that follows when a window began.

use crate::transcript::Line;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;

/// The windows of a walk. Without throttling there are none.
#[derive(Debug, Default)]
pub struct Windows {
    max: u64,
    interval: SignedDuration,
    /// Lines that certainly began one, from 0.
    starts: BTreeSet<usize>,
    /// Lines that certainly were in the window that ran.
    inside: BTreeSet<usize>,
    ends: Option<Timestamp>,
    counted: u64,
}

impl Windows {
    /// What the walk tells of them.
    pub fn of(lines: &[Line]) -> Self {
        let capability = lines.iter().find_map(|line| {
            let found = &line.body["listcapabilitiesresponse"]["capability"];
            Some((found["apilimitmax"].as_u64()?, found["apilimitinterval"].as_i64()?))
        });
        let Some((max, interval)) = capability else { return Self::default() };
        let mut windows =
            Self { max, interval: SignedDuration::from_secs(interval), ..Self::default() };
        // A root admin is not counted.
        if lines.iter().any(|line| line.status == 429) {
            windows.read(lines);
        }
        windows
    }

    fn read(&mut self, lines: &[Line]) {
        for (at, line) in lines.iter().enumerate() {
            let issued = line.body["getapilimitresponse"]["apilimit"]["apiIssued"].as_u64();
            let before = match issued {
                Some(issued) => issued.saturating_sub(1),
                None if line.status == 429 => self.max,
                None => continue,
            };
            let passed: Vec<usize> = (0..at)
                .rev()
                .filter(|at| is_counted(&lines[*at]) && lines[*at].status != 429)
                .take(before as usize)
                .collect();
            let start = if before == 0 { at } else { passed.last().copied().unwrap_or(at) };
            self.starts.insert(start);
            self.inside.extend(start + 1..=at);
        }
    }

    /// Whether calls were not counted.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Whether this line was in a window of which is known when it began.
    pub fn is_inside(&self, at: usize) -> bool {
        self.inside.contains(&at)
    }

    /// When a line was sent, of which all else says `guess`.
    pub fn place(&mut self, at: usize, line: &Line, guess: Timestamp) -> Timestamp {
        if self.starts.is_empty() || !is_counted(line) {
            return guess;
        }
        let ends = self.ends.unwrap_or(guess);
        let runs = self.inside.contains(&at) && !self.starts.contains(&at);
        if runs {
            let left = left(line).map(SignedDuration::from_millis);
            self.counted += 1;
            return match left {
                Some(left) => ends - left,
                None => guess.min(ends - SignedDuration::from_millis(1)),
            };
        }
        let begins = self.starts.contains(&at) || self.counted >= self.max || guess >= ends;
        if !begins {
            self.counted += 1;
            return guess;
        }
        let time = guess.max(ends);
        self.ends = Some(time + self.interval);
        self.counted = 1;
        time
    }
}

/// An unknown command is not counted, nor one that the role may not call.
fn is_counted(line: &Line) -> bool {
    line.status != 432 && line.body.get("errorresponse").is_none()
}

/// The milliseconds of the window that a refusal or `getApiLimit` says are left.
fn left(line: &Line) -> Option<i64> {
    let inner = line.body.as_object()?.values().next()?;
    let told = inner["apilimit"]["expireAfter"].as_i64();
    let text = || inner["errortext"].as_str().filter(|_| line.status == 429);
    let in_text = || text()?.split('[').nth(1)?.split(']').next()?.parse().ok();
    told.or_else(in_text).filter(|_| *inner != Value::Null)
}
