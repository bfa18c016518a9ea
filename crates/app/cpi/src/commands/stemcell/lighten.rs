//! `cpi stemcell lighten`.

use crate::config;
use crate::stdout;
use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use stemcell::output::{Output, Readers};
use stemcell::{Manifest, lighten};

/// Write a light stemcell: a tarball that names a template (CloudStack) or an image (SoftLayer)
/// that the cloud has already. It is for the cloud that --config names; without, for CloudStack.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi stemcell lighten --template 0b4e2c1e-… \
    --name bosh-cloudstack-kvm-ubuntu-noble --stemcell-version 1.1 --os ubuntu-noble \
    --output light.tgz\n  \
    cpi --config softlayer.json stemcell lighten --template 1234567 \
    --name bosh-softlayer-xen-ubuntu-noble --stemcell-version 1.1 --os ubuntu-noble \
    --output light.tgz")]
pub struct Lighten {
    /// The template, by id or name; for SoftLayer the image, by id or UUID.
    #[arg(long, value_name = "TEMPLATE", visible_alias = "image")]
    template: String,

    /// The stemcell's name.
    #[arg(long, value_name = "NAME")]
    name: String,

    /// The stemcell's version.
    #[arg(long, value_name = "VERSION")]
    stemcell_version: String,

    /// The operating system that deployments ask for, such as ubuntu-noble.
    #[arg(long, value_name = "OS")]
    os: String,

    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

impl Lighten {
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let plugin = match config {
            Some(path) => config::read(Some(path))?.config.plugin().to_owned(),
            None => "cloudstack".to_owned(),
        };
        let (format, properties) = light_properties(&plugin, self.template.trim())?;
        let manifest =
            Manifest::light(&self.name, &self.stemcell_version, &self.os, format, properties);
        let mut output = Output::create(&self.output, Readers::Umask)?;
        lighten(&manifest, output.file())?;
        output.publish()?;
        let path = self.output.display();
        Ok(stdout::write_line(&format!(
            "{path}: {format}; upload it with `bosh upload-stemcell {path}`"
        ))?)
    }
}

/// The stemcell format that the CPI of a cloud accepts, and the properties by which it finds the
/// image.
fn light_properties(
    plugin: &str,
    image: &str,
) -> anyhow::Result<(&'static str, Map<String, Value>)> {
    if image.is_empty() {
        bail!("--template: must not be empty");
    }
    let properties = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    match plugin {
        "cloudstack" => Ok(("cloudstack-light", properties("template", json!(image)))),
        "softlayer" => match (image.parse::<u64>(), image.parse::<uuid::Uuid>()) {
            (Ok(id), _) => Ok(("softlayer-light", properties("virtual-disk-image-id", json!(id)))),
            (_, Ok(_)) => {
                Ok(("softlayer-light", properties("virtual-disk-image-uuid", json!(image))))
            }
            _ => bail!("--template: '{image}': expected the id (a number) or the UUID of an image"),
        },
        other => bail!("cloud.plugin: light stemcells of '{other}' are not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A director refuses a stemcell whose format its CPI does not name.
    #[test]
    fn each_cloud_has_its_own_format() {
        let (format, properties) = light_properties("cloudstack", "noble").unwrap();
        assert_eq!((format, &properties["template"]), ("cloudstack-light", &json!("noble")));
        let (format, properties) = light_properties("softlayer", "1234").unwrap();
        assert_eq!(format, "softlayer-light");
        assert_eq!(properties["virtual-disk-image-id"], 1234);
        let uuid = "5c1e5b1a-26f1-4b8e-9d67-0a1b2c3d4e5f";
        let (_, properties) = light_properties("softlayer", uuid).unwrap();
        assert_eq!(properties["virtual-disk-image-uuid"], uuid);
        for (plugin, image) in [("softlayer", "noble"), ("cloudstack", ""), ("azure", "x")] {
            assert!(light_properties(plugin, image).is_err(), "{plugin} {image}");
        }
    }
}
