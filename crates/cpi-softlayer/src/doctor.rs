//! `cpi doctor`: whether these properties and this cloud go together, checked before a
//! deployment finds out. It changes nothing, and asks the cloud itself, never the cache.

use crate::SoftLayer;
use provider::{Finding, Provider, Questions};

/// Every check, in an order in which a person reads them. Where the cloud cannot be talked
/// to, only the reason of that.
pub(crate) async fn examine(cloud: &SoftLayer, _questions: &Questions) -> Vec<Finding> {
    if let Err(error) = cloud.properties.validate() {
        return vec![Finding::fail("config", error.message, "complete the config")];
    }
    match cloud.ledger().await {
        Ok(_) => vec![Finding::ok("journal", "can be used")],
        Err(error) => vec![Finding::fail("journal", error.message, "see state_dir and ledger")],
    }
}
