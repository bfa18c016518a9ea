//! The route that an image takes into the cloud.

use crate::properties::{PATH, StemcellDefaults, StemcellRoute, given};
use crate::resources::published_image::{self, ImageSource};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cpi_kit::Publisher;

/// The route of a heavy stemcell.
pub(super) enum Route {
    /// Straight to the storage VM.
    Upload,
    /// CloudStack fetches it from where the operator has put it: the template of the URL.
    Url(String),
    /// We publish it, and CloudStack fetches it.
    Published(Publisher),
    /// Onto a volume of our own VM.
    Volume,
}

impl Route {
    /// What the route says; what is configured, where it is `auto`.
    pub(super) fn choose(cloud: &CloudStack) -> Result<Self> {
        let properties = &cloud.properties.stemcell;
        match properties.route {
            StemcellRoute::Light => Err(CpiError::not_supported(format!(
                "{PATH}.stemcell.route is 'light', and this stemcell names no template: bosh \
                 repack-stemcell --empty-image --format cloudstack-light --cloud-properties \
                 '{{\"template_id\":\"…\"}}'"
            ))),
            StemcellRoute::Upload => Ok(Self::Upload),
            StemcellRoute::Volume => Ok(Self::Volume),
            StemcellRoute::Url => match configured_source(properties)? {
                Some(source) => Self::from(cloud, source),
                None => Err(CpiError::cpi(format!(
                    "{PATH}.stemcell.url_template, image_server or s3 is required by the route 'url', \
                     from where CloudStack fetches the image"
                ))),
            },
            StemcellRoute::Auto => match configured_source(properties)? {
                Some(source) => {
                    tracing::info!("stemcell route: url (stemcell.{} is set)", source.property());
                    Self::from(cloud, source)
                }
                None => {
                    tracing::info!(
                        "stemcell route: upload (no url_template, image_server or s3 set)"
                    );
                    Ok(Self::Upload)
                }
            },
        }
    }

    fn from(cloud: &CloudStack, source: ImageSource) -> Result<Self> {
        match published_image::publisher(cloud, source)? {
            Some(publisher) => Ok(Self::Published(publisher)),
            None => {
                let template = given(&cloud.properties.stemcell.url_template);
                Ok(Self::Url(template.unwrap_or_default().to_owned()))
            }
        }
    }
}

/// Nobody could tell from which of two an image came.
fn configured_source(properties: &StemcellDefaults) -> Result<Option<ImageSource>> {
    match ImageSource::configured(properties)[..] {
        [] => Ok(None),
        [source] => Ok(Some(source)),
        [one, other, ..] => Err(CpiError::cpi(format!(
            "{PATH}.stemcell has both {} and {}: CloudStack fetches an image from one of them; \
             take the other out, or say another route",
            one.property(),
            other.property()
        ))),
    }
}
