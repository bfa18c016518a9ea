//! Any JSON as what a job came to.
#![no_main]

use bytes::Bytes;
use cloudstack::answer::{Answer, job_fault, read};
use cloudstack::api::{AsyncJob, Object, Snapshot, Success, Template, VirtualMachine, Volume};
use libfuzzer_sys::fuzz_target;
use serde::de::DeserializeOwned;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let mut body =
        br#"{"queryasyncjobresultresponse":{"jobid":"j","jobstatus":1,"jobresult":"#.to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"}}");
    let Answer::Good(job) =
        read::<AsyncJob>("queryAsyncJobResult", &http::Response::new(Bytes::from(body)))
    else {
        return;
    };
    let Some(result) = job.jobresult else { return };
    let _ = job_fault(&result);
    fits::<Object<VirtualMachine>>(&result);
    fits::<Object<Volume>>(&result);
    fits::<Object<Snapshot>>(&result);
    fits::<Object<Template>>(&result);
    fits::<Success>(&result);
});

fn fits<T: DeserializeOwned>(result: &Value) {
    let _ = serde_json::from_value::<T>(result.clone());
}
