//! The account or project that our resources belong to: a row of another one is none of ours,
//! whatever its name.

use crate::name_ref::NameRef;
use crate::scope;
use crate::session::CloudStack;
use cloud_http::CloudResource;
use cloudstack::Scope;
use cloudstack::api::ListAccounts;
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};

/// The keys' own account, as [`CloudResource::account`] writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccountFacts {
    pub account: String,
}

impl Cacheable for AccountFacts {
    const NOUN: &'static str = "account";
}

/// The account or project, as [`CloudResource::account`] writes it; None where it cannot be
/// learned. Asked for once, and only by what undoes or looks for what was lost.
pub(crate) async fn own(cloud: &CloudStack) -> Option<String> {
    let known = cloud.account.get_or_init(|| async { Box::pin(look_up(cloud)).await }).await;
    known.clone()
}

async fn look_up(cloud: &CloudStack) -> Option<String> {
    match scope::resolve(cloud).await.ok()? {
        Scope::Project(id) => Some(format!("project/{id}")),
        Scope::Account { name, domain } => Some(format!("{domain}/{name}")),
        Scope::Own => {
            let name = key();
            if let Some(known) = cloud.cached::<AccountFacts>(&name, "") {
                return Some(known.account.clone());
            }
            let accounts = cloud.list(ListAccounts::default()).await.ok()?;
            // The keys of an admin may see several, and none of them tells that it is ours.
            let [own] = accounts.as_slice() else { return None };
            let account = format!("{}/{}", own.domainid, own.name);
            Some(cloud.remember(&name, "", AccountFacts { account }).account.clone())
        }
    }
}

/// Remembers whose a resource is that the keys have just made, so that nobody need ask.
pub(crate) fn learn(cloud: &CloudStack, made: &impl CloudResource) {
    if !cloud.properties.scope_text().is_empty() {
        return;
    }
    let (name, Some(account)) = (key(), made.account()) else { return };
    if cloud.cached::<AccountFacts>(&name, "").is_none() {
        cloud.remember(&name, "", AccountFacts { account });
    }
}

fn key() -> NameRef {
    NameRef::new("the keys", "")
}
