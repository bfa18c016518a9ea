//! `resource_pools` and `disk_pools`.

use super::fields::Fields;
use super::location::{Folders, Tarball};
use super::network::Network;
use bosh_cpi::MiB;
use serde_json::{Map, Value};

/// What a VM is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourcePool {
    /// Its name.
    pub name: String,
    /// What the VM boots from.
    pub stemcell: Stemcell,
    /// The third argument of `create_vm`.
    pub cloud_properties: Map<String, Value>,
    /// The sixth argument of `create_vm`, without the manifest's tags.
    pub env: Map<String, Value>,
}

/// A stemcell of a manifest.
#[derive(Clone, Debug, PartialEq)]
pub enum Stemcell {
    /// As BOSH has it: a tarball with `stemcell.MF` and an image.
    Tarball(Tarball),
    /// An image that is in the cloud already, named by the cloud properties that a light stemcell
    /// would have. The CLI does not know this form.
    Light {
        /// A name for the state file.
        name: String,
        /// A version for the state file.
        version: String,
        /// The version of the agent's API that it has.
        api_version: u32,
        /// The second argument of `create_stemcell`.
        cloud_properties: Map<String, Value>,
    },
}

/// A persistent disk that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Disk {
    /// Its size.
    pub size: MiB,
    /// The second argument of `create_disk`.
    pub cloud_properties: Map<String, Value>,
}

pub(super) struct NamedPool<T> {
    pub name: String,
    pub pool: Option<T>,
}

pub(super) fn read_resource_pools(
    root: &Fields<'_>,
    networks: &[Network],
    folders: Folders<'_>,
) -> Vec<NamedPool<ResourcePool>> {
    let pool = |fields: &Fields<'_>| {
        let name = fields.required_text("name");
        let network = fields.required_text("network");
        if !network.trim().is_empty() && networks.iter().all(|known| known.name != network) {
            fields.problem("network", format!("'{network}' must be the name of a network"));
        }
        let cloud_properties = fields.json("cloud_properties").unwrap_or_default();
        let env = fields.json("env").unwrap_or_default();
        let stemcell = stemcell(fields, folders);
        let pool = stemcell.map(|stemcell| ResourcePool {
            name: name.clone(),
            stemcell,
            cloud_properties,
            env,
        });
        NamedPool { name, pool }
    };
    root.maps("resource_pools").iter().map(pool).collect()
}

fn stemcell(pool: &Fields<'_>, folders: Folders<'_>) -> Option<Stemcell> {
    let Some(fields) = pool.map("stemcell") else {
        pool.problem("stemcell.url", "is required");
        return None;
    };
    if fields.value("url").is_some() || fields.value("cloud_properties").is_none() {
        return Some(Stemcell::Tarball(Tarball::read(&fields, folders)?));
    }
    let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
    let api_version = match fields.value("api_version").map(|_| fields.integer("api_version")) {
        None => Some(3),
        Some(version) => u32::try_from(version).ok(),
    };
    if api_version.is_none() {
        fields.problem("api_version", "must be a small whole number");
    }
    Some(Stemcell::Light {
        name: or(fields.text("name"), "light"),
        version: or(fields.text("version"), "0"),
        api_version: api_version?,
        cloud_properties: fields.json("cloud_properties")?,
    })
}

pub(super) fn read_disk_pools(root: &Fields<'_>) -> Vec<NamedPool<Disk>> {
    let pool = |fields: &Fields<'_>| {
        let name = fields.required_text("name");
        let cloud_properties = fields.json("cloud_properties").unwrap_or_default();
        let size = u64::try_from(fields.integer("disk_size")).ok().filter(|size| *size > 0);
        if size.is_none() {
            fields.problem("disk_size", "must be greater than 0 (MiB)");
        }
        NamedPool { name, pool: size.map(|size| Disk { size: MiB(size), cloud_properties }) }
    };
    root.maps("disk_pools").iter().map(pool).collect()
}
