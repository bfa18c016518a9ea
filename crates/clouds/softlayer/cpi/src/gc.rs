//! What of ours there is in the cloud, for `cpi gc`: all of it is billed.

mod machines;

use crate::SoftLayer;
use crate::connect::Answer;
use crate::errors::{self, Doing};
use crate::notes::Notes;
use crate::steps::Target;
use crate::storage::holders;
use bosh_cpi::Result;
use cpi_kit::naming::Ours;
use cpi_kit::{Purpose, Thing};
use softlayer::Filter;
use softlayer::api::account::GetPrivateBlockDeviceTemplateGroups;
use softlayer::api::{Image, NetworkStorage, StorageSnapshot};

/// Everything that bears our name, or whose notes do.
pub(crate) async fn things(cloud: &SoftLayer) -> Result<Vec<Thing<Target>>> {
    let failed = |failure| errors::answer(Doing::Lookup, "looking for garbage", failure);
    all(cloud).await.map_err(failed)
}

async fn all(cloud: &SoftLayer) -> Answer<Vec<Thing<Target>>> {
    let mut things = machines::things(cloud).await?;
    for volume in cloud.volumes(&Filter::everything()).await? {
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

async fn snapshots(cloud: &SoftLayer, volume: u64) -> Answer<Vec<Thing<Target>>> {
    let snapshots = cloud.snapshots_of(volume).await?.into_iter();
    Ok(snapshots.filter_map(|snapshot| of_snapshot(cloud, volume, snapshot)).collect())
}

/// The name of ours in notes.
fn named(cloud: &SoftLayer, notes: Option<&str>) -> Option<(Ours, String)> {
    let notes = Notes::read(notes);
    notes.names().find_map(|name| Some((cloud.names.parse(name)?, name.to_owned())))
}

fn of_volume(ours: Ours, name: String, volume: &NetworkStorage) -> Thing<Target> {
    let tagged = Notes::read(volume.notes.as_deref()).is_tagged();
    Thing {
        kind: "disk",
        cid: volume.id.to_string(),
        name,
        ours: Some(ours),
        purpose: Purpose::Cid { tagged, persistent: true },
        used: (!holders(volume).is_empty()).then_some("it is attached to a VM"),
        target: Target::Volume { disk: volume.id.to_string() },
    }
}

/// A snapshot gets its tags with its making, so that they say nothing of who knows it.
fn of_snapshot(cloud: &SoftLayer, volume: u64, snapshot: StorageSnapshot) -> Option<Thing<Target>> {
    let (ours, name) = named(cloud, snapshot.notes.as_deref())?;
    Some(Thing {
        kind: "snapshot",
        cid: snapshot.id.to_string(),
        ours: Some(ours),
        purpose: Purpose::Cid { tagged: false, persistent: true },
        used: None,
        target: Target::Snapshot { name: name.clone(), disk: volume.to_string() },
        name,
    })
}

/// The director names a stemcell in create_vm, and when it deletes it.
fn of_image(cloud: &SoftLayer, image: Image) -> Option<Thing<Target>> {
    let name = image.name?;
    Some(Thing {
        kind: "stemcell",
        cid: image.id.to_string(),
        ours: Some(cloud.names.parse(&name)?),
        purpose: Purpose::Cid { tagged: false, persistent: true },
        used: None,
        target: Target::Image { name: name.clone() },
        name,
    })
}
