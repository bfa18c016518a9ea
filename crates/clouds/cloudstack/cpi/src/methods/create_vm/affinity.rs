//! Affinity groups. A group goes by its name into the deploy call; only where the cloud knows none
//! of that name it is made, and the VM deployed once more.

use super::spec::affinity::AffinitySpec;
use crate::api::change;
use crate::errors::{Activity, CloudResult, Failure, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::affinity_group;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::CreateAffinityGroup;
use cloudstack::phrases::{AFFINITY_GROUP_EXISTS, NO_SUCH_AFFINITY_GROUP, NO_SUCH_AFFINITY_TYPE};
use journal::Operation;

/// The types that keep VMs apart, the best first: with a strict one a VM that finds no host of
/// its own does not start, and the non-strict came with 4.18.
const KEEP_APART: [&str; 2] = ["non-strict host anti-affinity", "host anti-affinity"];

/// Makes the group that a deploy was refused for; false if it was not for one.
pub(super) async fn make_missing(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &AffinitySpec,
    failure: &Failure,
) -> Result<bool> {
    if !failure.says(NO_SUCH_AFFINITY_GROUP) {
        return Ok(false);
    }
    let named = |name: &&String| failure.says(&format!("{NO_SUCH_AFFINITY_GROUP} {name}"));
    // One name may begin another: the longest is meant.
    let Some(name) = spec.names.iter().filter(named).max_by_key(|name| name.len()) else {
        return Ok(false);
    };
    let made = match spec.kind.as_deref() {
        Some(kind) => make(cloud, operation, name, kind).await,
        None => make_best(cloud, operation, name).await,
    };
    made.during(Activity::CreateVm, || format!("making affinity group '{name}'"))?;
    Ok(true)
}

/// Makes a group of the best type that the cloud has.
async fn make_best(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    name: &str,
) -> CloudResult<()> {
    let [best, other] = KEEP_APART;
    match make(cloud, operation, name, best).await {
        Err(failure) if failure.says(NO_SUCH_AFFINITY_TYPE) => {
            make(cloud, operation, name, other).await
        }
        made => made,
    }
}

/// Fine also if another call was faster.
async fn make(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    name: &str,
    kind: &str,
) -> CloudResult<()> {
    let note = cloud.names.note(operation.id());
    let call = CreateAffinityGroup {
        name: name.to_owned(),
        kind: kind.to_owned(),
        description: Some(note.clone()),
    };
    let until = cloud.deadline(Wait::CreateVm);
    let send = async || match cloud.run_job(&call, until).await.map(drop) {
        Err(failure) if failure.says(AFFINITY_GROUP_EXISTS) => Ok(()),
        made => made,
    };
    let probe = async || {
        let there = affinity_group::named(cloud, name).await?;
        Ok((!there.is_empty()).then_some(()))
    };
    change(operation, Intent::AffinityGroup { name: name.to_owned(), note }, send, probe).await
}
