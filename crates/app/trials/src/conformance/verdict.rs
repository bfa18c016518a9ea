//! What came of a check.

use serde::{Serialize, Serializer};
use std::time::Duration;

/// What came of a check.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// The check's number.
    pub id: &'static str,
    /// What must hold.
    pub what: &'static str,
    /// Why it does not; None where it does.
    pub fault: Option<String>,
    /// How long it took.
    #[serde(serialize_with = "as_seconds")]
    pub took: Duration,
}

fn as_seconds<S: Serializer>(took: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(took.as_secs_f64())
}
