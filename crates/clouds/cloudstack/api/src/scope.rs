//! Whose things calls are about.

/// Whose things are listed, and who gets what is made. Sent with the calls whose line in the
/// table of [`command`](crate::command) says `owned`: those that take `projectid`, `account` and
/// `domainid`. Calls that name a thing by its id need none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// The caller's own.
    #[default]
    Own,
    /// A project's, by its id.
    Project(String),
    /// Another account's, which only an admin may say.
    Account {
        /// Its name.
        name: String,
        /// The id of its domain: CloudStack wants both or none.
        domain: String,
    },
}

impl Scope {
    /// The parameters that say so.
    pub fn parameters(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Own => Vec::new(),
            Self::Project(id) => vec![("projectid", id)],
            Self::Account { name, domain } => vec![("account", name), ("domainid", domain)],
        }
    }
}
