//! Heavy: the image is put into a bucket of object storage, SoftLayer imports it, and it is
//! taken out of the bucket again.

use super::image::Image;
use super::{os_code, tags_of, version};
use crate::SoftLayer;
use crate::connect::{Answer, transport};
use crate::errors::{self, Activity, Failure};
use crate::properties::{PATH, StemcellProperties, Wait, given};
use crate::steps::{Intent, ended, gone_is_fine};
use crate::tags;
use bosh_cpi::method::CreateStemcell;
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloud_http::{Deadline, Outcome, paused};
use cpi_kit::{Progress, Provider, Publisher};
use image_hosting::ImageFile;
use journal::{Absence, Operation};
use serde_json::json;
use softlayer::Filter;
use softlayer::api::account::GetPrivateBlockDeviceTemplateGroups;
use softlayer::api::image::SetTags;
use softlayer::api::image::{AddLocations, CreateFromIcos, DeleteObject, GetObject, SetBootMode};
use softlayer::api::{self, ImageImport};
use softlayer::phrases::NO_PRIMARY_DISK;
use std::time::Instant;

/// Stemcells boot by hardware virtualisation.
const BOOT_MODE: &str = "HVM";

pub(super) async fn bring_in(
    cloud: &SoftLayer,
    stemcell: &StemcellProperties,
    call: &CreateStemcell,
    path: &str,
) -> Result<StemcellCid> {
    let until = cloud.deadline(Wait::CreateStemcell);
    let bucket = bucket(cloud)?;
    let image = Image::prepare(&call.image_path, stemcell, path)?;
    let upload = async |operation: &mut Operation<'_, Intent>| {
        upload(cloud, operation, &bucket, &image, until).await
    };
    let import = async |key: String| {
        cloud
            .operation("create_stemcell", async |operation| {
                let id = import(cloud, operation, stemcell, &key, until).await?;
                finish(cloud, operation, stemcell, call, id, until).await?;
                let cid =
                    StemcellCid::new(id.to_string()).map_err(|e| CpiError::cloud(e.to_string()))?;
                Ok((cid, Some(id.to_string())))
            })
            .await
    };
    cloud.with_temporary("upload_image", upload, import).await
}

/// The bucket of the properties.
fn bucket(cloud: &SoftLayer) -> Result<Publisher> {
    let s3 = &cloud.properties.stemcell.s3;
    if !s3.is_given() {
        return Err(CpiError::cpi(format!(
            "{PATH}.stemcell.s3: missing; a heavy stemcell comes in through a bucket of object \
             storage (or take a light one: virtual-disk-image-id)"
        )));
    }
    Publisher::s3(s3, transport(&cloud.properties)?, &format!("{PATH}.stemcell.s3"))
}

/// Puts the image into the bucket; gives its name there.
async fn upload(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    bucket: &Publisher,
    image: &Image,
    until: Deadline,
) -> Result<String> {
    let name = format!("{}.vhd", cloud.names.stemcell(operation.id()));
    let place = bucket.place();
    let wrong = |error: &image_hosting::PublishError| {
        CpiError::cloud(format!("putting the image into {place}: {error}"))
    };
    let file = ImageFile::new(&image.path, None).map_err(|e| wrong(&e))?;
    tracing::info!("putting {} bytes into {place}", file.bytes());
    let mut progress = Progress::new(file.bytes(), "sent");
    let put = async || {
        let mut tell = |done| progress.tell(done);
        match bucket.put(&name, &file, &mut tell, until).await {
            Ok(_) => Outcome::Applied(()),
            Err(error) if error.had_no_effect() => {
                Outcome::NotApplied(Failure::Ready(wrong(&error)))
            }
            Err(error) => Outcome::Unknown(Failure::Ready(wrong(&error))),
        }
    };
    let target = Intent::Upload { place: place.clone(), name: name.clone() };
    // Who did not hear that it arrived sends it again under another name.
    let sent = operation.step(target, put, async || Ok(None)).await;
    sent.map_err(|failure| errors::answer(Activity::CreateStemcell, "uploading", failure))?;
    Ok(name)
}

/// Lets SoftLayer import what is in the bucket under that name; gives the image's id.
async fn import(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    stemcell: &StemcellProperties,
    key: &str,
    until: Deadline,
) -> Result<u64> {
    let name = cloud.names.stemcell(operation.id());
    let call = CreateFromIcos { configuration: configuration(cloud, stemcell, &name, key) };
    let imported = operation.step(
        Intent::Image { name: name.clone() },
        async || ended(cloud.call(&call, until).await.map(|image| image.id)),
        async || Ok(images_named(cloud, &name).await?.first().map(|image| image.id)),
    );
    imported.await.map_err(|failure| {
        errors::answer(Activity::CreateStemcell, format!("importing {key}"), failure)
    })
}

