//! What calls make in the cloud, a file a kind: how it is found, how any process makes sure that
//! it is absent, and what the garbage collection lists of it.

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
use bosh_cpi::CpiError;
use cpi_kit::OwnedResource;

/// What the garbage collection lists.
pub(crate) type OwnedResources = Vec<OwnedResource<Intent>>;

/// A role without access to a kind of resource has made none of it either.
pub(crate) fn if_allowed<T>(rows: CloudResult<Vec<T>>) -> CloudResult<Vec<T>> {
    match rows {
        Err(failure) if failure.has_code(432) => Ok(Vec::new()),
        rows => rows,
    }
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
