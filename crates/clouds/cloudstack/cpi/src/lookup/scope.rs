//! Whose things this process makes and finds: a project's, another account's, the keys' own.
//!
//! This is the one place where that is decided; the client says it with every call that can be
//! told.

use super::find::key;
use super::rows::ScopeRow;
use super::{Wanted, only};
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::properties::{PATH, Wait, given};
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{Domain, ListDomains, ListProjects, Project};
use cloudstack::{Effect, Error, Paged, Refusal, Scope};

impl CloudStack {
    /// The scope of the properties, with ids for names.
    pub(crate) async fn scope(&self) -> Result<Scope> {
        let wanted = |text: &Option<String>, name: &str| {
            given(text).map(|text| Wanted::new(text, format!("{PATH}.{name}")))
        };
        let domain = wanted(&self.properties.domain, "domain");
        if let Some(project) = wanted(&self.properties.project, "project") {
            return Ok(Scope::Project(self.project(&project, domain.as_ref()).await?));
        }
        match (given(&self.properties.account), domain) {
            (Some(name), Some(domain)) => {
                let domain = self.domain(&domain).await?;
                Ok(Scope::Account { name: name.to_owned(), domain })
            }
            _ => Ok(Scope::Own),
        }
    }

    async fn project(&self, wanted: &Wanted, domain: Option<&Wanted>) -> Result<String> {
        if wanted.is_id() {
            return Ok(wanted.text.clone());
        }
        if let Some(found) = self.remembered::<ScopeRow>(wanted, PROJECT) {
            return Ok(found.id.clone());
        }
        let domainid = match domain {
            Some(domain) => Some(self.domain(domain).await?),
            None => None,
        };
        let name = Some(wanted.text.clone());
        let of = ListProjects { name, domainid, listall: Some(true), ..ListProjects::default() };
        let projects: Vec<Project> = self.unscoped_rows(wanted, of).await?;
        let named = projects.into_iter().filter(|project| project.name == wanted.text);
        let row = only(wanted, "project", named.collect(), |project| &project.id)?;
        Ok(self.remember(wanted, PROJECT, ScopeRow { id: row.id }).id.clone())
    }

    async fn domain(&self, wanted: &Wanted) -> Result<String> {
        if wanted.is_id() {
            return Ok(wanted.text.clone());
        }
        if let Some(found) = self.remembered::<ScopeRow>(wanted, DOMAIN) {
            return Ok(found.id.clone());
        }
        let path = wanted.text.trim_matches('/');
        let name = path.rsplit('/').next().map(str::to_owned);
        let of = ListDomains { name, listall: Some(true), ..ListDomains::default() };
        let domains: Vec<Domain> = self.unscoped_rows(wanted, of).await?;
        let found = domains.into_iter().filter(|domain| is_domain(domain, path)).collect();
        let row = only(wanted, "domain", found, |domain| &domain.id)?;
        Ok(self.remember(wanted, DOMAIN, ScopeRow { id: row.id }).id.clone())
    }

    /// Rows of what has no scope itself.
    async fn unscoped_rows<C: Paged>(&self, wanted: &Wanted, of: C) -> Result<Vec<C::Item>> {
        let rows = self.client()?.list_all(of, self.deadline(Wait::Lookup)).await;
        rows.map_err(|error| {
            let tried = format!("{}: looking up '{}'", wanted.path, wanted.text);
            let lacks = error.code() == Some(432);
            let answer = errors::answer(Activity::Lookup, tried, Failure::Cloud(error));
            if !lacks {
                return answer;
            }
            let message = format!("{}; name it by its id", answer.message);
            CpiError { message, ..answer }
        })
    }

    /// What a call came to. Where the cloud refuses the project or the account itself, every
    /// other call will be refused too; and a project's remembered id may have gone stale, so
    /// that the next process looks it up afresh.
    pub(crate) fn scope_heeded<T>(
        &self,
        result: std::result::Result<T, Error>,
    ) -> std::result::Result<T, Failure> {
        if let Err(error) = &result
            && !self.properties.scope_text().is_empty()
            && is_about_scope(error)
        {
            self.scope_refused.set(true);
            let text = given(&self.properties.project).unwrap_or_default();
            self.cache.forget(&[key::<ScopeRow>(&Wanted::new(text, ""), PROJECT)]);
        }
        result.map_err(Failure::Cloud)
    }
}

/// Domains are nested, and two may have one name: the path tells them apart.
fn is_domain(domain: &Domain, path: &str) -> bool {
    domain.name == path || domain.path.trim_matches('/') == path
}

fn is_about_scope(error: &Error) -> bool {
    let named = ["projectid", "domainid"].iter().any(|name| error.says(name));
    // What may be looked at by nobody but its owner is not ours to look for.
    let forbidden = |refusal: &Refusal| refusal.errorcode == 531 && refusal.effect == Effect::Read;
    (error.code() == Some(431) && named) || error.refusal().is_some_and(forbidden)
}

/// In the place of the zone, in the cache's keys.
const PROJECT: &str = "project";
const DOMAIN: &str = "domain";

#[cfg(test)]
mod tests {
    use super::*;

    /// In the wrong one of two customers' domains everything would be somebody else's.
    #[test]
    fn nested_domains_go_by_their_paths() {
        let domain = |path: &str| Domain {
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            path: path.to_owned(),
            ..Domain::default()
        };
        let (ours, theirs) = (domain("ROOT/customers/acme"), domain("ROOT/partners/acme"));
        let both = |path: &str| (is_domain(&ours, path), is_domain(&theirs, path));
        assert_eq!(both("ROOT/customers/acme"), (true, false));
        assert_eq!(both("acme"), (true, true), "which is refused, and both are named");
        assert_eq!(both("customers/acme"), (false, false));
    }
}
