//! What the journal says of an operation.

use crate::clock::Anchors;
use crate::id::OperationId;
use crate::key::Key;
use crate::store::{self, Row, Statement};
use serde::Serialize;

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// It runs; or its owner died, if nobody holds its lock.
    Open,
    /// It made something whose CID was answered; nobody has named that CID since.
    Answered,
    /// A later call named what it answered: the director knows it.
    Known,
    /// It changed something and has ended.
    Done,
    /// It failed, and something of it may be left.
    Unwinding,
    /// It failed, and nothing of it is left.
    Undone,
    /// A word that this release does not know.
    Unreadable,
}

impl OperationState {
    const ALL: [Self; 6] =
        [Self::Open, Self::Answered, Self::Known, Self::Done, Self::Unwinding, Self::Undone];

    /// The word in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Known => "known",
            Self::Done => "done",
            Self::Unwinding => "unwinding",
            Self::Undone => "undone",
            Self::Unreadable => "unreadable",
        }
    }

    fn parse(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == word);
        known.unwrap_or(Self::Unreadable)
    }

    /// What this state says of every step.
    pub(crate) fn of_steps(self) -> Option<StepState> {
        (self == Self::Undone).then_some(StepState::Undone)
    }

    /// Whether something may still have to be undone.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Open | Self::Unwinding)
    }
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It was about to be sent; what came of it, the cloud knows.
    Intent,
    /// It took effect.
    Applied,
    /// Nothing of it is left.
    Undone,
}

impl StepState {
    /// The word in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Applied => "applied",
            Self::Undone => "undone",
        }
    }
}

/// An operation.
#[derive(Debug, Clone, Serialize)]
pub struct OperationRow {
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub id: OperationId,
    /// Whose it is.
    pub key: Key,
    /// The CPI method.
    pub method: String,
    /// The director's request id; for people.
    pub request: String,
    /// Where it stands.
    pub state: OperationState,
    /// When it began, in milliseconds since 1970.
    pub begun: i64,
    /// When it last changed, in milliseconds since 1970.
    pub changed: i64,
    /// What it answered, or worked on.
    pub cid: Option<String>,
    /// What is left of it, and why.
    pub note: Option<String>,
}

/// A step.
#[derive(Debug, Clone, Serialize)]
pub struct StepRow {
    /// Its place in the operation, from 0.
    pub number: i64,
    /// What it makes or changes, as the provider wrote it: JSON.
    pub target: String,
    /// Where it stands.
    pub state: StepState,
    /// When it was about to be sent, in milliseconds since 1970: for people.
    pub sent: i64,
    /// By which it is told how long ago that was.
    #[serde(skip)]
    pub(crate) anchors: Anchors,
}

impl OperationRow {
    /// None for a row that cannot be of ours.
    pub(crate) fn read(row: &Row) -> Option<Self> {
        let filled = |text: String| (!text.is_empty()).then_some(text);
        Some(Self {
            id: read_id(row)?,
            key: Key { endpoint: row.text(1), account: row.text(2), project: row.text(3) },
            method: row.text(4),
            request: row.text(5),
            state: OperationState::parse(&row.text(6)),
            begun: row.int(7),
            changed: row.int(8),
            cid: filled(row.text(9)),
            note: filled(row.text(10)),
        })
    }
}

impl StepRow {
    pub(crate) fn read(row: &Row) -> Self {
        let state = match row.text(2).as_str() {
            "applied" => StepState::Applied,
            "undone" => StepState::Undone,
            _ => StepState::Intent,
        };
        let anchors = Anchors::parse(&row.text(4));
        Self { number: row.int(0), target: row.text(1), state, sent: row.int(3), anchors }
    }

    /// A step that is about to be sent.
    pub(crate) fn intent(number: usize, target: String, sent: i64) -> Self {
        let (number, state, anchors) = (number as i64, StepState::Intent, Anchors::now());
        Self { number, target, state, sent, anchors }
    }

    /// What writes it down.
    pub(crate) fn insert(&self, id: OperationId) -> Statement {
        let values = vec![
            id.to_string().into(),
            self.number.into(),
            self.target.as_str().into(),
            self.state.as_str().into(),
            self.sent.into(),
            self.anchors.text().into(),
        ];
        (store::INSERT_STEP, values)
    }
}

/// The id in the first column.
pub(crate) fn read_id(row: &Row) -> Option<OperationId> {
    let text = row.text(0);
    let id = OperationId::parse(&text);
    if id.is_none() {
        tracing::warn!("the journal has an operation '{text}', which is no id of ours");
    }
    id
}

fn as_text<S: serde::Serializer>(id: &OperationId, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(id)
}