fn configuration(
    cloud: &SoftLayer,
    stemcell: &StemcellProperties,
    name: &str,
    key: &str,
) -> ImageImport {
    let properties = &cloud.properties.stemcell;
    let s3 = &properties.s3;
    let location = given(&properties.cos_location).unwrap_or_else(|| s3.region.trim());
    let bucket = given(&s3.bucket).unwrap_or_default();
    let shown = format!("{} {}", given(&stemcell.name).unwrap_or_default(), version(stemcell));
    let shown = if shown.trim().is_empty() { "a BOSH stemcell" } else { shown.trim() };
    let iam = properties.cos_api_key.is_some();
    ImageImport {
        name: name.to_owned(),
        note: Some(format!("{shown}, imported by the BOSH CPI")),
        operating_system_reference_code: Some(os_code::choose(stemcell).to_owned()),
        uri: format!("cos://{location}/{bucket}/{}{key}", s3.prefix.trim()),
        ibm_api_key: properties.cos_api_key.clone(),
        ibm_access_key: s3.access_key_id.clone().filter(|_| !iam),
        ibm_secret_key: s3.secret_access_key.clone().filter(|_| !iam),
        // The agent does what cloud-init would do.
        cloud_init: Some(false),
        byol: Some(false),
        is_encrypted: Some(false),
        boot_mode: Some(BOOT_MODE.into()),
        supported_boot_modes: vec![BOOT_MODE.into()],
    }
}

/// Waits for the import, and makes the image fit: its boot mode, its tags, its places.
async fn finish(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    stemcell: &StemcellProperties,
    call: &CreateStemcell,
    id: u64,
    until: Deadline,
) -> Result<()> {
    let failed = |failure| {
        errors::answer(Activity::CreateStemcell, format!("finishing image {id}"), failure)
    };
    wait_until_imported(cloud, id, until).await.map_err(failed)?;
    let mut metadata = tags_of(&call.env);
    metadata.insert("stemcell".into(), json!(given(&stemcell.name).unwrap_or_default()));
    metadata.insert("version".into(), json!(version(stemcell)));
    let tags = tags::merged(&[], &metadata).unwrap_or_default();
    let mut locations = Vec::new();
    for (at, name) in stemcell.datacenters.iter().enumerate() {
        let path = format!("datacenters[{at}]");
        locations.push(cloud.datacenter_id(name, &path).await?.into());
    }
    let finish = async || -> Answer<()> {
        boot_by_hardware(cloud, id, until).await?;
        if !tags.is_empty() {
            cloud.call(&SetTags { id, tags: tags.clone() }, until).await?;
        }
        if !locations.is_empty() {
            cloud.call(&AddLocations { id, locations: locations.clone() }, until).await?;
        }
        Ok(())
    };
    // Done twice, the same is done.
    let done = operation.step(
        Intent::change("finish", id),
        async || ended(finish().await),
        async || finish().await.map(Some),
    );
    done.await.map_err(failed)
}

/// An import is done once the image has a disk somewhere and nothing is being done to it.
async fn wait_until_imported(cloud: &SoftLayer, id: u64, until: Deadline) -> Answer<()> {
    let is_imported = |image: api::Image| {
        let has_disk = |copy: &api::image::ImageCopy| {
            copy.block_devices_disk_space_total.is_some_and(|bytes| bytes > 0)
        };
        (image.transaction.is_none() && image.children.iter().any(has_disk)).then_some(())
    };
    cloud.wait_for(&GetObject { id }, "the imported image", until, is_imported).await
}

/// SoftLayer knows the image's disk a moment after it says that it has one.
async fn boot_by_hardware(cloud: &SoftLayer, id: u64, until: Deadline) -> Answer<()> {
    let call = SetBootMode { id, mode: BOOT_MODE.into() };
    let begun = Instant::now();
    loop {
        match cloud.call(&call, until).await {
            Err(failure)
                if failure.says(NO_PRIMARY_DISK) && paused(begun.elapsed(), until).await => {}
            set => return set.map(drop),
        }
    }
}

/// The account's images of this name.
async fn images_named(cloud: &SoftLayer, name: &str) -> Answer<Vec<api::Image>> {
    cloud.list(&GetPrivateBlockDeviceTemplateGroups {}, &Filter::is("name", name)).await
}

/// Undo: there is no image of this name.
pub(crate) async fn no_image(cloud: &SoftLayer, name: &str) -> Answer<Absence> {
    let until = cloud.undo_deadline(Wait::Lookup);
    let mut was = Absence::MayAppear;
    for image in images_named(cloud, name).await? {
        was = Absence::Final;
        gone_is_fine(cloud.call(&DeleteObject { id: image.id }, until).await.map(drop))?;
    }
    Ok(was)
}

/// Undo: nothing is in the bucket under that name.
pub(crate) async fn nothing_uploaded(
    cloud: &SoftLayer,
    place: &str,
    name: &str,
) -> Answer<Absence> {
    let bucket = bucket(cloud)?;
    if bucket.place() != place {
        let message = format!(
            "{name} may still be in {place}, which is configured no more: configure it again for \
             a call, or remove the file there"
        );
        return Err(CpiError::cpi(message).into());
    }
    match bucket.delete(name, cloud.undo_deadline(Wait::Lookup)).await {
        Ok(true) => Ok(Absence::Final),
        Ok(false) => Ok(Absence::MayAppear),
        Err(error) => Err(CpiError::cloud(format!("removing {name} from {place}: {error}")).into()),
    }
}
