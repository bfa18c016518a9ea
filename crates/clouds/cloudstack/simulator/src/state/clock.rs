//! What time it is in the cloud, and how CloudStack writes it.

use jiff::Timestamp;

pub use simulator_kit::clock::{Clock, later};

/// `2025-10-30T13:51:39+0000`, as CloudStack writes a time.
pub fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}
