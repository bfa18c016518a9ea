//! What changes how the service answers.

use schemars::JsonSchema;
use serde::Deserialize;

/// Limits and oddities.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Calls within a time, if they are counted.
    pub rate_limit: Option<RateLimit>,
    /// The most bytes of user data that a guest takes.
    pub user_data_limit: usize,
    /// The most snapshots that a volume keeps.
    pub snapshots: usize,
    /// The most volumes that the account may have.
    pub volumes: usize,
    /// The most virtual guests that it may have.
    pub guests: usize,
    /// The guests for which there is room; without, there is room for all.
    pub capacity: Option<usize>,
    /// Seconds for which an IAM token is good.
    pub token_seconds: u64,
    /// Answers that no document describes.
    pub odd: Odd,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limit: None,
            user_data_limit: 16 << 10,
            snapshots: 50,
            volumes: 700,
            guests: 1000,
            capacity: None,
            token_seconds: 3600,
            odd: Odd::default(),
        }
    }
}

/// How many calls are answered within a time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// So many calls.
    pub calls: u64,
    /// In so many milliseconds.
    pub milliseconds: u64,
    /// The HTTP status for those beyond.
    #[serde(default = "too_many")]
    pub status: u16,
}

fn too_many() -> u16 {
    429
}

/// Answers that no document describes, and that clients meet.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Odd {
    /// A list of one comes without its brackets.
    pub bare_lists: bool,
    /// An answer of more bytes is an internal error with status 200.
    pub largest_answer: Option<usize>,
}
