//! Who may call.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An account with one user of the same name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: RoleSpec,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// Its user's id; a fresh one without.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The domain that it is in, as a path below the root: `dev/bosh`. The root without.
    #[serde(default)]
    pub domain: Option<String>,
    /// The API key of its user.
    pub api_key: String,
    /// The secret key of its user.
    pub secret_key: String,
    /// Limits by the type's name (`user_vm`, `volume` …); -1 is none. Others are the default:
    /// none for an admin, CloudStack's for a user.
    #[serde(default)]
    pub limits: BTreeMap<String, i64>,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoleSpec {
    /// A root admin.
    Admin,
    /// An admin of its domain and of those below.
    DomainAdmin,
    /// A plain user.
    User,
}

/// A project, which several accounts share.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectSpec {
    /// Its name.
    pub name: String,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// The accounts that are in it, by name; the first one owns it.
    pub members: Vec<String>,
    /// Limits by the type's name (`user_vm`, `volume` …); -1 is none.
    #[serde(default)]
    pub limits: BTreeMap<String, i64>,
}
