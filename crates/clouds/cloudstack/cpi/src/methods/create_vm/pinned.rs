//! Disks on a host's own storage hold the VM that they are for on that host: CloudStack does not
//! move them, and refuses to attach them elsewhere once the VM runs.

use super::near::DISKS;
use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::properties::{VmProperties, given};
use bosh_cpi::{CpiError, DiskCid, ErrorKind, Result};
use cloudstack::api::{Host, ListHosts, Volume};

/// How CloudStack names the pool of a host's own storage: after the host, with this and eight
/// letters behind it.
const MARK: &str = "-local-";

/// The host on which `disks` stand; None where none of them stands on a host, or where somebody
/// has chosen a host. Costs nothing for disks on shared storage.
pub(super) async fn host(
    cloud: &CloudStack,
    disks: &[DiskCid],
    vm: &VmProperties,
) -> Result<Option<String>> {
    if given(&vm.host).is_some() {
        return Ok(None);
    }
    let mut first: Option<(&DiskCid, Host)> = None;
    for cid in disks {
        if !cloud.known_disk(cid.as_str()).is_some_and(|row| row.local) {
            continue;
        }
        let Some(host) = host_of(cloud, cid).await? else { continue };
        match &first {
            Some((other, its)) if its.id != host.id => {
                let why = format!("host {}, but disk {other} on {}", host.name, its.name);
                return Err(refused(cid, &why));
            }
            Some(_) => {}
            None => first = Some((cid, host)),
        }
    }
    Ok(first.map(|(_, host)| host.id))
}

/// None for a disk that was never attached: it stands nowhere yet.
async fn host_of(cloud: &CloudStack, cid: &DiskCid) -> Result<Option<Host>> {
    let failed = |failure| {
        errors::answer(Activity::Lookup, format!("looking up the host of disk {cid}"), failure)
    };
    let disk = cloud.disk(cid).await.map_err(failed)?;
    let Some(disk) = disk.filter(|disk| disk.state != "Allocated") else { return Ok(None) };
    let Some(name) = host_name(&disk) else {
        let why = "a host that these keys are not told; only those of a root admin can place the \
                   VM there: use a disk offering on shared storage, or name the VM's host";
        return Err(refused(cid, why));
    };
    let of = ListHosts {
        name: Some(name.to_owned()),
        zoneid: Some(disk.zoneid.clone()),
        kind: Some("Routing".to_owned()),
    };
    let found = cloud.list(of).await.map_err(failed)?.into_iter().find(|host| host.name == name);
    match found {
        Some(host) => Ok(Some(host)),
        None => Err(refused(cid, &format!("host '{name}', which is not there any more"))),
    }
}

/// Only root admins are told the pool.
fn host_name(disk: &Volume) -> Option<&str> {
    let pool = disk.other.get("storage")?.as_str()?;
    Some(pool.rsplit_once(MARK).map_or(pool, |(host, _)| host))
}

fn refused(cid: &DiskCid, stands: &str) -> CpiError {
    let message = format!("{DISKS}: disk {cid} stands on the own storage of {stands}");
    CpiError::new(ErrorKind::VmCreationFailed, message)
}
