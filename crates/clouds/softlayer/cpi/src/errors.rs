//! THE table from SoftLayer's errors to BOSH's.
//!
//! A row says: while doing this, with that exception and that phrase, answer this kind, worth
//! repeating or not, with this advice. The first row that fits wins; what fits none is the
//! kind of what was being done.

use bosh_cpi::{CpiError, ErrorKind};
use cpi_kit::errors::ErrorTable;
use softlayer::Code;
use softlayer::phrases::*;
use std::fmt::Display;

pub(crate) use cpi_kit::errors::{Activity, ResultExt};

/// Why a step did not succeed.
pub(crate) type Failure = cpi_kit::errors::Failure<Table>;

/// The table, as its failures name it.
#[derive(Debug, Clone)]
pub(crate) enum Table {}

impl ErrorTable for Table {
    type Error = softlayer::Error;
    const ROWS: &'static [Row] = TABLE;
}

type Row = cpi_kit::errors::Row<Code>;

use Activity::*;
use ErrorKind::*;

const ON_DISKS: &[Activity] =
    &[FindDisk, AttachDisk, DetachDisk, ResizeDisk, DeleteDisk, SetDiskMetadata, SnapshotDisk];
const ON_VMS: &[Activity] = &[FindVm, RebootVm, DeleteVm, SetVmMetadata];

const TABLE: &[Row] = &[
    Row {
        doing: ON_VMS,
        codes: &[Code::ObjectNotFound],
        phrases: &[],
        kind: VmNotFound,
        ok_to_retry: false,
        advice: "the VM is gone, or this user may not see it",
    },
    Row {
        doing: ON_DISKS,
        codes: &[Code::ObjectNotFound],
        phrases: &[],
        kind: DiskNotFound,
        ok_to_retry: false,
        advice: "the disk is gone, or this user may not see it",
    },
    Row {
        doing: &[CreateVm],
        codes: &[Code::Unauthenticated, Code::AccessDenied],
        phrases: &[],
        kind: VmCreationFailed,
        ok_to_retry: false,
        advice: "",
    },
    // The director tries again at once, so only what passes by itself is worth it.
    Row {
        doing: &[CreateVm],
        codes: &[Code::RateLimitExceeded],
        phrases: &[],
        kind: VmCreationFailed,
        ok_to_retry: true,
        advice: "",
    },
    Row {
        doing: &[CreateVm],
        codes: &[],
        phrases: &[INSUFFICIENT_CAPACITY],
        kind: VmCreationFailed,
        ok_to_retry: true,
        advice: "no host has room for it there: try later, a smaller flavor, another VLAN (router) \
                 or another data center; without transient, dedicated hosts or placement groups \
                 there is more room",
    },
    Row {
        doing: &[CreateVm],
        codes: &[],
        phrases: &[ACTIVE_TRANSACTION],
        kind: VmCreationFailed,
        ok_to_retry: true,
        advice: "",
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
        doing: &[AttachDisk, SnapshotDisk],
        codes: &[Code::AccessControlError],
        phrases: &[],
        kind: CloudError,
        ok_to_retry: true,
        advice: "the disk is still being made",
    },
    Row {
        doing: &[],
        codes: &[Code::RateLimitExceeded, Code::BlockingOperationInProgress],
        phrases: &[],
        kind: CloudError,
        ok_to_retry: true,
        advice: "",
    },
    Row {
        doing: &[],
        codes: &[],
        phrases: &[ACTIVE_TRANSACTION, PROVISIONING],
        kind: CloudError,
        ok_to_retry: true,
        advice: "SoftLayer is still working on it",
    },
];

/// What a call of the cloud gives.
pub(crate) type CloudResult<T> = std::result::Result<T, Failure>;

/// An error with this message, ready to be answered.
pub(crate) fn cloud_error(message: impl Into<String>) -> Failure {
    Failure::Ready(CpiError::cloud(message))
}

/// A VM cannot be created as it is wanted, which is known before anything is sent.
pub(crate) fn vm_not_possible(message: impl Into<String>) -> Failure {
    Failure::Ready(CpiError::new(VmCreationFailed, message))
}

/// The error for a VM that does not exist.
pub(crate) fn vm_not_found(cid: impl Display) -> CpiError {
    CpiError::new(VmNotFound, format!("VM {cid} not found"))
}

/// The error for a disk that does not exist.
pub(crate) fn disk_not_found(cid: impl Display) -> CpiError {
    CpiError::new(DiskNotFound, format!("disk {cid} not found"))
}

/// The error for networks that BOSH is to manage: why SoftLayer's are not made by it.
pub(crate) fn networks_not_managed() -> CpiError {
    CpiError::not_supported(
        "SoftLayer sells VLANs and subnets to people, by orders that are approved by hand and \
         billed by the month: make them there, and name them by vlan_ids or subnet_ids in a \
         network without `managed: true`",
    )
}

#[cfg(test)]
mod page;
