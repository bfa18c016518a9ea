//! What of ours there is in the cloud, for `cpi gc`: everything that bears our name, or whose
//! description does.

use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::resources::{
    OwnedResources, affinity_group, load_balancer_rule, network, public_ip, public_resource,
    security_group, snapshot, ssh_key, template, vm, vm_deletion, volume,
};
use crate::session::CloudStack;
use bosh_cpi::Result;
use cpi_kit::Found;

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

/// Deletes what was listed, by its id, if that id still bears its name: by name, a twin that is in
/// use would go as well.
pub(crate) async fn delete_listed(
    cloud: &CloudStack,
    found: &Found,
    intent: &Intent,
) -> Result<()> {
    let (id, name) = (found.cid.as_str(), found.name.as_str());
    let deleted = match intent {
        Intent::Vm { .. } => vm_deletion::delete_listed(cloud, id, name).await,
        Intent::Volume { .. } => volume::delete_listed(cloud, id, name).await,
        Intent::Snapshot { .. } => snapshot::delete_listed(cloud, id, name).await,
        Intent::Template { .. } => template::delete_listed(cloud, id, name).await,
        Intent::Network { .. } => network::delete_listed(cloud, id, name).await,
        Intent::AffinityGroup { note, .. } => {
            affinity_group::delete_listed(cloud, id, name, note).await
        }
        Intent::SecurityGroup { note, .. } => {
            security_group::delete_listed(cloud, id, name, note).await
        }
        Intent::KeyPair { name } => ssh_key::delete_unused(cloud, name).await.map(drop),
        Intent::PublicResource { resource, vm } => {
            return public_resource::ensure_absent(cloud, resource, vm).await.map(drop);
        }
        // Nothing else is listed.
        _ => Ok(()),
    };
    deleted.during(Activity::Undo, || format!("deleting {} {name}", found.kind))
}
