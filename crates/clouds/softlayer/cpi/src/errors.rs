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

pub(crate) use cpi_kit::errors::Activity;

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

/// The error to answer: what was tried (`creating VM vm-1`), what the cloud said, what to do.
pub(crate) fn answer(doing: Activity, tried: impl Display, failure: Failure) -> CpiError {
    failure.into_cpi(doing, tried)
}

#[cfg(test)]
mod page;
