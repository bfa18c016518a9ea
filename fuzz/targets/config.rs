//! Any bytes as a config, and a request's context laid over it: two JSON texts with a zero byte
//! in between.
#![no_main]

use bosh_cpi::config::Config;
use bosh_cpi::request::Context;
use cpi_cloudstack::CloudStackProperties;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let (config, context) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &b"{}"[..]),
    };
    let Ok(config) = Config::parse(config) else { return };
    let context = match serde_json::from_slice(context) {
        Ok(Value::Object(map)) => Context::from(map),
        _ => Context::default(),
    };
    let _ = config.log_level(&context);
    if let Ok(properties) = config.properties::<CloudStackProperties>(&context)
        && let Ok(properties) = properties.accept(true)
    {
        let _ = properties.validate();
    }
});
