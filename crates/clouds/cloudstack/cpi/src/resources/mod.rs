//! What calls make in the cloud, a file a kind: how it is found, how any process makes sure that
//! it is absent, and what the garbage collection lists of it.
//!
//! Two laws hold here: nothing of ours is left, and nothing of others is touched. Whatever a list
//! shows is compared with a [`Claim`] before it is changed, deleted or answered as ours.

pub(crate) mod affinity_group;
pub(crate) mod firewall_rule;
pub(crate) mod load_balancer_rule;
pub(crate) mod network;
pub(crate) mod public_ip;
pub(crate) mod public_resource;
pub(crate) mod published_image;
pub(crate) mod security_group;
pub(crate) mod shared_template;
pub(crate) mod snapshot;
pub(crate) mod ssh_key;
pub(crate) mod static_nat;
pub(crate) mod stemcell_cid;
pub(crate) mod tags;
pub(crate) mod template;
pub(crate) mod vm;
pub(crate) mod vm_deletion;
pub(crate) mod volume;

use crate::errors::CloudResult;
use crate::intent::Intent;
use crate::lookup;
use crate::session::CloudStack;
use bosh_cpi::CpiError;
use cloud_http::CloudResource;
use cloudstack::Paged;
use cpi_kit::{Claim, Owned, OwnedResource};

/// What the garbage collection lists.
pub(crate) type OwnedResources = Vec<OwnedResource<Intent>>;

/// A role without access to a kind of resource has made none of it either.
pub(crate) fn if_allowed<T>(rows: CloudResult<Vec<T>>) -> CloudResult<Vec<T>> {
    match rows {
        Err(failure) if failure.has_code(432) => Ok(Vec::new()),
        rows => rows,
    }
}

/// Those of the rows that are what is claimed, of our own account. Costs a call to learn the
/// account only where a row fits and it is not known.
async fn select<R: CloudResource>(
    cloud: &CloudStack,
    claim: Claim<'_>,
    rows: Vec<R>,
) -> Vec<Owned<R>> {
    let fitting = claim.select(rows);
    if fitting.is_empty() {
        return fitting;
    }
    let claim = claim.of_account(lookup::account::own(cloud).await);
    claim.select(fitting.into_iter().map(Owned::into_row))
}

/// The row that is what is claimed, of our own account, of a list by its id.
async fn find_own<C: Paged>(
    cloud: &CloudStack,
    of: C,
    claim: Claim<'_>,
) -> CloudResult<Option<Owned<C::Item>>>
where
    C::Item: CloudResource,
{
    let Some(found) = cloud.find(of, &claim).await? else { return Ok(None) };
    let claim = claim.of_account(lookup::account::own(cloud).await);
    let own = claim.verify(found.into_row());
    own.map(Some).map_err(|error| CpiError::from(error).into())
}

/// The only one of a name. Names are not unique in CloudStack, and to take the wrong disk is worse
/// than to take none.
fn only<T>(
    what: &str,
    name: &str,
    mut named: Vec<T>,
    id: impl Fn(&T) -> &str,
) -> CloudResult<Option<T>> {
    if named.len() < 2 {
        return Ok(named.pop());
    }
    let ids: Vec<_> = named.iter().map(&id).collect();
    let ids = ids.join(", ");
    Err(CpiError::cloud(format!("more than one {what} is named '{name}': {ids}")).into())
}
