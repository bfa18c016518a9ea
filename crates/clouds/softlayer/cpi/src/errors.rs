//! THE table from SoftLayer's errors to BOSH's.
//!
//! A row says: while doing this, with that exception and that phrase, answer this kind, worth
//! repeating or not, with this advice. The first row that fits wins; what fits none is the
//! kind of what was being done.

use bosh_cpi::{CpiError, ErrorKind};
use cpi_kit::errors::{CloudFailure, by_table};
use journal::JournalError;
use softlayer::phrases::*;
use softlayer::{Code, Error};
use std::fmt::Display;

pub(crate) use cpi_kit::errors::Activity;

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The cloud.
    #[error(transparent)]
    Cloud(#[from] Error),
    /// The journal; nothing was sent then.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An error that is ready to be answered.
    #[error(transparent)]
    Ready(#[from] CpiError),
}

impl Failure {
    /// Whether the cloud refused in these words.
    pub(crate) fn says(&self, phrase: &str) -> bool {
        matches!(self, Failure::Cloud(error) if error.says(phrase))
    }

    /// Whether the cloud does not know an id that the call named: it never did, what had it is
    /// gone, or this user may not see it.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Failure::Cloud(error) if error.is_not_found())
    }
}

type Row = cpi_kit::errors::Row<Code>;

use Activity::*;
use ErrorKind::*;

const ON_DISKS: &[Activity] =
    &[FindDisk, AttachDisk, DetachDisk, ResizeDisk, DeleteDisk, TagDisk, SnapshotDisk];
const ON_VMS: &[Activity] = &[FindVm, RebootVm, DeleteVm, TagVm];

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
    match failure {
        Failure::Ready(error) => error,
        Failure::Journal(error) => CpiError::cpi(format!("{tried}: {error}")),
        Failure::Cloud(error) => from_cloud(doing, tried, &error),
    }
}

fn from_cloud(doing: Activity, tried: impl Display, error: &Error) -> CpiError {
    let refusal = error.refusal();
    let says = |phrase: &str| refusal.is_some_and(|refusal| refusal.says(phrase));
    let told = CloudFailure {
        error,
        refusal: refusal.map(|refusal| (&refusal.code, &says as _)),
        may_pass: error.is_transient(),
        hint: error.hint(),
    };
    by_table(TABLE, doing, tried, &told)
}

#[cfg(test)]
mod page;
