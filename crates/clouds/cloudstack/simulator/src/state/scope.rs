//! Whose things a call is about.

use super::{Cloud, Role};
use crate::engine::{Call, Refusal};
use crate::state::Caller;

/// Whose things a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's, projects' too.
    Everything,
    /// Everybody's but projects'.
    Accounts,
    /// Every project's.
    Projects,
    /// Those of one account, which may stand for a project.
    One(String),
}

impl Cloud {
    /// Whose things a list shows: the caller's own; with `projectid` a project's; to an admin
    /// everybody's with `listall`, and whatever has the id that it names.
    pub fn scope(&self, call: &Call<'_>) -> Result<Scope, Refusal> {
        let (caller, params) = (call.caller, call.params);
        let admin = caller.is_admin();
        match params.text("projectid") {
            Some("-1") if admin => return Ok(Scope::Projects),
            Some(project) => return self.project_account(call, project).map(Scope::One),
            None => {}
        }
        if let Some(name) = params.text("account") {
            let account = self.account_named(name).filter(|a| admin || a.id == caller.account);
            let account =
                account.ok_or_else(|| Refusal::denied(format!("no account {name} for you")))?;
            return Ok(Scope::One(account.id.clone()));
        }
        let by_id = params.has("id") || params.has("ids");
        Ok(match (admin, by_id, params.flag("listall") == Some(true)) {
            (true, true, _) => Scope::Everything,
            (true, false, true) => Scope::Accounts,
            _ => Scope::One(caller.account.clone()),
        })
    }

    /// Whether a list of this scope shows what `owner` has.
    pub fn shows(&self, scope: &Scope, owner: &str) -> bool {
        let is_project =
            || self.accounts.ever(owner).is_some_and(|account| account.project.is_some());
        match scope {
            Scope::Everything => true,
            Scope::Accounts => !is_project(),
            Scope::Projects => is_project(),
            Scope::One(account) => account == owner,
        }
    }

    /// The account that gets what a call makes: the caller's, or that of a project or another
    /// account that it names.
    pub fn new_owner(&self, call: &Call<'_>) -> Result<String, Refusal> {
        let (params, caller) = (call.params, call.caller);
        let (account, domain) = (params.text("account"), params.text("domainid"));
        match (params.text("projectid"), account, domain) {
            (Some(_), Some(_), _) => {
                Err(Refusal::invalid("Account and projectId can't be specified together"))
            }
            (Some(project), None, _) => self.project_account(call, project),
            (None, Some(name), Some(domain)) => self.account_in(caller, name, domain),
            (None, None, None) => Ok(caller.account.clone()),
            _ => Err(Refusal::invalid("accountName and domainId must be specified together")),
        }
    }

    /// Refuses who may not touch what `owner` has.
    pub fn check_owner(&self, caller: &Caller, owner: &str) -> Result<(), Refusal> {
        let project = self.projects.iter().find(|project| project.account == owner);
        let member = project.is_some_and(|project| self.is_in_project(project, &caller.account));
        if caller.role == Role::Admin || caller.account == owner || member {
            return Ok(());
        }
        let owner = self.accounts.ever(owner).map_or("", |account| &account.name);
        Err(Refusal::denied(format!("{} may not use what {owner} has", caller.account_name)))
    }

    /// An account that the caller names: an admin any, others their own.
    fn account_in(&self, caller: &Caller, name: &str, domain: &str) -> Result<String, Refusal> {
        if domain != self.domain.id {
            return Err(Refusal::parameter(format!(
                "Invalid parameter domainid value={domain}: {}",
                cloudstack::phrases::ENTITY_DOES_NOT_EXIST
            )));
        }
        let account = self.account_named(name).filter(|account| account.role != Role::Nobody);
        match account {
            Some(account) if caller.is_admin() || account.id == caller.account => {
                Ok(account.id.clone())
            }
            Some(_) => Err(Refusal::denied(format!(
                "Account {} is not authorized to create for {name}",
                caller.account_name
            ))),
            None => Err(Refusal::invalid(format!("Unable to find account {name}"))),
        }
    }

    fn project_account(&self, call: &Call<'_>, id: &str) -> Result<String, Refusal> {
        let project = self.projects.get(id);
        let project = project.ok_or_else(|| call.params.unknown_id("projectid", id))?;
        self.check_owner(call.caller, &project.account)?;
        Ok(project.account.clone())
    }
}
