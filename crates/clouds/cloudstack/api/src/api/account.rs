//! Projects, domains, and what an account may have.

use super::Other;
use serde::{Deserialize, Serialize};

/// Finds projects that the caller is in; an admin finds all with `listall`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListProjects {
    /// By id.
    pub id: Option<String>,
    /// By exact name, which is unique in a domain.
    pub name: Option<String>,
    /// Of this domain.
    pub domainid: Option<String>,
    /// Everything the caller may see, not only its own.
    pub listall: Option<bool>,
}

/// A project.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `Active` or `Suspended`.
    #[serde(default)]
    pub state: String,
    /// The id of its domain.
    #[serde(default)]
    pub domainid: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Finds domains. Not for plain users.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListDomains {
    /// By id.
    pub id: Option<String>,
    /// By exact name, without the names above it.
    pub name: Option<String>,
    /// Everything the caller may see.
    pub listall: Option<bool>,
}

/// A domain.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Domain {
    /// Its id.
    pub id: String,
    /// Its name; not unique.
    pub name: String,
    /// Its name with those above it: `ROOT/customers/acme`.
    #[serde(default)]
    pub path: String,
    /// Everything else.
    #[serde(flatten)]
    pub other: Other,
}

/// Finds accounts: without `listall` the caller's own.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListAccounts {
    /// By exact name.
    pub name: Option<String>,
    /// Everything the caller may see.
    pub listall: Option<bool>,
}

/// An account, and how much of what it has and may have. Numbers are text, since a limit may be
/// `Unlimited`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The role's name: `Root Admin`, `User` …
    #[serde(default)]
    pub rolename: String,
    /// The id of its domain.
    #[serde(default)]
    pub domainid: String,
    /// Everything else: `vmlimit`, `vmavailable` …
    #[serde(flatten)]
    pub other: Other,
}
