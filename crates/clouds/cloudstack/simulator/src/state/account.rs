//! Accounts and callers.

use super::Entity;
use crate::world::{RoleSpec, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The account of what CloudStack brought.
pub const SYSTEM: &str = "system";

/// Whether a caller sees and may do everything, or only what is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A root admin.
    Admin,
    /// An admin of its domain and of those below.
    DomainAdmin,
    /// A plain user.
    User,
    /// Nobody calls as it: the owner of a project's things, or the system.
    Nobody,
}

/// An account: an owner of things. A project has one of its own, as in CloudStack.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its users may do.
    pub role: Role,
    /// The domain that it is in.
    pub domain: String,
    /// The project that it stands for.
    pub project: Option<(String, String)>,
    /// Its user.
    pub user: User,
    /// Limits that somebody set, by the type's name (`user_vm`), in the order in which that was
    /// done; -1 is none.
    pub limits: Vec<(String, i64)>,
    /// What refused deploys have reserved and never given back, by the type's name.
    pub reserved: BTreeMap<&'static str, u64>,
    /// How often a deleted snapshot was counted off twice, which CloudStack does each time.
    pub snapshots_miscounted: u64,
    /// Whether a router ever ran for it, which counts its traffic.
    pub had_router: bool,
}

/// The user of an account.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its API key.
    pub api_key: String,
    /// Its secret key.
    pub secret_key: String,
}

impl Entity for Account {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Who makes a call.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account's id.
    pub account: String,
    /// The account's name.
    pub account_name: String,
    /// The user's id.
    pub user: String,
    /// The user's name.
    pub user_name: String,
    /// The domain's id.
    pub domain: String,
    /// The domain's path: `ROOT/dev`.
    pub domain_path: String,
    /// What it may do.
    pub role: Role,
}

impl Account {
    /// Sets a limit.
    pub fn set_limit(&mut self, kind: &str, most: i64) {
        match self.limits.iter_mut().find(|(known, _)| known == kind) {
            Some((_, limit)) => *limit = most,
            None => self.limits.push((kind.to_owned(), most)),
        }
    }

    /// Keeps what was reserved in vain.
    pub fn keep_reserved(&mut self, held: &[(&'static str, u64)]) {
        held.iter().for_each(|(kind, more)| *self.reserved.entry(kind).or_default() += more);
    }

    /// The limit that somebody set.
    pub fn own_limit(&self, kind: &str) -> Option<i64> {
        self.limits.iter().find(|(known, _)| known == kind).map(|(_, most)| *most)
    }
}

impl Caller {
    /// Whether it is a root admin.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Whether it is an admin, be it of a domain only.
    pub fn is_any_admin(&self) -> bool {
        matches!(self.role, Role::Admin | Role::DomainAdmin)
    }
}

impl super::Cloud {
    pub(super) fn add_accounts(&mut self, world: &World) {
        // CloudStack's own account is number 1: what it brought belongs to it.
        let system = Account {
            id: self.new_id(),
            name: SYSTEM.into(),
            role: Role::Nobody,
            domain: self.domain.id.clone(),
            project: None,
            user: User::default(),
            limits: Vec::new(),
            reserved: BTreeMap::new(),
            snapshots_miscounted: 0,
            had_router: false,
        };
        self.accounts.insert(system);
        for spec in &world.accounts {
            let id = self.id_or_new(spec.id.as_ref());
            let user = User {
                id: self.id_or_new(spec.user_id.as_ref()),
                name: spec.name.clone(),
                api_key: spec.api_key.clone(),
                secret_key: spec.secret_key.clone(),
            };
            let role = match spec.role {
                RoleSpec::Admin => Role::Admin,
                RoleSpec::DomainAdmin => Role::DomainAdmin,
                RoleSpec::User => Role::User,
            };
            let domain = self.domain_at(spec.domain.as_deref().unwrap_or_default());
            let (name, limits) = (spec.name.clone(), spec.limits.clone().into_iter().collect());
            self.accounts.insert(Account {
                id,
                name,
                role,
                domain,
                project: None,
                user,
                limits,
                reserved: BTreeMap::new(),
                snapshots_miscounted: 0,
                had_router: false,
            });
        }
    }

    /// The id of a role: each kind of account has one.
    pub fn role_id(&self, role: Role) -> String {
        let number = match role {
            Role::Admin => 1,
            Role::DomainAdmin => 3,
            Role::User | Role::Nobody => 4,
        };
        uuid::Uuid::from_u128(number).to_string()
    }

    /// The account of this name.
    pub fn account_named(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name == name)
    }

    /// The caller that an account's user is.
    pub fn caller(&self, account: &Account) -> Caller {
        Caller {
            account: account.id.clone(),
            account_name: account.name.clone(),
            user: account.user.id.clone(),
            user_name: account.user.name.clone(),
            domain: account.domain.clone(),
            domain_path: self.domain_of(&account.id).map_or(String::new(), |it| it.path.clone()),
            role: account.role,
        }
    }

    /// `account` or `projectid` and `project`, `domainid`, `domain`, `domainpath`: how a
    /// resource names its owner.
    pub fn owner_fields(&self, owner: &str) -> Map<String, Value> {
        let account = self.accounts.ever(owner);
        let project = account.and_then(|account| account.project.as_ref());
        let name = account.filter(|_| project.is_none()).map(|account| &account.name);
        let domain = self.domain_of(owner);
        crate::engine::fields(json!({
            "account": name,
            "projectid": project.map(|(id, _)| id),
            "project": project.map(|(_, name)| name),
            "domainid": domain.map(|domain| &domain.id),
            "domain": domain.map(|domain| &domain.name),
            "domainpath": domain.map(|domain| &domain.path),
        }))
    }
}
