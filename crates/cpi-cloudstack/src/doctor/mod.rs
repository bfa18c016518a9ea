//! `cpi doctor`: whether these properties and this cloud go together, checked before a
//! deployment finds out. It changes nothing, and asks the cloud itself, never the cache.

mod account;
mod connection;
mod place;
mod role;

use crate::CloudStack;
use crate::errors::Failure;
use serde::Serialize;
use std::fmt::Display;

/// What to look at beside what the properties name.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// Networks that VMs will be in, by name or id.
    pub networks: Vec<String>,
    /// Service offerings that VMs will have, by name or id.
    pub offerings: Vec<String>,
    /// Templates, by name or id, or stemcells' CIDs.
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
    fn ok(check: impl Display, found: impl Display) -> Self {
        Self { check: check.to_string(), level: Level::Ok, found: found.to_string(), hint: None }
    }

    fn warn(check: impl Display, found: impl Display, hint: impl Display) -> Self {
        let hint = Some(hint.to_string());
        Self { level: Level::Warn, hint, ..Self::ok(check, found) }
    }

    fn fail(check: impl Display, found: impl Display, hint: impl Display) -> Self {
        let hint = Some(hint.to_string());
        Self { level: Level::Fail, hint, ..Self::ok(check, found) }
    }

    /// A check that could not be made.
    fn unknown(check: impl Display, failure: &Failure) -> Self {
        let hint = match failure {
            Failure::Cloud(error) => error.hint(),
            Failure::Ledger(_) | Failure::Ready(_) => None,
        };
        Self::fail(check, failure, hint.unwrap_or("this could not be checked"))
    }
}

impl CloudStack {
    /// Every check, in an order in which a person reads them. Where the cloud cannot be talked
    /// to, only the reason of that.
    pub async fn examine(&self, questions: &Questions) -> Vec<Finding> {
        let (mut findings, capabilities) = connection::check(self).await;
        findings.push(connection::journal(self).await);
        let Some(capabilities) = capabilities else { return findings };
        if let Err(error) = self.scoped().await {
            findings.push(Finding::fail("project", error.message, "correct the scope"));
            return findings;
        }
        // Boxed: so many calls at once would be much for a stack.
        let (account, role, place) = tokio::join!(
            Box::pin(account::check(self)),
            Box::pin(role::check(self, &capabilities)),
            Box::pin(place::check(self, questions)),
        );
        findings.extend(account);
        findings.extend(role);
        findings.extend(place);
        findings
    }
}
