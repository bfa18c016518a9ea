//! Any bytes on standard input: a request is read, its call decoded, its properties read.
#![no_main]

use bosh_cpi::{Call, CloudProperties, Request, Response};
use cpi_cloudstack::properties::{
    DiskProperties, NetworkProperties, StemcellProperties, VmProperties,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let call = Request::parse(bytes).and_then(|request| Call::decode(&request));
    let call = match call {
        Ok(call) => call,
        Err(error) => {
            // What is answered then is JSON, whatever came.
            let answer = Response::new(Err(error), "");
            assert!(serde_json::from_str::<serde_json::Value>(&answer.to_json()).is_ok());
            return;
        }
    };
    assert!(call.cids().iter().all(|cid| !cid.is_empty()));
    match call {
        Call::CreateVm(call) => {
            read::<VmProperties>(&call.cloud_properties);
            for (_, network) in call.networks.iter() {
                read::<NetworkProperties>(&network.cloud_properties);
            }
            let _ = call.networks.to_settings();
        }
        Call::CreateDisk(call) => read::<DiskProperties>(&call.cloud_properties),
        Call::CreateStemcell(call) => read::<StemcellProperties>(&call.cloud_properties),
        _ => {}
    }
});

fn read<T: serde::de::DeserializeOwned>(properties: &CloudProperties) {
    if let Ok(decoded) = properties.decode::<T>() {
        let _ = decoded.accept(true);
    }
}
