//! Faults on demand: what networks, proxies, overloaded servers and dying callers do, at one
//! chosen call, before or after the call has taken effect.

use crate::cloud::{Reply, SimulatedCloud};
use crate::connection_cut::ConnectionCut;
use crate::lie::{self, Lie};
use rustix::process::{Pid, Signal, kill_process};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

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

/// Answers a request, or fails to, as the faults have it. None where the wire is cut.
pub async fn answer<F: SimulatedCloud>(
    cloud: &F,
    request: &F::Request,
    wire: &ConnectionCut,
) -> Option<Reply> {
    let command = cloud.command(request);
    let fault = cloud.with_faults(|faults| faults.meet(&command));
    let Some(Fault { kind, when, .. }) = fault else {
        return Some(cloud.answer(request));
    };
    tracing::info!(command, ?kind, ?when, "fault");
    if matches!(kind, FaultKind::JobFailure | FaultKind::JobPurged) {
        return Some(cloud.answer_with_broken_job(request, kind, when));
    }
    if let FaultKind::Lie { lie } = &kind {
        return Some(lie::answer(cloud, request, lie));
    }
    if kind == FaultKind::Twice {
        cloud.answer(request);
        cloud.answer(request);
        return cut(wire);
    }
    // Killed while its request waits: the caller has sent it, and nothing has happened yet.
    if let (FaultKind::Kill { pid }, When::Before) = (&kind, when) {
        kill(*pid);
    }
    let reply = match (&kind, when) {
        (FaultKind::Late { .. }, _) | (_, When::Before) => None,
        (_, When::After) => Some(cloud.answer(request)),
    };
    spoil(cloud, request, kind, reply, wire).await
}

async fn spoil<F: SimulatedCloud>(
    cloud: &F,
    request: &F::Request,
    kind: FaultKind,
    reply: Option<Reply>,
    wire: &ConnectionCut,
) -> Option<Reply> {
    match kind {
        FaultKind::Unavailable => Some(Reply::plain(503, "text/plain", "overloaded")),
        FaultKind::ProxyPage => Some(Reply::plain(502, "text/html", PROXY_PAGE)),
        FaultKind::Empty => Some(Reply::plain(200, "application/json", "")),
        FaultKind::Answer { status, body } => Some(Reply::plain(status, "application/json", &body)),
        FaultKind::Truncated => {
            let whole = reply.unwrap_or_else(|| Reply::plain(200, "application/json", HALF));
            wire.cut_after_half_of(&whole.body);
            Some(whole)
        }
        FaultKind::Reset
        | FaultKind::JobFailure
        | FaultKind::JobPurged
        | FaultKind::Lie { .. }
        | FaultKind::Twice => cut(wire),
        FaultKind::Kill { pid } => {
            kill(pid);
            cut(wire)
        }
        FaultKind::Late { seconds } => {
            tokio::spawn(take_effect_later(cloud.clone(), request.clone(), seconds));
            cut(wire)
        }
        FaultKind::Hang { seconds } => {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            cut(wire)
        }
    }
}

/// What a fault makes of something that is no call of the API: an upload.
pub enum Struck {
    /// None: it goes on.
    No,
    /// It does not happen; this is answered, or nothing.
    Before(Option<(u16, String)>),
    /// It happens, and then this.
    After(Fault),
}

/// Meets the faults of something that is no call of the API.
pub async fn strike<F: SimulatedCloud>(cloud: &F, command: &str) -> Struck {
    let fault = cloud.with_faults(|faults| faults.meet(command));
    match fault {
        None => Struck::No,
        Some(fault) if fault.when == When::Before => Struck::Before(fault.happen().await),
        Some(fault) => Struck::After(fault),
    }
}

impl Fault {
    /// Does what the fault does to a caller, and gives what is answered. A fault of answers or
    /// jobs only is a cut wire here.
    pub async fn happen(self) -> Option<(u16, String)> {
        match self.kind {
            FaultKind::Unavailable => return Some((503, "overloaded".into())),
            FaultKind::ProxyPage => return Some((502, PROXY_PAGE.into())),
            FaultKind::Answer { status, body } => return Some((status, body)),
            FaultKind::Kill { pid } => kill(pid),
            FaultKind::Hang { seconds } => {
                tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            }
            _ => {}
        }
        None
    }
}

fn cut(wire: &ConnectionCut) -> Option<Reply> {
    wire.cut();
    None
}

async fn take_effect_later<F: SimulatedCloud>(cloud: F, request: F::Request, seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    cloud.answer(&request);
}

const PROXY_PAGE: &str = "<html><head><title>502 Bad Gateway</title></head>\
    <body><h1>Bad Gateway</h1><p>The proxy got no answer from the server.</p></body></html>";

/// What half an answer is of, where the call was never run.
const HALF: &str = "{\"answer\":{\"count\":1,\"rows\":[{\"id\":\"0\"}]}}";

/// A world may name any number; a process that is gone already is as good as killed.
fn kill(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid)
        && let Err(error) = kill_process(pid, Signal::KILL)
    {
        tracing::warn!(%error, "cannot kill");
    }
}
