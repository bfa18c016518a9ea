//! The table, tried on refusals as they were recorded from CloudStack 4.22.

use super::*;
use cloudstack::{Effect, Error, JobLoss, Refusal};
use journal::JournalError;

fn refusal(errorcode: i64, text: &str) -> Error {
    Error::Refused(Box::new(Refusal {
        command: "aCommand",
        effect: Effect::Change,
        http_status: 200,
        errorcode,
        cserrorcode: None,
        text: text.into(),
        from_job: true,
        uuids: Vec::new(),
    }))
}

fn answered(doing: Activity, code: i64, text: &str) -> CpiError {
    Failure::Cloud(refusal(code, text)).into_cpi(doing, "trying X")
}

const UNKNOWN_ID: &str = "Unable to execute API command listvirtualmachines due to invalid value. \
    Invalid parameter id value=00000000-0000-0000-0000-000000000000 due to incorrect long value \
    format, or entity does not exist or due to incorrect parameter annotation for the field in \
    api cmd class.";
const GONE_VM: &str = "Unable to find UUID for id [93] of type [VirtualMachine]";
const GONE_VOLUME: &str = "Unable to find UUID for id [138] of type [Volume]";

/// (doing, code, text, kind, worth repeating)
const RECORDED: &[(Activity, i64, &str, ErrorKind, bool)] = &[
    (FindVm, 431, UNKNOWN_ID, VmNotFound, false),
    (RebootVm, 431, GONE_VM, VmNotFound, false),
    (FindDisk, 431, UNKNOWN_ID, DiskNotFound, false),
    (SnapshotDisk, 431, GONE_VOLUME, DiskNotFound, false),
    // Capacity comes and goes …
    (
        CreateVm,
        533,
        r#"No destination found for a deployment for VM instance {"id":88,"instanceName":"i-2-88-VM"}"#,
        VmCreationFailed,
        true,
    ),
    (
        CreateVm,
        530,
        r#"Unable to acquire Guest IP address for network Network {"id": 216, "name": "bosh-net"}"#,
        VmCreationFailed,
        true,
    ),
    (CreateVm, 530, "Insufficient address capacity", VmCreationFailed, true),
    (
        CreateVm,
        530,
        r#"Unable to find suitable primary storage when creating volume [{"name":"w2-tag"}]."#,
        VmCreationFailed,
        true,
    ),
    // … a bad request does not.
    (CreateVm, 431, "Not all specified keypairs exist", VmCreationFailed, false),
    (
        CreateVm,
        431,
        "Invalid cpu cores value, specify a value between 1 and 4",
        VmCreationFailed,
        false,
    ),
    (CreateVm, 431, UNKNOWN_ID, VmCreationFailed, false),
    (
        CreateVm,
        431,
        "User data has exceeded configurable max length: 32768",
        VmCreationFailed,
        false,
    ),
    (
        CreateVm,
        431,
        "The vm with hostName vm-rec-1 already exists in the network domain: cs2cloud.internal; \
         network=bosh-net",
        VmCreationFailed,
        false,
    ),
    (
        CreateVm,
        535,
        "Maximum amount of resources of Type = 'user_vm' is exceeded",
        VmCreationFailed,
        false,
    ),
    (CreateVm, 530, "Entity already exists ", VmCreationFailed, false),
    (
        CreateVm,
        401,
        "unable to verify user credentials and/or request signature",
        VmCreationFailed,
        false,
    ),
    (
        AttachDisk,
        530,
        r#"Unable to find suitable primary storage when creating volume [{"name":"w2-tag"}]."#,
        NoDiskSpace,
        true,
    ),
    (
        AttachDisk,
        431,
        "Please specify a VM that is in the same zone as the volume.",
        CloudError,
        false,
    ),
    (DeleteDisk, 431, "Please specify a volume that is not attached to any VM.", CloudError, false),
    (
        CreateDisk,
        431,
        "Volume size: 999999 GB is out of allowed range. Min: 1. Max: 1024",
        CloudError,
        false,
    ),
    (DeleteVm, 530, "Account does not have permission for expunging.", CloudError, false),
    (
        DeleteStemcell,
        432,
        "The API [deleteTemplate] does not exist or is not available for the account for user id [6c].",
        CloudError,
        false,
    ),
    (Lookup, 401, "unable to verify user credentials and/or request signature", CloudError, false),
];

/// The director acts on the kind, and repeats a create_vm that is worth it.
#[test]
fn recorded_refusals_become_what_the_director_acts_on() {
    for (doing, code, text, kind, ok_to_retry) in RECORDED {
        let error = answered(*doing, *code, text);
        assert_eq!((error.kind, error.ok_to_retry), (*kind, *ok_to_retry), "{doing:?}: {text}");
    }
}

/// What was tried, on what, what the cloud said, what to do.
#[test]
fn a_message_tells_all_that_is_known() {
    let error = answered(CreateVm, 530, "Insufficient address capacity");
    let expected = "trying X: aCommand: the job failed with 530: Insufficient address capacity \
                    (the address is taken (by a VM that is not yet expunged?), is outside of the \
                    network, or none is free)";
    assert_eq!(error.message, expected);
    let error = answered(Lookup, 401, "unable to verify user credentials");
    assert!(error.message.contains("check api_key and secret_access_key"), "{error}");
}

/// A missing id is told from other wrong parameters, whichever way CloudStack says it.
#[test]
fn what_is_gone_is_told_from_what_is_wrong() {
    let gone = |text| Failure::Cloud(refusal(431, text)).is_gone();
    assert!(gone(UNKNOWN_ID) && gone(GONE_VM));
    assert!(!gone("The specified volume is not attached to a VM."));
}

/// A journal that cannot be written stops a call before it changes anything; the CPI's own
/// errors pass as they are.
#[test]
fn errors_that_are_not_the_cloud_s_pass() {
    let journal = JournalError::Row("x".into());
    assert_eq!(Failure::from(journal).into_cpi(CreateVm, "trying X").kind, CpiError);
    let own = bosh_cpi::CpiError::not_supported("no");
    assert_eq!(Failure::from(own.clone()).into_cpi(CreateVm, "trying X"), own);
}

/// A management server that was restarted is there again the next time; a cloud in which a
/// deploy takes longer than it may is as slow then.
#[test]
fn a_lost_job_is_worth_another_try_and_a_slow_one_is_not() {
    let lost = |why| Error::JobLost { command: "deployVirtualMachine", job: "j".into(), why };
    let retry = |why| Failure::Cloud(lost(why)).into_cpi(CreateVm, "trying X").ok_to_retry;
    assert!(retry(JobLoss::NoResult) && retry(JobLoss::Purged));
    assert!(!retry(JobLoss::StillRunning));
}

/// The phrases by which errors of one code are told apart are CloudStack's own. In a clone
/// without the recordings there is nothing to compare with.
#[test]
fn the_phrases_stand_in_the_recordings() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../../shared/transcripts");
    let Ok(entries) = std::fs::read_dir(dir) else {
        eprintln!("skipped: there are no recordings in {dir}");
        return;
    };
    let recorded: String = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for phrase in [
        ENTITY_DOES_NOT_EXIST,
        GONE,
        NO_EXPUNGE_PERMISSION,
        NOT_RUNNING,
        ALREADY_RUNNING,
        NO_GUEST_ADDRESS,
        NO_ADDRESS,
        NO_STORAGE,
    ] {
        assert!(recorded.contains(phrase), "no recorded refusal says '{phrase}'");
    }
}
