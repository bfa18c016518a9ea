//! The ways to fail, and at which calls each can happen.

use serde::Serialize;
use simulator_kit::fault::{Fault, FaultKind, When};

/// How long the call takes whose connection died, in seconds.
pub const LATE: f64 = 0.2;

/// How long a call hangs, in seconds: past the method's deadline.
pub const HANG: f64 = 4.0;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The connection is reset.
    Reset,
    /// 503 by something in between.
    Unavailable,
    /// An HTML page of a proxy.
    ProxyPage,
    /// Half an answer.
    Truncated,
    /// No body.
    Empty,
    /// No answer before the deadline.
    Hang,
    /// The CPI is killed.
    Kill,
    /// The connection is reset, and the call takes effect later.
    Late,
    /// The job fails.
    JobFailure,
    /// The job is forgotten.
    JobPurged,
    /// The CPI is killed, and the next one is killed while it repairs.
    KillTwice,
    /// Nobody reads the answer.
    Unread,
}

/// Those that can happen at any call, before or after its effect.
pub const ANYWHERE: [Way; 7] = [
    Way::Reset,
    Way::Unavailable,
    Way::ProxyPage,
    Way::Truncated,
    Way::Empty,
    Way::Hang,
    Way::Kill,
];

impl Way {
    /// Whether an answer comes that is none: what it means does not depend on which call of
    /// its command it answers.
    pub fn mangles(self) -> bool {
        matches!(self, Self::Unavailable | Self::ProxyPage | Self::Truncated | Self::Empty)
    }

    /// The fault for the simulator; `pid` is the CPI's process.
    pub fn fault(self, command: &str, occurrence: u32, when: When, pid: u32) -> Option<Fault> {
        let kind = match self {
            Self::Reset => FaultKind::Reset,
            Self::Unavailable => FaultKind::Unavailable,
            Self::ProxyPage => FaultKind::ProxyPage,
            Self::Truncated => FaultKind::Truncated,
            Self::Empty => FaultKind::Empty,
            Self::Hang => FaultKind::Hang { seconds: HANG },
            Self::Kill | Self::KillTwice => FaultKind::Kill { pid: pid as i32 },
            Self::Late => FaultKind::Late { seconds: LATE },
            Self::JobFailure => FaultKind::JobFailure,
            Self::JobPurged => FaultKind::JobPurged,
            Self::Unread => return None,
        };
        Some(Fault { command: command.to_owned(), occurrence, times: 1, when, kind })
    }
}
