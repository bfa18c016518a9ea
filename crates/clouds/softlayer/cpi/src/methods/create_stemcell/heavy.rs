//! Heavy: the image is put into a bucket of object storage, SoftLayer imports it, and it is
//! taken out of the bucket again.

use super::vhd_image::VhdImage;
use super::{os_code, tags_of, version};
use crate::api::step_outcome;
use crate::errors::{Activity, CloudResult, Failure, ResultExt};
use crate::intent::Intent;
use crate::lookup::datacenter;
use crate::properties::{StemcellProperties, Wait, given};
use crate::resources::{image, uploaded_image};
use crate::session::SoftLayer;
use crate::tags;
use bosh_cpi::method::CreateStemcell;
use bosh_cpi::{CpiError, Result, StemcellCid};
use cloud_http::{Deadline, Outcome};
use cpi_kit::{Progress, Provider, Publisher};
use image_hosting::ImageFile;
use journal::Operation;
use serde_json::json;
use softlayer::api::ImageImport;
use softlayer::api::image::{AddLocations, CreateFromIcos, SetTags};

pub(super) async fn import_image(
    cloud: &SoftLayer,
    stemcell: &StemcellProperties,
    call: &CreateStemcell,
    path: &str,
) -> Result<StemcellCid> {
    let until = cloud.deadline(Wait::CreateStemcell);
    let bucket = uploaded_image::bucket(cloud)?;
    let image = VhdImage::prepare(&call.image_path, stemcell, path)?;
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

/// Puts the image into the bucket; gives its name there.
async fn upload(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    bucket: &Publisher,
    image: &VhdImage,
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
        let mut report = |done| progress.tell(done);
        match bucket.put(&name, &file, &mut report, until).await {
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
    sent.during(Activity::CreateStemcell, || "uploading the image")?;
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
        async || step_outcome(cloud.call(&call, until).await.map(|image| image.id)),
        async || image::adopt(cloud, &name).await,
    );
    imported.await.during(Activity::CreateStemcell, || format!("importing {key}"))
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
        boot_mode: Some(image::BOOT_MODE.into()),
        supported_boot_modes: vec![image::BOOT_MODE.into()],
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
    let tried = format!("finishing image {id}");
    image::wait_until_imported(cloud, id, until)
        .await
        .during(Activity::CreateStemcell, || &tried)?;
    let mut metadata = tags_of(&call.env);
    metadata.insert("stemcell".into(), json!(given(&stemcell.name).unwrap_or_default()));
    metadata.insert("version".into(), json!(version(stemcell)));
    let tags = tags::merged(&[], &metadata).unwrap_or_default();
    let mut locations = Vec::new();
    for (at, name) in stemcell.datacenters.iter().enumerate() {
        let path = format!("datacenters[{at}]");
        locations.push(datacenter::id(cloud, name, &path).await?.into());
    }
    let finish = async || -> CloudResult<()> {
        image::set_boot_mode(cloud, id, until).await?;
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
        async || step_outcome(finish().await),
        async || finish().await.map(Some),
    );
    done.await.during(Activity::CreateStemcell, || &tried)
}
