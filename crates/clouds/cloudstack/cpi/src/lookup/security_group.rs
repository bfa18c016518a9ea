//! Security groups, as earlier calls have found or made them.

use super::{cached_or, rows};
use crate::name_ref::{Found, NameRef, only};
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::ListSecurityGroups;
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};

/// A security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SecurityGroupFacts {
    pub id: String,
}

impl Cacheable for SecurityGroupFacts {
    const NOUN: &'static str = "security group";
}

/// Finds a security group by its name.
pub(crate) async fn find(
    cloud: &CloudStack,
    wanted: &NameRef,
) -> Result<Found<SecurityGroupFacts>> {
    cached_or(cloud, wanted, "", async || {
        let of = ListSecurityGroups { securitygroupname: Some(wanted.text.clone()) };
        let groups = rows(cloud, wanted, of).await?.into_iter();
        let named = groups.filter(|group| group.name == wanted.text);
        let found = named.map(|group| SecurityGroupFacts { id: group.id }).collect();
        only(wanted, "security group", found, |row: &SecurityGroupFacts| &row.id)
    })
    .await
}

/// Whether an earlier call has found a security group, or made it.
pub(crate) fn is_known(cloud: &CloudStack, wanted: &NameRef) -> bool {
    cloud.cached::<SecurityGroupFacts>(wanted, "").is_some()
}

/// Remembers that a security group exists.
pub(crate) fn remember(cloud: &CloudStack, wanted: &NameRef, id: &str) {
    cloud.remember(wanted, "", SecurityGroupFacts { id: id.to_owned() });
}

/// Forgets a security group that is gone.
pub(crate) fn forget(cloud: &CloudStack, wanted: &NameRef) {
    cloud.forget::<SecurityGroupFacts>(wanted, "");
}
