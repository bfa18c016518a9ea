//! An image that is published for as long as CloudStack fetches it.

use super::image::Image;
use crate::errors::Failure;
use crate::intent::Intent;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, Outcome};
use cpi_kit::{Progress, Provider, Publisher};
use image_hosting::{ImageFile, Link, PublishError};
use journal::Operation;

/// Publishes the image, runs `work` with the link, and removes the image again: also in another
/// process, if this one dies.
pub(super) async fn with_link<T>(
    cloud: &CloudStack,
    publisher: &Publisher,
    image: &Image,
    until: Deadline,
    work: impl AsyncFnOnce(Link) -> Result<T>,
) -> Result<T> {
    let make = async |operation: &mut Operation<'_, Intent>| {
        publish(cloud, operation, publisher, image, until).await
    };
    cloud.with_temporary("publish_image", make, work).await
}

async fn publish(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    publisher: &Publisher,
    image: &Image,
    until: Deadline,
) -> Result<Link> {
    let name = format!("{}.{}", cloud.names.stemcell(operation.id()), image.extension);
    let place = publisher.place();
    let wrong =
        |error: &PublishError| CpiError::cloud(format!("publishing the image at {place}: {error}"));
    let file = ImageFile::new(&image.path, Some(&image.sha256)).map_err(|e| wrong(&e))?;
    tracing::info!("publishing {} bytes at {place}", file.bytes());
    let mut progress = Progress::new(file.bytes(), "published");
    let target = Intent::PublishedImage { place: place.clone(), name: name.clone() };
    let put = async || {
        let mut tell = |done| progress.tell(done);
        match publisher.put(&name, &file, &mut tell, until).await {
            Ok(link) => Outcome::Applied(link),
            Err(error) if error.had_no_effect() => {
                Outcome::NotApplied(Failure::Ready(wrong(&error)))
            }
            Err(error) => Outcome::Unknown(Failure::Ready(wrong(&error))),
        }
    };
    // Who did not hear that it arrived sends it again under another name.
    let published = operation.step(target, put, async || Ok(None)).await;
    published.map_err(|failure| match failure {
        Failure::Ready(error) => error,
        other => CpiError::cpi(other.to_string()),
    })
}
