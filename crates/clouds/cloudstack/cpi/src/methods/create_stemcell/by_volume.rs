//! The route `volume`, for a CPI that runs on a VM of the cloud: a volume is attached to that VM,
//! the image is written onto it, and the template is made of its snapshot.

use super::guest::Guest;
use super::image::Image;
use super::plan::Plan;
use super::{ready, rows_named};
use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::lookup::Wanted;
use crate::methods::create_disk;
use crate::properties::{DiskProperties, PATH, Wait, given};
use crate::steps::{Intent, ended, is_there};
use bosh_cpi::{CpiError, MiB, Result};
use cloud_http::Deadline;
use cloudstack::api::{
    AttachVolume, CreateSnapshot, CreateTemplate, CreateVolume, DetachVolume, ListSnapshots,
    ListVolumes,
};
use journal::Operation;
use std::path::{Path, PathBuf};
use std::time::Duration;

type Answer<T> = std::result::Result<T, Failure>;

/// How often the device is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What one call of this way works with.
pub(super) struct Way<'a> {
    pub cloud: &'a CloudStack,
    pub plan: &'a Plan,
    pub guest: &'a Guest,
}

impl Way<'_> {
    /// Makes the template, in the zone of our VM; its id.
    pub(super) async fn bring(
        &self,
        operation: &mut Operation<'_, Intent>,
        image: &Image,
        name: &str,
        until: Deadline,
    ) -> Result<String> {
        let failed = |what: &'static str| {
            move |failure: Failure| errors::answer(Activity::CreateStemcell, what, failure)
        };
        let volume = self.volume(operation, image).await?;
        let attaching = failed("attaching a volume for the image to this VM");
        self.attach(operation, &volume).await.map_err(attaching)?;
        let device = self.device(&volume).await?;
        write(image, &device)?;
        let detaching = failed("detaching the volume with the image");
        self.detach(operation, &volume).await.map_err(detaching)?;
        let taking = failed("taking a snapshot of the volume with the image");
        let snapshot = self.snapshot(operation, &volume).await.map_err(taking)?;
        let making = failed("making a template of the snapshot");
        let template = self.template(operation, &snapshot, name).await.map_err(making)?;
        ready::wait(self.cloud, &template, &[&self.guest.zone], until).await?;
        // A template does not need them; and one that they outlive is undone.
        self.cloud.no_snapshot(&self.cloud.names.snapshot(operation.id())).await?;
        self.cloud.no_volume(&self.cloud.names.disk(operation.id())).await?;
        Ok(template)
    }

    /// A volume that is large enough.
    async fn volume(&self, operation: &mut Operation<'_, Intent>, image: &Image) -> Result<String> {
        let cloud = self.cloud;
        let wanted = match given(&cloud.properties.stemcell.volume.disk_offering) {
            Some(text) => Wanted::new(text, format!("{PATH}.stemcell.volume.disk_offering")),
            None => {
                let at = format!("{PATH}.stemcell.volume");
                create_disk::offering(cloud, &DiskProperties::default(), &at)?
            }
        };
        let offering = cloud.disk_offerings(&wanted).await?.in_zone(&wanted, &self.guest.zone)?;
        let size = MiB(image.disk_size()?.div_ceil(1 << 20));
        let name = cloud.names.disk(operation.id());
        let call = CreateVolume {
            name: name.clone(),
            zoneid: self.guest.zone.clone(),
            diskofferingid: offering.id.clone(),
            size: offering.size_for(size, &wanted)?.map(|size| size.0),
            miniops: None,
            maxiops: None,
        };
        let until = cloud.deadline(Wait::CreateVolume);
        let made = operation.step(
            Intent::Volume { name: name.clone() },
            async || ended(cloud.run(&call, until).await.map(|made| made.0.id)),
            async || {
                let of = ListVolumes { name: Some(name.clone()), ..ListVolumes::default() };
                let found = cloud.list(of).await?.into_iter().find(is_there);
                Ok(found.map(|volume| volume.id))
            },
        );
        made.await.map_err(|failure| {
            errors::answer(Activity::CreateStemcell, "making a volume for the image", failure)
        })
    }

    async fn attach(&self, operation: &mut Operation<'_, Intent>, volume: &str) -> Answer<()> {
        let (cloud, vm) = (self.cloud, &self.guest.vm);
        let job = uuid::Uuid::new_v4().to_string();
        let attach =
            AttachVolume { id: volume.to_owned(), virtualmachineid: vm.clone(), deviceid: None };
        let until = cloud.deadline(Wait::AttachVolume);
        operation
            .step(
                Intent::Attachment { volume: volume.to_owned(), vm: vm.clone(), job: job.clone() },
                async || ended(cloud.run_as(&attach, &job, until).await.map(drop)),
                async || {
                    let there = cloud.volume_by_id(volume).await?;
                    Ok(there.filter(|it| it.virtualmachineid.as_ref() == Some(vm)).map(drop))
                },
            )
            .await
    }

    /// Where our kernel shows the volume.
    async fn device(&self, volume: &str) -> Result<PathBuf> {
        let properties = &self.cloud.properties.stemcell.volume;
        let path = Path::new(&properties.device_directory).join(link(volume));
        let until = self.cloud.deadline(Wait::AttachVolume).or_sooner(properties.patience());
        while !path.exists() {
            if until.passed() {
                return Err(CpiError::cloud(format!(
                    "the volume is attached to VM {}, and {} does not appear: does the CPI run \
                     on that VM ({PATH}.stemcell.volume.vm), and are its disks virtio ones?",
                    self.guest.vm,
                    path.display()
                )));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(path)
    }

    async fn detach(&self, operation: &mut Operation<'_, Intent>, volume: &str) -> Answer<()> {
        let cloud = self.cloud;
        let detach = DetachVolume { id: volume.to_owned() };
        let until = cloud.deadline(Wait::DetachVolume);
        operation
            .step(
                Intent::change("detach", volume),
                async || ended(cloud.run(&detach, until).await.map(drop)),
                async || {
                    let there = cloud.volume_by_id(volume).await?;
                    Ok(there.filter(|it| it.virtualmachineid.is_none()).map(drop))
                },
            )
            .await
    }

    /// A snapshot on secondary storage.
    async fn snapshot(
        &self,
        operation: &mut Operation<'_, Intent>,
        volume: &str,
    ) -> Answer<String> {
        let cloud = self.cloud;
        let name = cloud.names.snapshot(operation.id());
        let take = CreateSnapshot {
            volumeid: volume.to_owned(),
            name: Some(name.clone()),
            ..CreateSnapshot::default()
        };
        let until = cloud.deadline(Wait::SnapshotVolume);
        operation
            .step(
                Intent::Snapshot { name: name.clone() },
                async || ended(cloud.run(&take, until).await.map(|taken| taken.0.id)),
                async || {
                    let of = ListSnapshots { name: Some(name.clone()), ..ListSnapshots::default() };
                    let taken = cloud.list(of).await?.into_iter();
                    let mut done = taken.filter(|snapshot| snapshot.state == "BackedUp");
                    Ok(done.next().map(|snapshot| snapshot.id))
                },
            )
            .await
    }

    async fn template(
        &self,
        operation: &mut Operation<'_, Intent>,
        snapshot: &str,
        name: &str,
    ) -> Answer<String> {
        let cloud = self.cloud;
        let new = self.plan.named(name);
        let make = CreateTemplate {
            volumeid: None,
            snapshotid: Some(snapshot.to_owned()),
            name: new.name,
            displaytext: new.displaytext,
            ostypeid: new.ostypeid,
            ispublic: new.ispublic,
            isfeatured: new.isfeatured,
            requireshvm: new.requireshvm,
            arch: new.arch,
        };
        let until = cloud.deadline(Wait::PollTemplate);
        operation
            .step(
                Intent::Template { name: name.to_owned() },
                async || ended(cloud.run(&make, until).await.map(|made| made.0.id)),
                async || {
                    let rows = rows_named(cloud, name).await?.into_iter();
                    Ok(rows.filter(|row| row.isready).map(|row| row.id).next())
                },
            )
            .await
    }
}

/// How udev names a virtio disk: by its serial, for which CloudStack takes the first 20 digits of
/// the volume's id.
fn link(volume: &str) -> String {
    let digits: String = volume.chars().filter(|c| *c != '-').take(20).collect();
    format!("virtio-{digits}")
}

fn write(image: &Image, device: &Path) -> Result<()> {
    tracing::info!("writing the image onto {}", device.display());
    image.write_onto(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The serial of a virtio disk has room for 20 characters.
    #[test]
    fn a_volume_is_known_by_its_serial() {
        assert_eq!(link("5f0c8a1e-9d3b-4c6e-8f21-0123456789ab"), "virtio-5f0c8a1e9d3b4c6e8f21");
    }
}
