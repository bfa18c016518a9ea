//! Images that are published for as long as CloudStack fetches them: on an image server, or in an
//! S3 bucket.

use crate::client;
use crate::properties::{PATH, StemcellDefaults, Wait, given};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cpi_kit::Publisher;
use journal::Absence;

/// From where CloudStack can fetch an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImageSource {
    /// From where the operator has put it: a template of the URL.
    UrlTemplate,
    /// From an image server, where we publish it.
    ImageServer,
    /// From an S3 bucket, where we publish it.
    S3,
}

impl ImageSource {
    /// The property that configures it, under `stemcell`.
    pub(crate) fn property(self) -> &'static str {
        match self {
            Self::UrlTemplate => "url_template",
            Self::ImageServer => "image_server",
            Self::S3 => "s3",
        }
    }

    /// Those that are configured.
    pub(crate) fn configured(properties: &StemcellDefaults) -> Vec<Self> {
        let all = [
            (Self::UrlTemplate, given(&properties.url_template).is_some()),
            (Self::ImageServer, properties.image_server.is_given()),
            (Self::S3, properties.s3.is_given()),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(source, _)| source).collect()
    }
}

/// The publisher of a source; None for one where we publish nothing.
pub(crate) fn publisher(cloud: &CloudStack, source: ImageSource) -> Result<Option<Publisher>> {
    let stemcell = &cloud.properties.stemcell;
    let transport = client::transport(&cloud.properties)?;
    let path = format!("{PATH}.stemcell.{}", source.property());
    match source {
        ImageSource::UrlTemplate => Ok(None),
        ImageSource::ImageServer => {
            Publisher::image_server(&stemcell.image_server, transport, &path).map(Some)
        }
        ImageSource::S3 => Publisher::s3(&stemcell.s3, transport, &path).map(Some),
    }
}

/// Every publisher that is configured, whatever the route: something may be there from before.
pub(crate) fn publishers(cloud: &CloudStack) -> Result<Vec<Publisher>> {
    let sources = ImageSource::configured(&cloud.properties.stemcell).into_iter();
    sources.filter_map(|source| publisher(cloud, source).transpose()).collect()
}

/// Makes sure that nothing is published under that name.
pub(crate) async fn ensure_absent(cloud: &CloudStack, place: &str, name: &str) -> Result<Absence> {
    let publishers = publishers(cloud)?;
    let Some(publisher) = publishers.iter().find(|publisher| publisher.place() == place) else {
        return Err(CpiError::cpi(format!(
            "{name} may still be published at {place}, which is not configured any more: \
             configure it again for a call, or remove the file there"
        )));
    };
    match publisher.delete(name, cloud.undo_deadline(Wait::Lookup)).await {
        Ok(true) => Ok(Absence::Final),
        Ok(false) => Ok(Absence::MayAppear),
        Err(error) => Err(CpiError::cloud(format!("removing {name} from {place}: {error}"))),
    }
}
