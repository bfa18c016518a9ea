//! A provider's table from the cloud's errors to BOSH's, and how it is read.

use super::Activity;
use bosh_cpi::ErrorKind;
use cloud_http::CloudError;

/// The table of a cloud's provider.
pub trait ErrorTable: std::fmt::Debug + Clone + 'static {
    /// The error of the cloud's API.
    type Error: CloudError;

    /// The rows; the first one that fits wins.
    const ROWS: &'static [Row<<Self::Error as CloudError>::Code>];
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

impl<C: PartialEq> Row<C> {
    /// Whether the cloud's refusal is what this row is about; what is no refusal fits none.
    pub(crate) fn fits(&self, activity: Activity, error: &impl CloudError<Code = C>) -> bool {
        let Some(code) = error.refusal_code() else { return false };
        (self.doing.is_empty() || self.doing.contains(&activity))
            && (self.codes.is_empty() || self.codes.contains(code))
            && (self.phrases.is_empty() || self.phrases.iter().any(|phrase| error.says(phrase)))
    }
}

/// What a row says of an error, or the usual where no row fits: its kind, whether the call is
/// worth repeating, and what a person can do.
pub(crate) fn kind_and_advice<C>(
    row: Option<&Row<C>>,
    activity: Activity,
    error: &impl CloudError,
) -> (ErrorKind, bool, &'static str) {
    let (kind, ok_to_retry, advice) = match row {
        Some(row) => (row.kind, row.ok_to_retry, row.advice),
        None => (usual(activity), error.may_pass(), ""),
    };
    let advice = if advice.is_empty() { error.hint().unwrap_or_default() } else { advice };
    (kind, ok_to_retry, advice)
}

/// What a failure is that fits no row.
fn usual(activity: Activity) -> ErrorKind {
    match activity {
        Activity::CreateVm => ErrorKind::VmCreationFailed,
        _ => ErrorKind::CloudError,
    }
}
