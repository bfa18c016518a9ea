//! Making sure that nothing is left: of an operation that failed, or whose owner died.

use crate::JournalError;
use crate::clock::Anchors;
use crate::id::OperationId;
use crate::intent::Intent;
use crate::journal::Journal;
use cloud_http::Deadline;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::Instant;

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

    /// Whether insisting is of no use for now, and neither is trying anything else: the cloud
    /// does not let us in, or cannot be reached.
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

/// How a step ended, where that is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It changed nothing.
    Nothing,
    /// It did its work, or some of it. A cloud whose lists lag shows that later.
    Visible,
}

/// A step to undo.
pub(crate) struct Sent<T> {
    number: usize,
    intent: T,
    ended: Option<(Ended, Instant)>,
    /// By which it is told how long ago it was sent.
    anchors: Anchors,
}

impl<T> Sent<T> {
    pub(crate) fn new(number: usize, intent: T, anchors: Anchors) -> Self {
        Self { number, intent, ended: None, anchors }
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    pub(crate) fn ended(&mut self, ended: Ended) {
        self.ended = Some((ended, Instant::now()));
    }

    /// For how long what is not there may still appear; None once it cannot.
    async fn may_appear_for(
        &mut self,
        ledger: &Journal,
        id: OperationId,
        horizon: Duration,
    ) -> Result<Option<Duration>, JournalError> {
        let left = match self.ended {
            Some((Ended::Nothing, _)) => Duration::ZERO,
            Some((Ended::Visible, at)) => LISTS_LAG.min(horizon).saturating_sub(at.elapsed()),
            None => horizon.saturating_sub(self.elapsed(ledger, id).await?),
        };
        Ok((!left.is_zero()).then_some(left))
    }

    /// How long ago it was sent, at least. What this machine begins to count from is written
    /// down, so that a later call goes on with it.
    async fn elapsed(
        &mut self,
        ledger: &Journal,
        id: OperationId,
    ) -> Result<Duration, JournalError> {
        if let Some(elapsed) = self.anchors.elapsed() {
            return Ok(elapsed);
        }
        ledger.set_anchors(id, self.number, self.anchors.text()).await?;
        Ok(Duration::ZERO)
    }
}

/// For so long a cloud's lists may lag behind what it has answered.
const LISTS_LAG: Duration = Duration::from_secs(10);

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Undoes `steps`, the last one first. If the cloud turns out not to be there, the others are not
/// tried either.
pub(crate) async fn undo_all<U: Undo>(
    ledger: &Journal,
    id: OperationId,
    steps: &mut [Sent<U::Intent>],
    undo: &U,
    patience: UndoBudget,
) -> Result<Vec<Leftover>, JournalError> {
    let mut left: Vec<Leftover> = Vec::new();
    for step in steps.iter_mut().rev() {
        if let Some(cid) = step.intent.superseded_by()
            && ledger.is_superseded(id, cid, &step.intent).await?
        {
            continue;
        }
        let what = step.intent.to_string();
        if let Some(last) = left.last()
            && undo.is_locked_out()
        {
            let why = last.why.clone();
            left.push(Leftover { what, why });
        } else if let Err(why) = undo_one(ledger, id, step, undo, patience).await? {
            left.push(Leftover { what, why });
        }
    }
    Ok(left)
}

/// Insists until the deadline. A thing that is not there is looked for until it cannot appear any
/// more: its absence is believed when looks have agreed for that long.
async fn undo_one<U: Undo>(
    ledger: &Journal,
    id: OperationId,
    step: &mut Sent<U::Intent>,
    undo: &U,
    patience: UndoBudget,
) -> Result<Result<(), String>, JournalError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let why = match undo.ensure_absent(&step.intent).await {
            Ok(Absence::Final) => return Ok(Ok(())),
            Ok(Absence::MayAppear) => {
                match step.may_appear_for(ledger, id, patience.horizon).await? {
                    None => return Ok(Ok(())),
                    Some(left) => {
                        pause = pause.min(left);
                        format!("not there, but may still appear for {} s", left.as_secs() + 1)
                    }
                }
            }
            Err(error) if undo.is_locked_out() => return Ok(Err(error.to_string())),
            Err(error) => error.to_string(),
        };
        if patience.deadline.left() <= pause {
            return Ok(Err(why));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
