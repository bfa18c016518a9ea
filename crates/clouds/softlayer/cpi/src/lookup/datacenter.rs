//! Data centers, by their names.

use crate::errors::{Activity, CloudResult, ResultExt};
use crate::session::SoftLayer;
use bosh_cpi::{CpiError, Result};
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};
use softlayer::Filter;
use softlayer::api::{Datacenter, location};

/// A data center's id, by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct DatacenterFacts {
    id: u64,
}

impl Cacheable for DatacenterFacts {
    const NOUN: &'static str = "datacenter";
}

/// The id of a data center. `path` is where its name stands, for errors.
pub(crate) async fn id(cloud: &SoftLayer, name: &str, path: &str) -> Result<u64> {
    let key = format!("{}\n{name}", DatacenterFacts::NOUN);
    if let Some(facts) = cloud.cache.get::<DatacenterFacts>(&key) {
        return Ok(facts.id);
    }
    let found = find(cloud, name).await;
    let found = found.during(Activity::Lookup, || format!("{path}: looking up '{name}'"))?;
    let id = found
        .and_then(|datacenter| datacenter.id)
        .ok_or_else(|| CpiError::cloud(format!("{path}: data center '{name}' not found")))?;
    cloud.cache.put(&key, &DatacenterFacts { id });
    Ok(id)
}

/// A data center as SoftLayer tells of it now.
pub(crate) async fn find(cloud: &SoftLayer, name: &str) -> CloudResult<Option<Datacenter>> {
    let filter = Filter::is("name", name);
    let found: Vec<Datacenter> = cloud.list(&location::GetDatacenters {}, &filter).await?;
    Ok(found.into_iter().next())
}
