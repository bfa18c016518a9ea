//! What of ours there is in the cloud, for `cpi gc`: all of it is billed.

mod machines;

use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::notes::Notes;
use crate::resources::snapshot;
use crate::resources::volume::{self, holders};
use crate::session::SoftLayer;
use bosh_cpi::Result;
use cpi_kit::naming::OwnName;
use cpi_kit::{OwnedResource, ResourceRole};
use softlayer::Filter;
use softlayer::api::account::GetPrivateBlockDeviceTemplateGroups;
use softlayer::api::{Image, NetworkStorage, StorageSnapshot};

/// Everything that bears our name, or whose notes do.
pub(crate) async fn owned_resources(cloud: &SoftLayer) -> Result<Vec<OwnedResource<Intent>>> {
    all(cloud).await.during(Activity::Lookup, || "looking for garbage")
}

async fn all(cloud: &SoftLayer) -> CloudResult<Vec<OwnedResource<Intent>>> {
    let mut things = machines::owned_resources(cloud).await?;
    for volume in volume::list(cloud, &Filter::everything()).await? {
        let Some((ours, name)) = named(cloud, volume.notes.as_deref()) else { continue };
        if volume.snapshot_capacity_gb.is_some_and(|space| space > 0) {
            things.extend(snapshots(cloud, volume.id).await?);
        }
        things.push(of_volume(ours, name, &volume));
    }
    let images = cloud.list(&GetPrivateBlockDeviceTemplateGroups {}, &Filter::everything()).await?;
    things.extend(images.into_iter().filter_map(|image| of_image(cloud, image)));
    Ok(things)
}

async fn snapshots(cloud: &SoftLayer, volume: u64) -> CloudResult<Vec<OwnedResource<Intent>>> {
    let snapshots = snapshot::list(cloud, volume).await?.into_iter();
    Ok(snapshots.filter_map(|snapshot| of_snapshot(cloud, snapshot)).collect())
}

/// The name of ours in notes.
fn named(cloud: &SoftLayer, notes: Option<&str>) -> Option<(OwnName, String)> {
    let notes = Notes::read(notes);
    notes.names().find_map(|name| Some((cloud.names.parse(name)?, name.to_owned())))
}

fn of_volume(ours: OwnName, name: String, volume: &NetworkStorage) -> OwnedResource<Intent> {
    let tagged = Notes::read(volume.notes.as_deref()).is_tagged();
    OwnedResource {
        kind: "disk",
        cid: volume.id.to_string(),
        ours: Some(ours),
        purpose: ResourceRole::Cid { tagged, persistent: true },
        used: (!holders(volume).is_empty()).then_some("it is attached to a VM"),
        target: Intent::Volume { disk: volume.id.to_string(), name: Some(name.clone()) },
        name,
    }
}

/// A snapshot gets its tags with its making, so that they say nothing of who knows it.
fn of_snapshot(cloud: &SoftLayer, snapshot: StorageSnapshot) -> Option<OwnedResource<Intent>> {
    let (ours, name) = named(cloud, snapshot.notes.as_deref())?;
    Some(OwnedResource {
        kind: "snapshot",
        cid: snapshot.id.to_string(),
        ours: Some(ours),
        purpose: ResourceRole::Cid { tagged: false, persistent: true },
        used: None,
        target: Intent::ListedSnapshot { snapshot: snapshot.id.to_string(), name: name.clone() },
        name,
    })
}

/// The director names a stemcell in create_vm, and when it deletes it.
fn of_image(cloud: &SoftLayer, image: Image) -> Option<OwnedResource<Intent>> {
    let name = image.name?;
    Some(OwnedResource {
        kind: "stemcell",
        cid: image.id.to_string(),
        ours: Some(cloud.names.parse(&name)?),
        purpose: ResourceRole::Cid { tagged: false, persistent: true },
        used: None,
        target: Intent::ListedImage { image: image.id.to_string(), name: name.clone() },
        name,
    })
}
