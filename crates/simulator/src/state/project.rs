//! Projects. What one holds belongs to an account that stands for it.

use super::{Cloud, Entity};
use jiff::Timestamp;

/// A project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is called.
    pub displaytext: String,
    /// The account that made it.
    pub owner: String,
    /// The account that stands for it.
    pub account: String,
    /// When it was made.
    pub created: Timestamp,
}

impl Entity for Project {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Cloud {
    /// Whether this account may look into a project.
    pub fn is_in_project(&self, project: &Project, account: &str) -> bool {
        project.owner == account
    }
}
