//! The manifest's stemcell, unpacked as far as `create_stemcell` needs it.

use crate::environment::Environment;
use crate::error::Error;
use crate::installation::private_folder;
use crate::manifest::Stemcell as Wanted;
use crate::releases::{Local, fetch};
use bosh_release::{Digests, archive};
use serde_json::{Map, Value};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The youngest agent that create-env can talk to.
const LEAST_API_VERSION: u32 = 2;

/// A stemcell on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Stemcell {
    pub name: String,
    pub version: String,
    /// The version of the agent's API that it has.
    pub api_version: u32,
    /// Its operating system, where it says so: `ubuntu-jammy`.
    pub os: Option<String>,
    pub cloud_properties: Map<String, Value>,
    /// Empty for a light stemcell.
    pub image: PathBuf,
}

/// Brings its tarball here; None where the manifest names an image of the cloud.
pub(crate) fn fetch_stemcell(environment: &Environment<'_>) -> Result<Option<Local>, Error> {
    match &environment.manifest.resource_pool.stemcell {
        Wanted::Tarball(tarball) => fetch(environment, tarball, "stemcell").map(Some),
        Wanted::Light { .. } => Ok(None),
    }
}

impl Stemcell {
    /// Unpacks it into `folder`, and checks it.
    pub fn open(
        environment: &Environment<'_>,
        local: Option<&Local>,
        folder: &Path,
    ) -> Result<Self, Error> {
        private_folder(folder)?;
        let image = folder.join("image");
        let stemcell = match (&environment.manifest.resource_pool.stemcell, local) {
            (Wanted::Light { name, version, api_version, cloud_properties }, _) => {
                fs::write(&image, "").map_err(Error::file(&image))?;
                Self {
                    name: name.clone(),
                    version: version.clone(),
                    api_version: *api_version,
                    os: None,
                    cloud_properties: cloud_properties.clone(),
                    image,
                }
            }
            (Wanted::Tarball(_), Some(local)) => unpacked(&local.path, folder, image)?,
            (Wanted::Tarball(tarball), None) => {
                let reason = "was not fetched".to_owned();
                return Err(Error::Stemcell { stemcell: tarball.location.to_string(), reason });
            }
        };
        if stemcell.api_version < LEAST_API_VERSION {
            return Err(Error::Stemcell {
                stemcell: format!("{}/{}", stemcell.name, stemcell.version),
                reason: format!(
                    "its agent has API version {}, and at least {LEAST_API_VERSION} is required: \
                     use a younger stemcell",
                    stemcell.api_version
                ),
            });
        }
        Ok(stemcell)
    }
}

fn unpacked(tarball: &Path, folder: &Path, image: PathBuf) -> Result<Stemcell, Error> {
    let failed =
        |reason: String| Error::Stemcell { stemcell: tarball.display().to_string(), reason };
    let file = File::open(tarball).map_err(Error::file(tarball))?;
    archive::extract(file, folder).map_err(|error| failed(format!("not an archive: {error}")))?;
    let text = fs::read_to_string(folder.join("stemcell.MF"));
    let text = text.map_err(|_| failed("stemcell.MF is missing".to_owned()))?;
    let manifest = stemcell::Manifest::parse(&text).map_err(|error| failed(error.to_string()))?;
    if !image.is_file() {
        return Err(failed("image is missing".to_owned()));
    }
    let digests: Digests = manifest.sha1.parse()?;
    digests.verify("image", File::open(&image).map_err(Error::file(&image))?)?;
    Ok(Stemcell {
        name: manifest.name,
        version: manifest.version,
        api_version: manifest.api_version.unwrap_or(1),
        os: manifest.operating_system,
        cloud_properties: manifest.cloud_properties,
        image,
    })
}
