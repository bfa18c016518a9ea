//! Which way an image takes into the cloud.

use crate::CloudStack;
use crate::connect;
use crate::properties::{PATH, StemcellDefaults, StemcellRoute, given};
use bosh_cpi::{CpiError, Result};
use cpi_kit::Publisher;

/// The way of a heavy stemcell.
pub(super) enum Way {
    /// Straight to the storage VM.
    Upload,
    /// CloudStack fetches it from where the operator has put it: the template of the URL.
    Url(String),
    /// We publish it, and CloudStack fetches it.
    Published(Publisher),
    /// Onto a volume of our own VM.
    Volume,
}

/// From where CloudStack can fetch an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Template,
    ImageServer,
    S3,
}

impl Source {
    fn property(self) -> &'static str {
        match self {
            Self::Template => "url_template",
            Self::ImageServer => "image_server",
            Self::S3 => "s3",
        }
    }

    /// Those that are configured.
    fn of(properties: &StemcellDefaults) -> Vec<Self> {
        let all = [
            (Self::Template, given(&properties.url_template).is_some()),
            (Self::ImageServer, properties.image_server.is_given()),
            (Self::S3, properties.s3.is_given()),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(source, _)| source).collect()
    }
}

impl Way {
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
            StemcellRoute::Url => match only(properties)? {
                Some(source) => Self::from(cloud, source),
                None => Err(CpiError::cpi(format!(
                    "{PATH}.stemcell.url_template: missing; the route 'url' needs to know where \
                     CloudStack finds the image: there, on an image_server, or in an s3 bucket"
                ))),
            },
            StemcellRoute::Auto => match only(properties)? {
                Some(source) => {
                    tracing::info!("route url, as there is stemcell.{}", source.property());
                    Self::from(cloud, source)
                }
                None => {
                    tracing::info!(
                        "route upload, as stemcell has neither url_template, image_server nor s3"
                    );
                    Ok(Self::Upload)
                }
            },
        }
    }

    fn from(cloud: &CloudStack, source: Source) -> Result<Self> {
        match source {
            Source::Template => {
                let template = given(&cloud.properties.stemcell.url_template);
                Ok(Self::Url(template.unwrap_or_default().to_owned()))
            }
            Source::ImageServer => image_server(cloud).map(Self::Published),
            Source::S3 => s3(cloud).map(Self::Published),
        }
    }
}

/// Nobody could tell from which of two an image came.
fn only(properties: &StemcellDefaults) -> Result<Option<Source>> {
    match Source::of(properties)[..] {
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

fn image_server(cloud: &CloudStack) -> Result<Publisher> {
    let properties = &cloud.properties.stemcell.image_server;
    let transport = connect::transport(&cloud.properties)?;
    Publisher::image_server(properties, transport, &format!("{PATH}.stemcell.image_server"))
}

fn s3(cloud: &CloudStack) -> Result<Publisher> {
    let properties = &cloud.properties.stemcell.s3;
    let transport = connect::transport(&cloud.properties)?;
    Publisher::s3(properties, transport, &format!("{PATH}.stemcell.s3"))
}

/// Every place that is configured, whatever the route: something may be there from before.
pub(crate) fn publishers(cloud: &CloudStack) -> Result<Vec<Publisher>> {
    let sources = Source::of(&cloud.properties.stemcell);
    let mut publishers = Vec::new();
    for source in sources {
        match source {
            Source::Template => {}
            Source::ImageServer => publishers.push(image_server(cloud)?),
            Source::S3 => publishers.push(s3(cloud)?),
        }
    }
    Ok(publishers)
}
