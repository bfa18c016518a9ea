//! The phrases are those of a real CloudStack: compared with the recorded transcripts.

use cloudstack::phrases::*;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Phrase, the command that was refused, and the error codes it was refused with.
const RECORDED: &[(&str, &str, &[i64])] = &[
    (ENTITY_DOES_NOT_EXIST, "listVirtualMachines", &[431]),
    (ENTITY_DOES_NOT_EXIST, "queryAsyncJobResult", &[431]),
    (GONE, "destroyVirtualMachine", &[431]),
    (GONE, "deleteVolume", &[431]),
    (GONE, "attachVolume", &[431]),
    (NO_SUCH_COMMAND, "updateVolume", &[432]),
    (NAME_TAKEN, "deployVirtualMachine", &[431]),
    (NO_GUEST_ADDRESS, "deployVirtualMachine", &[530]),
    (NO_ADDRESS, "deployVirtualMachine", &[530]),
    (MAC_INVALID, "deployVirtualMachine", &[431]),
    (NO_SUCH_KEY_PAIR, "deployVirtualMachine", &[431]),
    (NO_SUCH_AFFINITY_GROUP, "deployVirtualMachine", &[431]),
    (AFFINITY_GROUP_EXISTS, "createAffinityGroup", &[431]),
    (SECURITY_GROUP_EXISTS, "createSecurityGroup", &[431]),
    (KEY_PAIR_EXISTS, "registerSSHKeyPair", &[431]),
    (NO_USER_DATA_SERVICE, "deployVirtualMachine", &[431]),
    (USER_DATA_TOO_LONG, "deployVirtualMachine", &[431]),
    (CUSTOM_SIZE_MISSING, "deployVirtualMachine", &[431]),
    (NO_DESTINATION, "deployVirtualMachine", &[533]),
    (CUSTOM_ID_TAKEN, "deployVirtualMachine", &[431]),
    (JOB_ID_TAKEN, "deployVirtualMachine", &[530]),
    (NOT_RUNNING, "rebootVirtualMachine", &[431]),
    (ALREADY_RUNNING, "startVirtualMachine", &[431]),
    (NO_EXPUNGE_PERMISSION, "destroyVirtualMachine", &[530]),
    (EXPUNGE_IS_FOR_ADMINS, "expungeVirtualMachine", &[530]),
    (NOT_DESTROYED_YET, "expungeVirtualMachine", &[530]),
    (VOLUME_IS_ATTACHED, "attachVolume", &[431]),
    (VOLUME_IS_ATTACHED, "deleteVolume", &[431]),
    (VOLUME_IS_NOT_ATTACHED, "detachVolume", &[431]),
    (VOLUME_IN_OTHER_ZONE, "attachVolume", &[431]),
    (NO_STORAGE, "attachVolume", &[530]),
    (WOULD_SHRINK, "resizeVolume", &[432]),
    (WOULD_SHRINK, "changeOfferingForVolume", &[431]),
    (DISK_SIZE_MISSING, "createVolume", &[431]),
    (DISK_SIZE_OUT_OF_RANGE, "createVolume", &[431]),
    (VOLUME_NOT_READY, "createSnapshot", &[431]),
    (SNAPSHOT_IS_GONE, "deleteSnapshot", &[431]),
    (ILLEGAL_HOST, "registerTemplate", &[431]),
    (TAG_EXISTS, "createTags", &[530]),
    (TAG_IS_EMPTY, "createTags", &[431]),
    (NO_SUCH_TAG, "deleteTags", &[530]),
    (NETWORK_IN_USE, "deleteNetwork", &[530]),
];

struct Said {
    command: String,
    code: i64,
    text: String,
}

/// Every refusal in the transcripts, a job's under the command that started it. None where
/// there are no transcripts.
fn refusals() -> Option<Vec<Said>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../../shared/transcripts");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no transcripts in {}", folder.display());
        return None;
    };
    let mut said = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let mut jobs: HashMap<String, String> = HashMap::new();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let command = line["params"]["command"].as_str().unwrap_or_default().to_string();
            let Some(inner) = line["body"].as_object().and_then(|body| body.values().next()) else {
                continue;
            };
            said.extend(fault(&command, inner));
            let Some(job) = inner["jobid"].as_str() else { continue };
            match jobs.get(job) {
                Some(starter) => said.extend(fault(starter, &inner["jobresult"])),
                None => drop(jobs.insert(job.into(), command)),
            }
        }
    }
    Some(said)
}

fn fault(command: &str, value: &Value) -> Option<Said> {
    let (code, text) = (value["errorcode"].as_i64()?, value["errortext"].as_str()?);
    Some(Said { command: command.into(), code, text: text.into() })
}

/// A caller that looks for a phrase finds it where a real cloud says it, with that code.
#[test]
fn each_phrase_was_said_by_a_real_cloud() {
    let Some(said) = refusals() else { return };
    for (phrase, command, codes) in RECORDED {
        let mut seen: Vec<i64> = said
            .iter()
            .filter(|said| said.command == *command && said.text.contains(phrase))
            .map(|said| said.code)
            .collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen, *codes, "{command}: {phrase}");
    }
}

/// No recorded refusal of a command that we make fits two phrases, so that the order in which
/// a caller asks does not matter.
#[test]
fn no_refusal_fits_two_phrases() {
    let Some(said) = refusals() else { return };
    let mut phrases: Vec<&str> = RECORDED.iter().map(|(phrase, ..)| *phrase).collect();
    phrases.sort();
    phrases.dedup();
    for said in &said {
        let fits: Vec<_> = phrases.iter().filter(|phrase| said.text.contains(**phrase)).collect();
        assert!(fits.len() <= 1, "{}: {} fits {fits:?}", said.command, said.text);
    }
}
