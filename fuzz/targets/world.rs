//! Any text as a world of the simulator, which people write; a cloud is made of one that can be
//! read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use simulator_cloudstack::World;
use simulator_cloudstack::state::Cloud;
use simulator_cloudstack::state::clock::Clock;

fuzz_target!(|text: &str| {
    match World::from_yaml(text) {
        Ok(world) => drop(Cloud::new(world, Clock::real())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
