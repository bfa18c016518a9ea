//! Links that are keys.

use cloud_http::{Secret, reveal};
use std::fmt;

/// A link by which anybody can fetch a file until it expires. Shown without what makes it good.
#[derive(Debug, Clone)]
pub struct Link {
    url: Secret,
    shown: String,
}

impl Link {
    pub(crate) fn new(url: &str, shown: String) -> Self {
        Self { url: Secret::from(url), shown }
    }

    /// The link itself. Whoever calls this answers for where it goes.
    pub fn reveal(&self) -> &str {
        reveal(&self.url)
    }
}

/// Where it leads, for people and logs.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
