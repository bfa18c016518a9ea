//! Projects. What one holds belongs to an account that stands for it.

use super::{Account, Cloud, Entity, Role, User};
use crate::world::World;
use jiff::Timestamp;
use std::collections::BTreeMap;

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
    /// The other accounts that are in it.
    pub members: Vec<String>,
    /// The account that stands for it.
    pub account: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A project to make.
#[derive(Debug, Clone, Default)]
pub struct NewProject {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub displaytext: String,
    /// The account that owns it.
    pub owner: String,
    /// The other accounts that are in it.
    pub members: Vec<String>,
    /// What it may have, where that is not the usual.
    pub limits: BTreeMap<String, i64>,
}

impl Entity for Project {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Cloud {
    /// Whether this account may look into a project.
    pub fn is_in_project(&self, project: &Project, account: &str) -> bool {
        project.owner == account || project.members.iter().any(|member| member == account)
    }

    /// A new project of these accounts, the first of which owns it; its id.
    pub fn add_project(&mut self, id: Option<&String>, new: NewProject) -> String {
        let (id, account) = (self.id_or_new(id), self.new_id());
        let NewProject { name, displaytext, owner, members, limits } = new;
        self.accounts.insert(Account {
            id: account.clone(),
            name: format!("PrjAcct-{name}-{}", self.projects.next_number()),
            role: Role::Nobody,
            domain: self
                .accounts
                .get(&owner)
                .map_or_else(|| self.domain.id.clone(), |it| it.domain.clone()),
            project: Some((id.clone(), name.clone())),
            user: User::default(),
            limits: limits.into_iter().collect(),
            reserved: BTreeMap::new(),
            snapshots_miscounted: 0,
            had_router: false,
        });
        let created = self.now();
        self.projects.insert(Project {
            id: id.clone(),
            name,
            displaytext,
            owner,
            members,
            account,
            created,
        });
        id
    }

    pub(super) fn add_projects(&mut self, world: &World) {
        for spec in &world.projects {
            let id = |name: &String| self.account_named(name).map(|account| account.id.clone());
            let mut members = spec.members.iter().filter_map(id).collect::<Vec<_>>().into_iter();
            let new = NewProject {
                name: spec.name.clone(),
                displaytext: spec.name.clone(),
                owner: members.next().unwrap_or_default(),
                members: members.collect(),
                limits: spec.limits.clone(),
            };
            self.add_project(spec.id.as_ref(), new);
        }
    }
}
