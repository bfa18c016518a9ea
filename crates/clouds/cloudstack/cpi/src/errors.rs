//! THE table from CloudStack's errors to BOSH's.
//!
//! A row says: while doing this, with that code and that phrase, answer this kind, worth
//! repeating or not, with this advice. The first row that fits wins; what fits none is the
//! kind of what was being done.

use bosh_cpi::{CpiError, DiskCid, ErrorKind, VmCid};
use cloudstack::phrases::*;
use cpi_kit::errors::ErrorTable;

pub(crate) use cpi_kit::errors::{Activity, ResultExt};

/// Why a step did not succeed.
pub(crate) type Failure = cpi_kit::errors::Failure<Table>;

/// What the cloud, or the journal, has said.
pub(crate) type CloudResult<T> = std::result::Result<T, Failure>;

/// The table, as its failures name it.
#[derive(Debug, Clone)]
pub(crate) enum Table {}

impl ErrorTable for Table {
    type Error = cloudstack::Error;
    const ROWS: &'static [Row] = TABLE;
}

type Row = cpi_kit::errors::Row<i64>;

use Activity::*;
use ErrorKind::*;

const ON_DISKS: &[Activity] =
    &[FindDisk, AttachDisk, DetachDisk, ResizeDisk, DeleteDisk, SetDiskMetadata, SnapshotDisk];
const ON_VMS: &[Activity] = &[FindVm, RebootVm, DeleteVm, SetVmMetadata];
const UNKNOWN: &[&str] = &[ENTITY_DOES_NOT_EXIST, GONE];
const UNKNOWN_DISK: &[&str] = &[ENTITY_DOES_NOT_EXIST, GONE, VOLUME_IS_GONE];

