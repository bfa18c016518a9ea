//! From the names that operators write to the ids that CloudStack wants, a file a noun: what is
//! known of it (its facts, kept in the cache), and the one call that finds it, or none.
//!
//! Facts hold nothing secret, and keep their spelling: they stand in the cache of a director.

pub(crate) mod account;
pub(crate) mod disk;
pub(crate) mod features;
pub(crate) mod network;
pub(crate) mod network_parts;
pub(crate) mod offering;
pub(crate) mod security_group;
pub(crate) mod template;
pub(crate) mod vm;
pub(crate) mod zone;

use crate::errors::{Activity, ResultExt};
use crate::name_ref::{Found, NameRef};
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::Paged;
use cpi_kit::Cacheable;

/// What the cache holds, or what `look_up` finds in the cloud.
async fn cached_or<T: Cacheable>(
    cloud: &CloudStack,
    wanted: &NameRef,
    zone: &str,
    look_up: impl AsyncFnOnce() -> Result<T>,
) -> Result<Found<T>> {
    if let Some(found) = cloud.cached(wanted, zone) {
        return Ok(found);
    }
    let facts = look_up().await?;
    Ok(cloud.remember(wanted, zone, facts))
}

/// All rows of a list. An id that the cloud does not know gives none.
async fn rows<C: Paged>(cloud: &CloudStack, wanted: &NameRef, of: C) -> Result<Vec<C::Item>> {
    match cloud.list(of).await {
        Err(failure) if wanted.is_id() && failure.is_gone() => Ok(Vec::new()),
        listed => listed
            .during(Activity::Lookup, || format!("{}: looking up '{}'", wanted.path, wanted.text)),
    }
}
