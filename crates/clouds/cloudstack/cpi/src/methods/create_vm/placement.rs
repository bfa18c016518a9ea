//! Chooses the VM's zone, and its host, from its persistent disks. Disks that an earlier call has
//! met cost no API call; others are looked up once.
//!
//! A disk on host-local storage pins its VM to that host: CloudStack does not migrate the disk,
//! and refuses to attach it elsewhere.

use super::spec::VmSpec;
use crate::errors::{Activity, ResultExt};
use crate::lookup;
use crate::lookup::disk::DiskFacts;
use crate::name_ref::NameRef;
use crate::properties::{PATH, given};
use crate::resources::volume;
use crate::session::CloudStack;
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, DiskCid, ErrorKind, Result};
use cloudstack::api::{Host, ListHosts, Volume};

/// The argument of `create_vm` that names the disks.
const DISKS: &str = "arguments[4]";

/// How CloudStack names the pool of a host's own storage: after the host, with this and eight
/// letters behind it.
const LOCAL_POOL: &str = "-local-";

/// Where a VM is to be.
pub(super) struct Placement {
    pub zone: NameRef,
    /// The id of the host; None where any will do.
    pub host: Option<String>,
}

/// Where a VM is to be, as its properties and its disks say.
pub(super) async fn find(cloud: &CloudStack, call: &CreateVm, spec: &VmSpec) -> Result<Placement> {
    let disks = disks(cloud, &call.disk_cids).await?;
    let zone = zone_of_disks(&disks, spec.zone.clone())?.ok_or_else(|| {
        let path = &spec.path;
        CpiError::cpi(format!("{path}.zone is required, as {PATH}.default_zone is not set"))
    })?;
    // Somebody who names a host has chosen.
    let host = match given(&spec.vm.host) {
        Some(_) => None,
        None => host_of_disks(cloud, &disks).await?,
    };
    Ok(Placement { zone, host })
}

/// Where the disks are. One that does not exist is a hint that leads nowhere.
async fn disks<'c>(
    cloud: &CloudStack,
    cids: &'c [DiskCid],
) -> Result<Vec<(&'c DiskCid, DiskFacts)>> {
    let mut disks = Vec::new();
    for cid in cids {
        let facts = match lookup::disk::known(cloud, cid.as_str()) {
            Some(known) => Some((*known).clone()),
            None => {
                let disk = volume::find(cloud, cid).await;
                let tried = || format!("looking up the zone of disk {cid}");
                let disk = disk.during(Activity::Lookup, tried)?;
                disk.map(|disk| (*lookup::disk::remember(cloud, cid.as_str(), &disk)).clone())
            }
        };
        disks.extend(facts.map(|facts| (cid, facts)));
    }
    Ok(disks)
}

/// The zone of the disks; `wanted` where they are there too, or where there is no disk.
fn zone_of_disks(
    disks: &[(&DiskCid, DiskFacts)],
    wanted: Option<NameRef>,
) -> Result<Option<NameRef>> {
    let named = wanted.as_ref().filter(|zone| !zone.path.starts_with(PATH));
    let Some((first, its)) = disks.first() else { return Ok(wanted) };
    for (cid, facts) in disks {
        if let Some(zone) = named.filter(|zone| !facts.is_in(&zone.text)) {
            return Err(apart(cid, facts, &format!("{}: zone '{}'", zone.path, zone.text)));
        }
        if facts.zone != its.zone {
            let other = format!("disk {first} in zone '{}'", its.zone_name);
            return Err(apart(cid, facts, &other));
        }
    }
    Ok(match wanted {
        Some(wanted) if its.is_in(&wanted.text) => Some(wanted),
        _ => Some(NameRef::new(&its.zone, DISKS)),
    })
}

fn apart(cid: &DiskCid, facts: &DiskFacts, other: &str) -> CpiError {
    let message = format!(
        "{DISKS}: disk {cid} is in zone '{}', but {other}: a VM and its disks must be in one zone",
        facts.zone_name
    );
    CpiError::new(ErrorKind::VmCreationFailed, message)
}

/// The host on which disks stand; None where none of them stands on a host. Costs nothing for
/// disks on shared storage.
async fn host_of_disks(
    cloud: &CloudStack,
    disks: &[(&DiskCid, DiskFacts)],
) -> Result<Option<String>> {
    let mut first: Option<(&DiskCid, Host)> = None;
    for (cid, _) in disks.iter().filter(|(_, facts)| facts.local) {
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
    let tried = || format!("looking up the host of disk {cid}");
    let disk = volume::find(cloud, cid).await.during(Activity::Lookup, tried)?;
    let Some(disk) = disk.filter(|disk| disk.state != "Allocated") else { return Ok(None) };
    let Some(name) = host_name(&disk) else {
        let why = "a host that this account is not told; only a root admin's keys can place the \
                   VM there: use a disk offering on shared storage, or name the VM's host";
        return Err(refused(cid, why));
    };
    let of = ListHosts {
        name: Some(name.to_owned()),
        zoneid: Some(disk.zoneid.clone()),
        kind: Some("Routing".to_owned()),
    };
    let hosts = cloud.list(of).await.during(Activity::Lookup, tried)?;
    match hosts.into_iter().find(|host| host.name == name) {
        Some(host) => Ok(Some(host)),
        None => Err(refused(cid, &format!("host '{name}', which does not exist any more"))),
    }
}

/// Only root admins are told the pool.
fn host_name(disk: &Volume) -> Option<&str> {
    let pool = disk.other.get("storage")?.as_str()?;
    Some(pool.rsplit_once(LOCAL_POOL).map_or(pool, |(host, _)| host))
}

fn refused(cid: &DiskCid, stands: &str) -> CpiError {
    let message = format!("{DISKS}: disk {cid} is on the local storage of {stands}");
    CpiError::new(ErrorKind::VmCreationFailed, message)
}
