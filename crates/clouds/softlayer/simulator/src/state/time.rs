//! Times, as SoftLayer writes them.

use jiff::Timestamp;

/// `2026-01-31T09:05:01+00:00`, as SoftLayer writes a time.
pub fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
