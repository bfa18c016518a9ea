//! Lists that are not true: filters that are not heeded, rows of others, rows that lag. A proxy, a
//! cache or a bug in the cloud answers so, with status 200.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// In what a list is not true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Lie {
    /// Filters are not heeded: all rows come, those that nobody asked for first.
    FilterIgnored,
    /// The same, and the foreign rows' names are those asked for in upper case, longer, shorter.
    LookAlikes,
    /// The same, and the foreign rows bear the very name asked for, in another account.
    OtherAccount,
    /// No rows.
    Empty,
    /// Rows lag: only those whose ids are known come, for so many seconds from the first call
    /// that meets this.
    Stale {
        /// So many seconds.
        seconds: f64,
        /// The ids that are shown.
        known: BTreeSet<String>,
    },
    /// Whatever page is asked for, the first one comes, of a list said to be endless.
    PageIgnored,
    /// The total is far too large.
    CountWrong,
    /// Each row comes twice.
    RowsTwice,
    /// The answer is none of this call's.
    ForeignEnvelope,
}

/// Where a cloud's lists have what a lie changes.
#[derive(Debug, Clone, Copy)]
pub struct ListShape {
    /// The keys of a row that hold names.
    pub names: &'static [&'static str],
    /// The keys of a row that hold the account, and another account's value for each.
    pub accounts: &'static [(&'static str, &'static str)],
    /// The header that holds the total, where it is none of the body.
    pub total_header: Option<&'static str>,
}
