//! The simulator and the API crate have to know the same calls, and the same properties.

use softlayer::CALLS;

/// Every call that the API crate makes is served, and every property that it asks for is known.
#[test]
fn every_call_of_the_api_crate_is_served() {
    let mut unknown = Vec::new();
    for row in CALLS {
        let mask = (row.mask)();
        let served = simulator_softlayer::understands(row.service, row.method, mask.as_deref());
        if let Err(reason) = served {
            unknown.push(format!("{}::{}: {reason}", row.service, row.method));
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(CALLS.len() > 40);
}
