//! The journal of an earlier release: its rows are what this release has to undo.

use cpi_cloudstack::Intent;
use serde_json::Value;

/// One row of each kind, as release b7d0acc writes them.
const ROWS: &str = include_str!("journal.rows");

/// A row that cannot be read stays open for ever, and what it names stays in the cloud. A row that
/// is written in other words could not be read by the release before, after a downgrade.
#[test]
fn rows_of_an_earlier_release_are_read_and_written_alike() {
    for row in ROWS.lines() {
        let intent: Intent = serde_json::from_str(row).unwrap_or_else(|e| panic!("{row}: {e}"));
        let (was, is): (Value, Value) =
            (serde_json::from_str(row).unwrap(), serde_json::to_value(&intent).unwrap());
        assert_eq!(is, was);
    }
    assert_eq!(ROWS.lines().count(), 18, "one row for each variant of Intent");
}

/// The first releases wrote no public resources into a deletion.
#[test]
fn a_deletion_without_public_resources_is_read() {
    let row = r#"{"kind":"deletion","vm":"v","ephemeral":["d"]}"#;
    let expected = Intent::VmDeletion {
        vm: "v".into(),
        ephemeral: vec!["d".into()],
        public_resources: Vec::new(),
    };
    assert_eq!(serde_json::from_str::<Intent>(row).unwrap(), expected);
}
