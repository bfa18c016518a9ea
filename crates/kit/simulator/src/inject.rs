//! Faults as they strike: at a call of the API, at an upload.

use crate::cloud::{Reply, SimulatedCloud};
use crate::connection_cut::ConnectionCut;
use crate::distortion;
use crate::fault::{Fault, FaultKind, When};
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

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
        return Some(distortion::answer(cloud, request, lie));
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
