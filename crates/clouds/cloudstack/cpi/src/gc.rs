//! What of ours there is in the cloud, for `cpi gc`: everything that bears our name, or whose
//! description does.

use crate::errors::{Activity, CloudResult, ResultExt};
use crate::resources::{
    OwnedResources, affinity_group, load_balancer_rule, network, public_ip, security_group,
    snapshot, ssh_key, template, vm, volume,
};
use crate::session::CloudStack;
use bosh_cpi::Result;

/// Everything of ours.
pub(crate) async fn owned_resources(cloud: &CloudStack) -> Result<OwnedResources> {
    all(cloud).await.during(Activity::Lookup, || "looking for garbage")
}

async fn all(cloud: &CloudStack) -> CloudResult<OwnedResources> {
    let (vms, volumes, snapshots, templates, affinity_groups, security_groups) = tokio::join!(
        vm::owned(cloud),
        volume::owned(cloud),
        snapshot::owned(cloud),
        template::owned(cloud),
        affinity_group::owned(cloud),
        security_group::owned(cloud),
    );
    let parts = [
        vms?,
        volumes?,
        snapshots?,
        templates?,
        affinity_groups?,
        security_groups?,
        ssh_key::owned(cloud).await?,
        public_ip::owned(cloud).await?,
        load_balancer_rule::owned(cloud).await?,
        network::owned(cloud).await?,
    ];
    Ok(parts.into_iter().flatten().collect())
}
