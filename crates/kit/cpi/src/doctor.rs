//! What `cpi doctor` asks and is told: whether the properties and the cloud go together.

use serde::Serialize;
use std::fmt::Display;

/// What to look at beside what the properties name.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// Networks that VMs will be in, by name or id.
    pub networks: Vec<String>,
    /// Service offerings or flavors that VMs will have, by name or id.
    pub offerings: Vec<String>,
    /// Templates or images, by name or id, or stemcells' CIDs.
    pub templates: Vec<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All is well.
    Ok,
    /// It works, but perhaps not as it is meant.
    Warn,
    /// A deployment would stop.
    Fail,
}

/// What a check found. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: `keys`, `zone`, `network bosh-net` …
    pub check: String,
    /// How bad it is.
    pub level: Level,
    /// What is the case.
    pub found: String,
    /// What to do about it, where it is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(check: impl Display, found: impl Display) -> Self {
        Self { check: check.to_string(), level: Level::Ok, found: found.to_string(), hint: None }
    }

    /// It works, but perhaps not as it is meant.
    pub fn warn(check: impl Display, found: impl Display, hint: impl Display) -> Self {
        let hint = Some(hint.to_string());
        Self { level: Level::Warn, hint, ..Self::ok(check, found) }
    }

    /// A deployment would stop.
    pub fn fail(check: impl Display, found: impl Display, hint: impl Display) -> Self {
        let hint = Some(hint.to_string());
        Self { level: Level::Fail, hint, ..Self::ok(check, found) }
    }
}
