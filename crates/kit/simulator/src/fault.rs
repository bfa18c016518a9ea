//! Faults on demand: what networks, proxies, overloaded servers and dying callers do, at one
//! chosen call, before or after the call has taken effect.

use crate::lie::Lie;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// One fault to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// At which call, by its name in the log of calls: `deployVirtualMachine`,
    /// `SoftLayer_Virtual_Guest::createObject`; `*` for any.
    pub command: String,
    /// At the how-manieth such call from when the fault was declared, counted from 1.
    #[serde(default = "one")]
    pub occurrence: u32,
    /// At how many such calls in a row.
    #[serde(default = "one")]
    pub times: u32,
    /// Before or after the call has taken effect.
    pub when: When,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// Whether a call that meets a fault takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// It does not.
    Before,
    /// It does, and the caller does not learn of it.
    After,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection is closed without an answer.
    Reset,
    /// 503, and not by the cloud itself.
    Unavailable,
    /// A proxy's error page in HTML, with 502.
    ProxyPage,
    /// The answer breaks off in the middle.
    Truncated,
    /// 200 and no body.
    Empty,
    /// This process is killed (SIGKILL), and the connection closed.
    Kill {
        /// The process.
        pid: i32,
    },
    /// The connection is closed, and the call takes effect later, whatever `when` says.
    Late {
        /// So many seconds later.
        seconds: f64,
    },
    /// What the call starts fails: before it did anything, or after it did everything.
    JobFailure,
    /// The call's job is forgotten: before it did anything, or while it goes on.
    JobPurged,
    /// This is answered, whatever it was: an error of the cloud's own, or an answer that no
    /// document describes.
    Answer {
        /// HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// A list is answered untruly. What is no list is answered as it is.
    Lie {
        /// In what.
        lie: Lie,
    },
    /// The request is delivered twice, and the connection closed without an answer.
    Twice,
    /// No answer for so long; then the connection is closed.
    Hang {
        /// So many seconds.
        seconds: f64,
    },
}

/// The faults of a cloud, and which of them have struck.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Faults {
    armed: Vec<Armed>,
}

#[derive(Debug, Clone, Serialize)]
struct Armed {
    #[serde(flatten)]
    fault: Fault,
    /// Calls of this command so far.
    seen: u32,
    /// How often it has struck.
    struck: u32,
    /// When it struck first.
    #[serde(skip)]
    since: Option<Instant>,
}

fn one() -> u32 {
    1
}

impl Faults {
    /// Declares faults in place of those before.
    pub fn declare(&mut self, faults: Vec<Fault>) {
        self.armed = faults
            .into_iter()
            .map(|fault| Armed { fault, seen: 0, struck: 0, since: None })
            .collect();
    }

    /// How many times the declared faults have struck.
    pub fn struck(&self) -> u32 {
        self.armed.iter().map(|armed| armed.struck).sum()
    }

    /// The fault that this call meets.
    pub fn meet(&mut self, command: &str) -> Option<Fault> {
        let mut met = None;
        for armed in &mut self.armed {
            let Fault { command: wanted, occurrence, times, .. } = &armed.fault;
            if wanted != "*" && !wanted.eq_ignore_ascii_case(command) {
                continue;
            }
            armed.seen += 1;
            let due = (*occurrence..occurrence.saturating_add(*times)).contains(&armed.seen);
            if met.is_none() && due && !armed.is_over() {
                armed.since.get_or_insert_with(Instant::now);
                armed.struck += 1;
                met = Some(armed.fault.clone());
            }
        }
        met
    }
}

impl Armed {
    /// Whether it lasts for a time only, and that has passed.
    fn is_over(&self) -> bool {
        let FaultKind::Lie { lie: Lie::Stale { seconds, .. } } = &self.fault.kind else {
            return false;
        };
        self.since.is_some_and(|since| since.elapsed().as_secs_f64() >= *seconds)
    }
}
