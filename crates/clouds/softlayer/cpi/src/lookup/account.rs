//! The account of the API user: rows of another one are not ours.

use crate::errors::CloudResult;
use crate::properties::Wait;
use crate::session::SoftLayer;
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};
use softlayer::api::account::GetCurrentUser;

/// The account, as an earlier call found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AccountFacts {
    id: u64,
}

impl Cacheable for AccountFacts {
    const NOUN: &'static str = "account";
}

/// The account's id, if an earlier call has found it: it costs no call.
pub(crate) fn known(cloud: &SoftLayer) -> Option<String> {
    cloud.cache.get::<AccountFacts>(AccountFacts::NOUN).map(|facts| facts.id.to_string())
}

/// The account's id.
pub(crate) async fn id(cloud: &SoftLayer) -> CloudResult<String> {
    if let Some(known) = known(cloud) {
        return Ok(known);
    }
    let user = cloud.call(&GetCurrentUser {}, cloud.deadline(Wait::Lookup)).await?;
    let id = user.account_id.ok_or_else(|| {
        crate::errors::cloud_error("SoftLayer did not answer the account of the API user")
    })?;
    cloud.cache.put(AccountFacts::NOUN, &AccountFacts { id });
    Ok(id.to_string())
}
