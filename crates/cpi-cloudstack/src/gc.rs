//! What of ours there is in the cloud, for `cpi gc`.

mod groups;
mod outside;

use crate::CloudStack;
use crate::errors::{self, Doing, Failure};
use crate::steps::Target;
use bosh_cpi::Result;
use cloudstack::api::{
    ListSnapshots, ListVirtualMachines, ListVolumes, Snapshot, Tag, VirtualMachine, Volume,
};
use provider::naming::Ours;
use provider::{Purpose, Thing};

type Answer<T> = std::result::Result<T, Failure>;

/// Everything that bears our name, or whose description does.
pub(crate) async fn things(cloud: &CloudStack) -> Result<Vec<Thing<Target>>> {
    let all = async {
        let mut things = cids(cloud).await?;
        things.extend(groups::things(cloud).await?);
        things.extend(outside::things(cloud).await?);
        Ok(things)
    };
    let failed = |failure| errors::answer(Doing::Lookup, "looking for garbage", failure);
    all.await.map_err(failed)
}

/// What the director has CIDs of.
async fn cids(cloud: &CloudStack) -> Answer<Vec<Thing<Target>>> {
    let (vms, volumes, snapshots) = tokio::join!(
        cloud.list(ListVirtualMachines::default()),
        cloud.list(ListVolumes::default()),
        cloud.list(ListSnapshots::default()),
    );
    let names = &cloud.names;
    let vms = vms?.into_iter().filter_map(|vm| Some(of_vm(names.parse(&vm.name)?, vm)));
    let volumes = volumes?
        .into_iter()
        .filter_map(|volume| Some(of_volume(names.parse(&volume.name)?, volume)));
    let snapshots = snapshots?
        .into_iter()
        .filter_map(|snapshot| Some(of_snapshot(names.parse(&snapshot.name)?, snapshot)));
    Ok(vms.chain(volumes).chain(snapshots).collect())
}

fn is_tagged(tags: &[Tag]) -> bool {
    !tags.is_empty()
}

fn of_vm(ours: Ours, vm: VirtualMachine) -> Thing<Target> {
    Thing {
        kind: "VM",
        cid: vm.id,
        ours: Some(ours),
        purpose: Purpose::Cid { tagged: is_tagged(&vm.tags), persistent: false },
        used: None,
        target: Target::Vm { name: vm.name.clone() },
        name: vm.name,
    }
}

fn of_volume(ours: Ours, volume: Volume) -> Thing<Target> {
    Thing {
        kind: "disk",
        cid: volume.id,
        ours: Some(ours),
        purpose: Purpose::Cid { tagged: is_tagged(&volume.tags), persistent: true },
        used: volume.virtualmachineid.is_some().then_some("it is attached to a VM"),
        target: Target::Volume { name: volume.name.clone() },
        name: volume.name,
    }
}

/// A snapshot gets its tags with its making, so that they say nothing of who knows it.
fn of_snapshot(ours: Ours, snapshot: Snapshot) -> Thing<Target> {
    Thing {
        kind: "snapshot",
        cid: snapshot.id,
        ours: Some(ours),
        purpose: Purpose::Cid { tagged: false, persistent: true },
        used: None,
        target: Target::Snapshot { name: snapshot.name.clone() },
        name: snapshot.name,
    }
}

/// A zone or a role without such things has made none of them either.
fn if_allowed<T>(rows: Answer<Vec<T>>) -> Answer<Vec<T>> {
    match rows {
        Err(failure) if failure.has_code(432) => Ok(Vec::new()),
        rows => rows,
    }
}
