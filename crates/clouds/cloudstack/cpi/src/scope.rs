//! Whose resources this process makes and finds: a project's, another account's, the keys' own.
//!
//! This is the one place where that is decided; the client says it with every call that can be
//! told.

use crate::errors::{Activity, CloudResult, Failure, ResultExt};
use crate::name_ref::{NameRef, only};
use crate::properties::{PATH, Wait, given};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{Domain, ListDomains, ListProjects, Project};
use cloudstack::{Effect, Error, Paged, Refusal, Scope};
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};

/// The project or the domain whose things calls are about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScopeFacts {
    pub id: String,
}

impl Cacheable for ScopeFacts {
    const NOUN: &'static str = "scope";
}

/// The scope of the properties, with ids for names.
pub(crate) async fn resolve(cloud: &CloudStack) -> Result<Scope> {
    let wanted = |text: &Option<String>, name: &str| {
        given(text).map(|text| NameRef::new(text, format!("{PATH}.{name}")))
    };
    let domain = wanted(&cloud.properties.domain, "domain");
    if let Some(project) = wanted(&cloud.properties.project, "project") {
        return Ok(Scope::Project(find_project(cloud, &project, domain.as_ref()).await?));
    }
    match (given(&cloud.properties.account), domain) {
        (Some(name), Some(domain)) => {
            let domain = find_domain(cloud, &domain).await?;
            Ok(Scope::Account { name: name.to_owned(), domain })
        }
        _ => Ok(Scope::Own),
    }
}

async fn find_project(
    cloud: &CloudStack,
    wanted: &NameRef,
    domain: Option<&NameRef>,
) -> Result<String> {
    if wanted.is_id() {
        return Ok(wanted.text.clone());
    }
    if let Some(found) = cloud.cached::<ScopeFacts>(wanted, PROJECT) {
        return Ok(found.id.clone());
    }
    let domainid = match domain {
        Some(domain) => Some(find_domain(cloud, domain).await?),
        None => None,
    };
    let name = Some(wanted.text.clone());
    let of = ListProjects { name, domainid, listall: Some(true), ..ListProjects::default() };
    let projects: Vec<Project> = unscoped_rows(cloud, wanted, of).await?;
    let named = projects.into_iter().filter(|project| project.name == wanted.text);
    let row = only(wanted, "project", named.collect(), |project| &project.id)?;
    Ok(cloud.remember(wanted, PROJECT, ScopeFacts { id: row.id }).id.clone())
}

async fn find_domain(cloud: &CloudStack, wanted: &NameRef) -> Result<String> {
    if wanted.is_id() {
        return Ok(wanted.text.clone());
    }
    if let Some(found) = cloud.cached::<ScopeFacts>(wanted, DOMAIN) {
        return Ok(found.id.clone());
    }
    let path = wanted.text.trim_matches('/');
    let name = path.rsplit('/').next().map(str::to_owned);
    let of = ListDomains { name, listall: Some(true), ..ListDomains::default() };
    let domains: Vec<Domain> = unscoped_rows(cloud, wanted, of).await?;
    let found = domains.into_iter().filter(|domain| is_domain(domain, path)).collect();
    let row = only(wanted, "domain", found, |domain| &domain.id)?;
    Ok(cloud.remember(wanted, DOMAIN, ScopeFacts { id: row.id }).id.clone())
}

/// Rows of what has no scope itself.
async fn unscoped_rows<C: Paged>(
    cloud: &CloudStack,
    wanted: &NameRef,
    of: C,
) -> Result<Vec<C::Item>> {
    let rows = cloud.client()?.list_all(of, cloud.deadline(Wait::Lookup)).await;
    let lacks = rows.as_ref().is_err_and(|error| error.code() == Some(432));
    let rows: CloudResult<_> = rows.map_err(Failure::Cloud);
    let tried = || format!("{}: looking up '{}'", wanted.path, wanted.text);
    rows.during(Activity::Lookup, tried).map_err(|error| {
        if !lacks {
            return error;
        }
        let message = format!("{}; name it by its id", error.message);
        CpiError { message, ..error }
    })
}

/// What a call came to. Where the cloud refuses the project or the account itself, every
/// other call will be refused too; and a project's remembered id may have gone stale, so
/// that the next process looks it up afresh.
pub(crate) fn checked<T>(
    cloud: &CloudStack,
    result: std::result::Result<T, Error>,
) -> CloudResult<T> {
    if let Err(error) = &result
        && !cloud.properties.scope_text().is_empty()
        && is_about_scope(error)
    {
        cloud.scope_refused.set(true);
        let text = given(&cloud.properties.project).unwrap_or_default();
        cloud.forget::<ScopeFacts>(&NameRef::new(text, ""), PROJECT);
    }
    result.map_err(Failure::Cloud)
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
