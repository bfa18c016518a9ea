//! The disks that a VM is made for say where: it is made in their zone where nobody names one.
//! A disk that an earlier call has met costs nothing; others are asked for once.

use crate::CloudStack;
use crate::errors::{self, Activity};
use crate::lookup::{DiskRow, Wanted};
use crate::properties::PATH;
use bosh_cpi::{CpiError, DiskCid, ErrorKind, Result};

/// The argument of `create_vm` that names the disks.
pub(super) const DISKS: &str = "arguments[4]";

/// The zone for a VM that `disks` shall be attached to: `wanted`, unless that is a default.
pub(super) async fn zone(
    cloud: &CloudStack,
    disks: &[DiskCid],
    wanted: Option<Wanted>,
) -> Result<Option<Wanted>> {
    let named = wanted.as_ref().filter(|zone| !zone.path.starts_with(PATH));
    let mut first: Option<(&DiskCid, DiskRow)> = None;
    for cid in disks {
        let known = cloud.known_disk(cid.as_str()).map(|found| (*found).clone());
        let row = match known {
            Some(row) => row,
            // A disk that is not there is a hint that leads nowhere.
            None => match look(cloud, cid).await? {
                Some(row) => row,
                None => continue,
            },
        };
        if let Some(zone) = named.filter(|zone| !row.is_in(&zone.text)) {
            return Err(apart(cid, &row, &format!("{}: zone '{}'", zone.path, zone.text)));
        }
        match &first {
            Some((other, its)) if its.zone != row.zone => {
                return Err(apart(cid, &row, &format!("disk {other} in zone '{}'", its.zone_name)));
            }
            Some(_) => {}
            None => first = Some((cid, row)),
        }
    }
    Ok(match (first, wanted) {
        (Some((_, row)), Some(wanted)) if row.is_in(&wanted.text) => Some(wanted),
        (Some((_, row)), _) => Some(Wanted::new(&row.zone, DISKS)),
        (None, wanted) => wanted,
    })
}

async fn look(cloud: &CloudStack, cid: &DiskCid) -> Result<Option<DiskRow>> {
    let disk = cloud.disk(cid).await.map_err(|failure| {
        errors::answer(Activity::Lookup, format!("looking up the zone of disk {cid}"), failure)
    })?;
    Ok(disk.map(|volume| (*cloud.remember_disk(cid.as_str(), &volume)).clone()))
}

fn apart(cid: &DiskCid, row: &DiskRow, other: &str) -> CpiError {
    let message = format!(
        "{DISKS}: disk {cid} is in zone '{}', but {other}: a VM and its disks are in one zone",
        row.zone_name
    );
    CpiError::new(ErrorKind::VmCreationFailed, message)
}
