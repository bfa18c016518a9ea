//! From a cloud's errors to BOSH's: what a row of a provider's table says, and how the table is
//! read. The tables themselves are the providers': one a cloud.

mod page;

pub use page::rows_as_page;

use bosh_cpi::{CpiError, ErrorKind};
use std::fmt::Display;

/// What was being done when it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says what it says")]
pub enum Activity {
    Lookup,
    CreateVm,
    FindVm,
    RebootVm,
    DeleteVm,
    TagVm,
    CreateDisk,
    FindDisk,
    AttachDisk,
    DetachDisk,
    ResizeDisk,
    DeleteDisk,
    TagDisk,
    SnapshotDisk,
    DeleteSnapshot,
    CreateStemcell,
    FindStemcell,
    DeleteStemcell,
    CreateNetwork,
    DeleteNetwork,
    Undo,
}

/// A row of a table: while doing this, with that code and that phrase, answer this kind. `C` is
/// what the cloud has for codes.
pub struct Row<C: 'static> {
    /// Any of these; every one if empty.
    pub doing: &'static [Activity],
    /// Any of these; every one if empty.
    pub codes: &'static [C],
    /// Any of these; every one if empty.
    pub phrases: &'static [&'static str],
    /// What the director is told.
    pub kind: ErrorKind,
    /// Whether it is worth repeating.
    pub ok_to_retry: bool,
    /// What a person can do, if anything.
    pub advice: &'static str,
}

/// Whether the words of a refusal hold a phrase.
pub type PhraseTest<'a> = dyn Fn(&str) -> bool + 'a;

/// An error of the cloud, as a table reads it.
pub struct CloudFailure<'a, C> {
    /// In words.
    pub error: &'a dyn Display,
    /// The code of the cloud's refusal, and whether the refusal has a phrase in its words; none
    /// if the cloud did not refuse.
    pub refusal: Option<(&'a C, &'a PhraseTest<'a>)>,
    /// Whether what is no refusal may be otherwise the next time.
    pub may_pass: bool,
    /// What a person can do, where no row says.
    pub hint: Option<&'static str>,
}

/// The error to answer: what was tried (`creating VM vm-1`), what the cloud said, what to do. The
/// first row that fits wins; what fits none is the kind of what was being done.
pub fn by_table<C: PartialEq>(
    table: &[Row<C>],
    doing: Activity,
    tried: impl Display,
    told: &CloudFailure<'_, C>,
) -> CpiError {
    let fitting = |(code, says): (&C, &dyn Fn(&str) -> bool)| {
        table.iter().find(|row| row.fits(doing, code, says))
    };
    let (kind, ok_to_retry, advice) = match told.refusal.and_then(fitting) {
        Some(row) => (row.kind, row.ok_to_retry, row.advice),
        None => (usual(doing), told.may_pass, ""),
    };
    let advice = if advice.is_empty() { told.hint.unwrap_or_default() } else { advice };
    let message = if advice.is_empty() {
        format!("{tried}: {}", told.error)
    } else {
        format!("{tried}: {} ({advice})", told.error)
    };
    CpiError::new(kind, message).retry(ok_to_retry)
}

/// What a failure is that fits no row.
fn usual(doing: Activity) -> ErrorKind {
    match doing {
        Activity::CreateVm => ErrorKind::VmCreationFailed,
        _ => ErrorKind::CloudError,
    }
}

impl<C: PartialEq> Row<C> {
    fn fits(&self, doing: Activity, code: &C, says: &dyn Fn(&str) -> bool) -> bool {
        (self.doing.is_empty() || self.doing.contains(&doing))
            && (self.codes.is_empty() || self.codes.contains(code))
            && (self.phrases.is_empty() || self.phrases.iter().any(|phrase| says(phrase)))
    }
}
