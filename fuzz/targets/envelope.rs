//! Any bytes as an answer of the cloud, with any status: the first two bytes choose it.
#![no_main]

use bytes::Bytes;
use cloudstack::answer::{Answer, read};
use cloudstack::api::{List, Object, Snapshot, Started, Success, VirtualMachine, Volume, Zone};
use libfuzzer_sys::fuzz_target;

/// Under which the answer is read; it depends on no type.
const COMMAND: &str = "listVirtualMachines";

fuzz_target!(|bytes: &[u8]| {
    let Some((status, body)) = bytes.split_at_checked(2) else { return };
    // 100 to 999 are all there are.
    let status = 100 + u16::from_le_bytes([status[0], status[1]]) % 900;
    let answer = http::Response::builder().status(status).body(Bytes::copy_from_slice(body));
    let answer = answer.expect("the status is one");
    let read = [
        read::<List<VirtualMachine>>(COMMAND, &answer).forget(),
        read::<List<Volume>>(COMMAND, &answer).forget(),
        read::<List<Snapshot>>(COMMAND, &answer).forget(),
        read::<List<Zone>>(COMMAND, &answer).forget(),
        read::<Object<VirtualMachine>>(COMMAND, &answer).forget(),
        read::<Started>(COMMAND, &answer).forget(),
        read::<Success>(COMMAND, &answer).forget(),
    ];
    // Whether it is CloudStack's, and whether it is a refusal, depends on no type.
    let whose = |answer: &Answer<()>| match answer {
        Answer::Good(()) | Answer::Odd(_) => None,
        other => Some(other.clone()),
    };
    assert!(read.iter().all(|other| whose(other) == whose(&read[0])), "{read:?}");
});
