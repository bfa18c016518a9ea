//! The route `volume`, for a CPI that runs on a VM of the cloud: a volume is attached to that VM,
//! the image is written onto it, and the template is made of its snapshot.

use super::image::Image;
use super::own_vm::OwnVm;
use super::template_spec::TemplateSpec;
use crate::api::{change, new_job_id, step_outcome};
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::lookup::offering;
use crate::name_ref::NameRef;
use crate::properties::{DiskProperties, PATH, Wait, given};
use crate::resources::{snapshot, template, volume};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, MiB, Result};
use cloud_http::Deadline;
use cloudstack::api::{AttachVolume, CreateSnapshot, CreateTemplate, CreateVolume, DetachVolume};
use journal::Operation;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the device is looked for.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// What one call of this route works with.
pub(super) struct VolumeCarrier<'a> {
    pub cloud: &'a CloudStack,
    pub spec: &'a TemplateSpec,
    pub vm: &'a OwnVm,
}

impl VolumeCarrier<'_> {
    /// Makes the template, in the zone of our VM; its id.
    pub(super) async fn bring(
        &self,
        operation: &mut Operation<'_, Intent>,
        image: &Image,
        name: &str,
        until: Deadline,
    ) -> Result<String> {
        use Activity::CreateStemcell;
        let volume = self.volume(operation, image).await?;
        let attached = self.attach(operation, &volume).await;
        attached.during(CreateStemcell, || "attaching a volume for the image to this VM")?;
        let device = self.device(&volume).await?;
        write(image, &device)?;
        let detached = self.detach(operation, &volume).await;
        detached.during(CreateStemcell, || "detaching the volume with the image")?;
        let snapshot = self.snapshot(operation, &volume).await;
        let snapshot =
            snapshot.during(CreateStemcell, || "taking a snapshot of the volume with the image")?;
        let made = self.template(operation, &snapshot, name).await;
        let made = made.during(CreateStemcell, || "making a template of the snapshot")?;
        template::wait_until_ready(self.cloud, &made, &[&self.vm.zone], until).await?;
        // A template does not need them; and one that they outlive is undone.
        let names = &self.cloud.names;
        snapshot::ensure_absent(self.cloud, &names.snapshot(operation.id())).await?;
        volume::ensure_absent(self.cloud, &names.disk(operation.id())).await?;
        Ok(made)
    }

    /// A volume that is large enough.
    async fn volume(&self, operation: &mut Operation<'_, Intent>, image: &Image) -> Result<String> {
        let cloud = self.cloud;
        let wanted = match given(&cloud.properties.stemcell.volume.disk_offering) {
            Some(text) => NameRef::new(text, format!("{PATH}.stemcell.volume.disk_offering")),
            None => {
                let at = format!("{PATH}.stemcell.volume");
                offering::of_disk(&cloud.properties, &DiskProperties::default(), &at)?
            }
        };
        let offering =
            offering::disk_offerings(cloud, &wanted).await?.in_zone(&wanted, &self.vm.zone)?;
        let size = MiB(image.disk_size()?.div_ceil(1 << 20));
        let name = cloud.names.disk(operation.id());
        let call = CreateVolume {
            name: name.clone(),
            zoneid: self.vm.zone.clone(),
            diskofferingid: offering.id.clone(),
            size: offering.size_for(size, &wanted)?.map(|size| size.0),
            miniops: None,
            maxiops: None,
        };
        let until = cloud.deadline(Wait::CreateVolume);
        let send = async || cloud.run_job(&call, until).await.map(|made| made.0.id);
        let probe = async || {
            let owned = volume::owned_by_name(cloud, &name).await?;
            Ok(owned.into_iter().next().map(|volume| volume.id.clone()))
        };
        let made = change(operation, Intent::Volume { name: name.clone() }, send, probe);
        made.await.during(Activity::CreateStemcell, || "making a volume for the image")
    }

    async fn attach(&self, operation: &mut Operation<'_, Intent>, volume: &str) -> CloudResult<()> {
        let (cloud, vm) = (self.cloud, &self.vm.id);
        let job = new_job_id();
        let attach =
            AttachVolume { id: volume.to_owned(), virtualmachineid: vm.clone(), deviceid: None };
        let until = cloud.deadline(Wait::AttachVolume);
        operation
            .step(
                Intent::Attachment { volume: volume.to_owned(), vm: vm.clone(), job: job.clone() },
                async || step_outcome(cloud.run_job_as(&attach, &job, until).await.map(drop)),
                async || {
                    let there = volume::by_id(cloud, volume).await?;
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
                    self.vm.id,
                    path.display()
                )));
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(path)
    }

    async fn detach(&self, operation: &mut Operation<'_, Intent>, volume: &str) -> CloudResult<()> {
        let cloud = self.cloud;
        let detach = DetachVolume { id: volume.to_owned() };
        let until = cloud.deadline(Wait::DetachVolume);
        let send = async || cloud.run_job(&detach, until).await.map(drop);
        let probe = async || {
            let there = volume::by_id(cloud, volume).await?;
            Ok(there.filter(|it| it.virtualmachineid.is_none()).map(drop))
        };
        change(operation, Intent::change("detach", volume), send, probe).await
    }

    /// A snapshot on secondary storage.
    async fn snapshot(
        &self,
        operation: &mut Operation<'_, Intent>,
        volume: &str,
    ) -> CloudResult<String> {
        let cloud = self.cloud;
        let name = cloud.names.snapshot(operation.id());
        let take = CreateSnapshot {
            volumeid: volume.to_owned(),
            name: Some(name.clone()),
            ..CreateSnapshot::default()
        };
        let until = cloud.deadline(Wait::SnapshotVolume);
        let send = async || cloud.run_job(&take, until).await.map(|taken| taken.0.id);
        let probe = async || {
            let taken = snapshot::owned_by_name(cloud, &name).await?.into_iter();
            let mut done = taken.filter(|snapshot| snapshot.state == "BackedUp");
            Ok(done.next().map(|snapshot| snapshot.id.clone()))
        };
        change(operation, Intent::Snapshot { name: name.clone() }, send, probe).await
    }

    async fn template(
        &self,
        operation: &mut Operation<'_, Intent>,
        snapshot: &str,
        name: &str,
    ) -> CloudResult<String> {
        let cloud = self.cloud;
        let new = self.spec.named(name);
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
        let send = async || cloud.run_job(&make, until).await.map(|made| made.0.id);
        let probe = async || {
            let rows = template::named(cloud, name).await?.into_iter();
            Ok(rows.filter(|row| row.isready).map(|row| row.id).next())
        };
        change(operation, Intent::Template { name: name.to_owned() }, send, probe).await
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
