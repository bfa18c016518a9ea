//! What of ours there is in the cloud, for `cpi gc`.

mod groups;
mod outside;

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::methods::create_stemcell::reuse;
use crate::steps::Intent;
use bosh_cpi::Result;
use cloudstack::api::{
    ListSnapshots, ListTemplates, ListVirtualMachines, ListVolumes, Snapshot, Tag, Template,
    VirtualMachine, Volume,
};
use cpi_kit::naming::{Names, OwnName};
use cpi_kit::{OwnedResource, ResourceRole};

type Answer<T> = std::result::Result<T, Failure>;

/// Everything that bears our name, or whose description does.
pub(crate) async fn owned_resources(cloud: &CloudStack) -> Result<Vec<OwnedResource<Intent>>> {
    let all = async {
        let mut things = cids(cloud).await?;
        things.extend(groups::owned_resources(cloud).await?);
        things.extend(outside::owned_resources(cloud).await?);
        Ok(things)
    };
    let failed = |failure| errors::answer(Activity::Lookup, "looking for garbage", failure);
    all.await.map_err(failed)
}

/// What the director has CIDs of.
async fn cids(cloud: &CloudStack) -> Answer<Vec<OwnedResource<Intent>>> {
    let own = ListTemplates { templatefilter: "self".into(), ..ListTemplates::default() };
    let (vms, volumes, snapshots, templates) = tokio::join!(
        cloud.list(ListVirtualMachines::default()),
        cloud.list(ListVolumes::default()),
        cloud.list(ListSnapshots::default()),
        cloud.list(own),
    );
    let names = &cloud.names;
    let vms = vms?.into_iter().filter_map(|vm| Some(of_vm(names.parse(&vm.name)?, vm)));
    let volumes = volumes?
        .into_iter()
        .filter_map(|volume| Some(of_volume(names.parse(&volume.name)?, volume)));
    let snapshots = snapshots?
        .into_iter()
        .filter_map(|snapshot| Some(of_snapshot(names.parse(&snapshot.name)?, snapshot)));
    Ok(vms.chain(volumes).chain(snapshots).chain(stemcells(names, templates?)).collect())
}

/// A row per zone, of which one tells that the template is ready, or is used again.
fn stemcells(names: &Names, mut rows: Vec<Template>) -> Vec<OwnedResource<Intent>> {
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    let templates = rows.chunk_by(|one, other| one.id == other.id);
    templates.filter_map(|rows| Some(of_template(names.parse(&rows[0].name)?, rows))).collect()
}

fn is_tagged(tags: &[Tag]) -> bool {
    !tags.is_empty()
}

fn of_vm(ours: OwnName, vm: VirtualMachine) -> OwnedResource<Intent> {
    OwnedResource {
        kind: "VM",
        cid: vm.id,
        ours: Some(ours),
        purpose: ResourceRole::Cid { tagged: is_tagged(&vm.tags), persistent: false },
        used: None,
        target: Intent::Vm { name: vm.name.clone() },
        name: vm.name,
    }
}

fn of_volume(ours: OwnName, volume: Volume) -> OwnedResource<Intent> {
    OwnedResource {
        kind: "disk",
        cid: volume.id,
        ours: Some(ours),
        purpose: ResourceRole::Cid { tagged: is_tagged(&volume.tags), persistent: true },
        used: volume.virtualmachineid.is_some().then_some("it is attached to a VM"),
        target: Intent::Volume { name: volume.name.clone() },
        name: volume.name,
    }
}

/// A snapshot gets its tags with its making, so that they say nothing of who knows it.
fn of_snapshot(ours: OwnName, snapshot: Snapshot) -> OwnedResource<Intent> {
    OwnedResource {
        kind: "snapshot",
        cid: snapshot.id,
        ours: Some(ours),
        purpose: ResourceRole::Cid { tagged: false, persistent: true },
        used: None,
        target: Intent::Snapshot { name: snapshot.name.clone() },
        name: snapshot.name,
    }
}

/// One that is ready somewhere is as good as data: a stemcell may wait long for its first VM.
/// The other kind is what a call left that never ended well.
fn of_template(ours: OwnName, rows: &[Template]) -> OwnedResource<Intent> {
    let (first, is_ready) = (&rows[0], rows.iter().any(|row| row.isready));
    OwnedResource {
        kind: if is_ready { "stemcell" } else { "half-made stemcell" },
        cid: first.id.clone(),
        ours: Some(ours),
        purpose: ResourceRole::Cid { tagged: false, persistent: is_ready },
        used: rows.iter().find_map(reuse::used),
        target: Intent::Template { name: first.name.clone() },
        name: first.name.clone(),
    }
}

/// A zone or a role without such things has made none of them either.
fn if_allowed<T>(rows: Answer<Vec<T>>) -> Answer<Vec<T>> {
    match rows {
        Err(failure) if failure.has_code(432) => Ok(Vec::new()),
        rows => rows,
    }
}