const TABLE: &[Row] = &[
    Row {
        doing: ON_VMS,
        codes: &[431],
        phrases: UNKNOWN,
        kind: VmNotFound,
        ok_to_retry: false,
        advice: "the VM is gone, or belongs to another account or project",
    },
    Row {
        doing: ON_DISKS,
        codes: &[431],
        phrases: UNKNOWN_DISK,
        kind: DiskNotFound,
        ok_to_retry: false,
        advice: "the disk is gone, or belongs to another account or project",
    },
    Row {
        doing: &[DeleteVm, DeleteDisk],
        codes: &[431],
        phrases: &[DELETE_PROTECTED],
        kind: CloudError,
        ok_to_retry: false,
        advice: "somebody has set delete protection on it in CloudStack: take that off first",
    },
    Row {
        doing: &[CreateStemcell],
        codes: &[530],
        phrases: &[NO_STORAGE_VM],
        kind: CloudError,
        ok_to_retry: false,
        advice: "the zone has no running secondary-storage VM, without which no image comes in",
    },
    Row {
        doing: &[CreateStemcell],
        codes: &[431],
        phrases: &[ILLEGAL_HOST, UNRESOLVABLE, URL_UNREACHABLE],
        kind: CloudError,
        ok_to_retry: false,
        advice: "the management server and the secondary-storage VM must reach the image; see \
                 stemcell.url_template",
    },
    Row {
        doing: &[DeleteStemcell],
        codes: &[431],
        phrases: &[TEMPLATE_IN_USE],
        kind: CloudError,
        ok_to_retry: false,
        advice: "VMs that were made from it are still there, maybe waiting to be expunged",
    },
    // The director tries again at once, so only what passes by itself is worth it.
    Row {
        doing: &[CreateVm],
        codes: &[530, 533],
        phrases: &[NO_GUEST_ADDRESS, NO_ADDRESS],
        kind: VmCreationFailed,
        ok_to_retry: true,
        advice: "the address is taken (by a VM that is not yet expunged?), is outside of the \
                 network, or none is free",
    },
    Row {
        doing: &[CreateVm],
        codes: &[431],
        phrases: &[NO_USER_DATA_SERVICE],
        kind: VmCreationFailed,
        ok_to_retry: false,
        advice: "the VM's first network gives the agent its settings: it needs an offering with \
                 the service UserData, from a virtual router or a config drive",
    },
    Row {
        doing: &[CreateVm],
        codes: &[431],
        phrases: &[USER_DATA_TOO_LONG],
        kind: VmCreationFailed,
        ok_to_retry: false,
        advice: "shorten env (arguments[5]) or the agent's properties, or let an admin raise \
                 vm.userdata.max.length; userdata_max tells us the cloud's limit",
    },
    Row {
        doing: &[CreateVm],
        codes: &[533, 534],
        phrases: &[],
        kind: VmCreationFailed,
        ok_to_retry: true,
        advice: "no host, storage or address takes it now",
    },
    Row {
        doing: &[CreateVm],
        codes: &[530],
        phrases: &[NO_STORAGE],
        kind: VmCreationFailed,
        ok_to_retry: true,
        advice: "no storage pool takes its disks now; see the offerings' storage tags",
    },
    Row {
        doing: &[CreateVm],
        codes: &[537],
        phrases: &[],
        kind: VmCreationFailed,
        ok_to_retry: false,
        advice: "the public address has rules already, or leads to another VM",
    },
    Row {
        doing: &[CreateVm],
        codes: &[429, 503],
        phrases: &[],
        kind: VmCreationFailed,
        ok_to_retry: true,
        advice: "",
    },
    Row {
        doing: &[CreateVm],
        codes: &[],
        phrases: &[CONCURRENT, TRY_AGAIN, UNABLE_TO_START],
        kind: VmCreationFailed,
        ok_to_retry: true,
        advice: "",
    },
    Row {
        doing: &[CreateVm],
        codes: &[],
        phrases: &[NO_SECURITY_GROUPS],
        kind: VmCreationFailed,
        ok_to_retry: false,
        advice: "only basic zones, and advanced ones with security groups, have them: leave out \
                 security_groups and default_security_groups",
    },
    Row {
        doing: &[CreateVm],
        codes: &[],
        phrases: &[NO_SUCH_SECURITY_GROUP],
        kind: VmCreationFailed,
        ok_to_retry: false,
        advice: "make the security group, or let the CPI: security_groups_create",
    },
    Row {
        doing: &[CreateVm],
        codes: &[],
        phrases: &[NO_SUCH_KEY_PAIR],
        kind: VmCreationFailed,
        ok_to_retry: false,
        advice: "register the key pair, or give its public_key",
    },
    Row {
        doing: &[SnapshotDisk],
        codes: &[],
        phrases: &[VOLUME_NOT_READY],
        kind: CloudError,
        ok_to_retry: false,
        advice: "a disk that was never attached has nothing to take a snapshot of",
    },
    Row {
        doing: &[CreateVm],
        codes: &[],
        phrases: &[],
        kind: VmCreationFailed,
        ok_to_retry: false,
        advice: "",
    },
    Row {
        doing: &[CreateDisk, AttachDisk, ResizeDisk, SnapshotDisk],
        codes: &[530, 533],
        phrases: &[NO_STORAGE],
        kind: NoDiskSpace,
        ok_to_retry: true,
        advice: "no storage pool takes the disk; see its offering's storage tags",
    },
    Row {
        doing: &[CreateDisk, AttachDisk, ResizeDisk],
        codes: &[533],
        phrases: &[],
        kind: NoDiskSpace,
        ok_to_retry: true,
        advice: "no storage pool has room for the disk",
    },
    Row {
        doing: &[DeleteNetwork],
        codes: &[530],
        phrases: &[NETWORK_IN_USE],
        kind: CloudError,
        ok_to_retry: true,
        advice: "a VM, maybe one that waits to be expunged, still has a NIC in it",
    },
    Row {
        doing: &[],
        codes: &[429, 503, 533, 534],
        phrases: &[],
        kind: CloudError,
        ok_to_retry: true,
        advice: "",
    },
    Row {
        doing: &[],
        codes: &[],
        phrases: &[CONCURRENT, TRY_AGAIN],
        kind: CloudError,
        ok_to_retry: true,
        advice: "",
    },
];

/// The VM of a CID does not exist.
pub(crate) fn vm_not_found(cid: &VmCid) -> CpiError {
    CpiError::new(ErrorKind::VmNotFound, format!("VM {cid} not found"))
}

/// The disk of a CID does not exist.
pub(crate) fn disk_not_found(cid: &DiskCid) -> CpiError {
    CpiError::new(ErrorKind::DiskNotFound, format!("disk {cid} not found"))
}

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;
