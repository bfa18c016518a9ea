//! The table of commands against the list of CloudStack's own: whose things a call is about.

use cloudstack::COMMANDS;
use serde_json::Value;
use std::path::Path;

/// They take an owner, but only to narrow what is listed: offerings belong to nobody.
const OF_NOBODY: &[&str] = &["listServiceOfferings", "listDiskOfferings"];

/// A command that makes or lists what somebody owns, and does not say whose, would make it for
/// the wrong account in a project.
#[test]
fn what_takes_an_owner_is_told_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../../../shared/reference/cloudstack-api-4.22.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: no {}", file.display());
        return;
    };
    let reference: Value = serde_json::from_str(&text).unwrap();
    for command in COMMANDS {
        let params = reference["commands"][command.name]["params"].as_array();
        let params = params.unwrap_or_else(|| panic!("no {} in CloudStack", command.name));
        let takes = |name: &str| params.iter().any(|param| param["name"] == name);
        let wanted = takes("projectid") && !OF_NOBODY.contains(&command.name);
        assert_eq!(command.owned, wanted, "{}: write `, owned` or take it away", command.name);
        if wanted {
            assert!(takes("account") && takes("domainid"), "{}", command.name);
        }
    }
}
