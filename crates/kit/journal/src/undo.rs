//! Making sure that nothing is left: of an operation that failed, or whose owner died.

use crate::JournalError;
use crate::id::{OperationId, now};
use crate::journal::Journal;
use cloud_http::Deadline;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::time::Duration;

/// What a step makes or changes, named so that another process finds it.
pub trait Intent: Serialize + DeserializeOwned + Clone + Display {
    /// The CID of what is changed, where the change must not be undone once a later operation
    /// has answered for the same CID: a disk that was attached again, say.
    fn superseded_by(&self) -> Option<&str> {
        None
    }

    /// Whether `earlier` changed the same in the same way. If that was answered for the same
    /// CID last, it was so before, and stays so.
    fn repeats(&self, earlier: &Self) -> bool {
        let _ = earlier;
        false
    }
}

/// What a provider gives, so that any process can clean up after any other.
#[allow(async_fn_in_trait)] // one current-thread runtime, so no `Send` is wanted
pub trait Undo {
    /// The provider's targets.
    type Intent: Intent;
    /// Why it could not be undone.
    type Error: Display;

    /// Makes sure that nothing is left of `target`, whether it was made, half made or never
    /// made. Doing it twice is no fault.
    async fn ensure_absent(&self, target: &Self::Intent) -> Result<Absence, Self::Error>;

    /// Whether insisting is of no use for now, as the cloud does not let us in.
    fn is_locked_out(&self) -> bool {
        false
    }
}

/// How far `ensure_absent` may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Absent, and it cannot appear any more.
    Final,
    /// Absent, but a request that was sent may still make it, for a while.
    MayAppear,
}

/// How long to insist.
#[derive(Debug, Clone, Copy)]
pub struct UndoBudget {
    /// The time within which a request that was sent may still take effect.
    pub horizon: Duration,
    /// When to leave the rest to a later call.
    pub deadline: Deadline,
}

/// Something that is, or may be, still there.
#[derive(Debug, Clone)]
pub struct Leftover {
    /// What it is, for people.
    pub what: String,
    /// Why it could not be undone yet.
    pub why: String,
}

impl Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.what, self.why)
    }
}

/// A step to undo.
pub(crate) struct Sent<T> {
    pub(crate) target: T,
    /// Whether its outcome is certain, so that nothing can appear any more.
    pub(crate) settled: bool,
    /// When it was sent, in milliseconds since 1970.
    pub(crate) at: i64,
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Undoes `steps`, the last one first.
pub(crate) async fn undo_all<U: Undo>(
    ledger: &Journal,
    id: OperationId,
    steps: &[Sent<U::Intent>],
    undo: &U,
    patience: UndoBudget,
) -> Result<Vec<Leftover>, JournalError> {
    let mut left = Vec::new();
    for step in steps.iter().rev() {
        if let Some(cid) = step.target.superseded_by()
            && ledger.stands(id, cid, &step.target).await?
        {
            continue;
        }
        if let Err(why) = undo_one(step, undo, patience).await {
            left.push(Leftover { what: step.target.to_string(), why });
        }
    }
    Ok(left)
}

/// Insists until the deadline. A thing that is not there yet is waited for until it cannot
/// appear any more.
async fn undo_one<U: Undo>(
    step: &Sent<U::Intent>,
    undo: &U,
    patience: UndoBudget,
) -> Result<(), String> {
    let mut pause = FIRST_PAUSE;
    loop {
        let why = match undo.ensure_absent(&step.target).await {
            Ok(Absence::Final) => return Ok(()),
            Ok(Absence::MayAppear) if step.settled => return Ok(()),
            Ok(Absence::MayAppear) => match appears_within(step.at, patience.horizon) {
                None => return Ok(()),
                Some(left) => {
                    pause = pause.min(left);
                    format!("the lost request may still take effect for {} s", left.as_secs() + 1)
                }
            },
            Err(error) if undo.is_locked_out() => return Err(error.to_string()),
            Err(error) => error.to_string(),
        };
        if patience.deadline.left() <= pause {
            return Err(why);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The time for which a request sent at `sent` may still take effect.
fn appears_within(sent: i64, horizon: Duration) -> Option<Duration> {
    let end = sent.saturating_add(horizon.as_millis() as i64);
    let left = end.saturating_sub(now());
    (left > 0).then(|| Duration::from_millis(left as u64))
}
