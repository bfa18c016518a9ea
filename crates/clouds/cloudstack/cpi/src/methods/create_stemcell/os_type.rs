//! The OS type of a template. It decides how CloudStack drives the disks: an agent of a KVM
//! stemcell looks for virtio ones.

use crate::disk_bus::DiskBus;
use crate::errors::{Activity, ResultExt};
use crate::properties::PATH;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{ListOsTypes, OsType};

/// Where nothing better is found: virtio on KVM, paravirtual on XenServer.
const FALLBACK: &str = "Other PV (64-bit)";

/// Ubuntu's code names, as they stand in the names of stemcells.
const RELEASES: &[(&str, &str)] = &[
    ("trusty", "14.04"),
    ("xenial", "16.04"),
    ("bionic", "18.04"),
    ("focal", "20.04"),
    ("jammy", "22.04"),
    ("noble", "24.04"),
    ("resolute", "26.04"),
];

/// The id of the OS type for a stemcell of this name.
pub(super) async fn choose(cloud: &CloudStack, stemcell: &str, hypervisor: &str) -> Result<String> {
    if let Some((text, property)) = cloud.properties.stemcell_os_type() {
        return configured(cloud, text, property, hypervisor).await;
    }
    let ubuntus = list(cloud, keyword("Ubuntu")).await?;
    let ubuntu = best_ubuntu(&ubuntus, stemcell);
    let chosen = match ubuntu {
        Some(ubuntu) if hypervisor == "KVM" || hypervisor == "Simulator" => Some(ubuntu.clone()),
        _ => list(cloud, exact(FALLBACK)).await?.into_iter().next().or(ubuntu.cloned()),
    };
    let Some(chosen) = chosen else {
        return Err(CpiError::cloud(format!(
            "the cloud has neither an OS type for Ubuntu nor '{FALLBACK}': name one of its own \
             by {PATH}.stemcell.os_type"
        )));
    };
    tracing::info!("OS type '{}'", chosen.description);
    Ok(chosen.id)
}

async fn configured(
    cloud: &CloudStack,
    text: &str,
    property: &str,
    hypervisor: &str,
) -> Result<String> {
    if hypervisor == "KVM"
        && let Err(why) = DiskBus::of(Some(text), |_| None)
    {
        return Err(CpiError::cpi(format!("{PATH}.{property}: {why}")));
    }
    let found = list(cloud, exact(text)).await?;
    match found.into_iter().find(|row| row.description == text) {
        Some(row) => Ok(row.id),
        None => Err(CpiError::cloud(format!(
            "{PATH}.{property}: OS type '{text}' not found (listOsTypes shows what the cloud has)"
        ))),
    }
}

/// The stemcell's own release, or the newest.
fn best_ubuntu<'a>(rows: &'a [OsType], stemcell: &str) -> Option<&'a OsType> {
    let release = RELEASES.iter().find(|(name, _)| stemcell.contains(name));
    let fits = |row: &&OsType| {
        row.description.starts_with("Ubuntu ") && !row.description.contains("32-bit")
    };
    let number = |row: &OsType| {
        let version = row.description.split(' ').nth(1).unwrap_or_default();
        version
            .split_once('.')
            .and_then(|(year, month)| Some((year.parse::<u32>().ok()?, month.parse::<u32>().ok()?)))
    };
    let own = release.and_then(|(_, release)| {
        rows.iter().filter(fits).find(|row| row.description.split(' ').nth(1) == Some(release))
    });
    own.or_else(|| rows.iter().filter(fits).max_by_key(|row| number(row)))
}

fn keyword(word: &str) -> ListOsTypes {
    ListOsTypes { keyword: Some(word.to_owned()), ..ListOsTypes::default() }
}

fn exact(description: &str) -> ListOsTypes {
    ListOsTypes { description: Some(description.to_owned()), ..ListOsTypes::default() }
}

async fn list(cloud: &CloudStack, of: ListOsTypes) -> Result<Vec<OsType>> {
    cloud.list(of).await.during(Activity::Lookup, || "looking up OS types")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(descriptions: &[&str], stemcell: &str) -> Option<String> {
        let row = |text: &&str| OsType { description: text.to_string(), ..OsType::default() };
        let rows: Vec<_> = descriptions.iter().map(row).collect();
        best_ubuntu(&rows, stemcell).map(|row| row.description.clone())
    }

    /// A wrong release works as well; a wrong disk controller does not.
    #[test]
    fn the_stemcell_s_release_is_preferred_to_the_newest() {
        let all = [
            "Ubuntu 8.04 (64-bit)",
            "Ubuntu 22.04 LTS",
            "Ubuntu 24.04 (32-bit)",
            "Ubuntu 20.10",
            "Edubuntu 23.04",
        ];
        let chosen = |stemcell| best(&all, stemcell).unwrap();
        assert_eq!(chosen("bosh-openstack-kvm-ubuntu-jammy-go_agent"), "Ubuntu 22.04 LTS");
        assert_eq!(chosen("bosh-openstack-kvm-ubuntu-noble"), "Ubuntu 22.04 LTS");
        assert_eq!(best(&["Debian 12"], "ubuntu-noble"), None);
    }
}
