//! `lbs`: the load balancers that the VM is to be behind.

use crate::properties::{LoadBalancer, given};
use bosh_cpi::{CpiError, Result};

/// The ways in which CloudStack balances.
const ALGORITHMS: &[&str] = &["roundrobin", "leastconn", "source"];

/// Refuses what no rule can be found or made by.
pub(super) fn check(wanted: &[LoadBalancer], path: &str) -> Result<()> {
    for (at, lb) in wanted.iter().enumerate() {
        if lb.name.trim().is_empty() {
            return Err(CpiError::cpi(format!("{path}.lbs[{at}].name is required")));
        }
        for (name, port) in [("public_port", lb.public_port), ("private_port", lb.private_port)] {
            if port == Some(0) {
                return Err(CpiError::cpi(format!("{path}.lbs[{at}].{name}: must be 1 to 65535")));
            }
        }
        if let Some(other) = given(&lb.algorithm).filter(|it| !ALGORITHMS.contains(it)) {
            return Err(CpiError::cpi(format!(
                "{path}.lbs[{at}].algorithm: must be one of {}, not '{other}'",
                ALGORITHMS.join(", ")
            )));
        }
    }
    Ok(())
}
