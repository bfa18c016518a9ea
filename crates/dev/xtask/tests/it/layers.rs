//! Arrows between files point one way: no circles in any crate, and the floors of the providers.

use xtask::imports::{self, Imports};
use xtask::root;

/// The floors of a provider, the lowest first: a file imports its own floor and those below.
/// What no floor names is the top: `lib.rs` and `provider.rs`.
const FLOORS: &[&[&str]] = &[
    &[
        "intent",
        "errors",
        "properties",
        "naming",
        "agent_settings",
        "disk_bus",
        "disk_hint",
        "tags",
        "name_ref",
        "permit",
        "cids",
        "notes",
    ],
    &["session", "scope", "api", "client"],
    &["lookup"],
    &["resources"],
    &["methods", "gc"],
    &["undo", "doctor", "capture"],
];

/// Circles that are still there, by crate: a number here may only become smaller. A crate that is
/// not named has none.
const REMAINING: &[(&str, usize)] = &[
    ("app/cpi", 1),
    ("app/create-env", 2),
    ("app/trials", 3),
    ("bosh/cpi", 1),
    ("bosh/manifest", 4),
    ("bosh/release", 2),
    ("clouds/cloudstack/api", 1),
    ("clouds/cloudstack/simulator", 4),
    ("dev/xtask", 1),
    ("images/server", 1),
    ("images/stemcell", 1),
    ("kit/cpi", 1),
    ("kit/journal", 2),
    ("kit/simulator", 1),
];

fn floor(file: &str) -> usize {
    let top = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    FLOORS.iter().position(|floor| floor.contains(&top)).unwrap_or(FLOORS.len())
}

/// A circle of files cannot be read from one end to the other.
#[test]
fn no_new_circle_of_files() {
    let mut wrong = Vec::new();
    let mut files = 0;
    let crates = root().join("crates");
    for folder in imports::crates(&crates).unwrap() {
        let name = folder.strip_prefix(&crates).unwrap().display().to_string();
        let imports = Imports::read(&folder).unwrap();
        files += imports.edges.len();
        let circles = imports.circles();
        let known = REMAINING.iter().find(|(known, _)| *known == name).map_or(0, |known| known.1);
        if circles.len() > known {
            let circles: Vec<_> = circles.iter().map(|circle| circle.join(", ")).collect();
            wrong.push(format!("{name}: {known} known, now:\n  {}", circles.join("\n  ")));
        }
    }
    assert!(files > 500, "{files} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Both providers have the same floor plan.
#[test]
fn files_of_providers_import_no_higher_floor() {
    let mut upward = Vec::new();
    for cloud in ["cloudstack", "softlayer"] {
        let imports = Imports::read(&root().join("crates/clouds").join(cloud).join("cpi")).unwrap();
        for (file, to) in &imports.edges {
            for other in to.iter().filter(|other| floor(other) > floor(file)) {
                upward.push(format!("{cloud}: {file} imports {other}"));
            }
        }
        assert!(imports.edges.keys().any(|file| floor(file) == 4), "{cloud} has no methods");
    }
    assert!(upward.is_empty(), "{} imports:\n{}", upward.len(), upward.join("\n"));
}

/// A method does not lean on another: what two need stands below both.
#[test]
fn no_method_imports_another() {
    let method = |file: &str| {
        let rest = file.strip_prefix("methods/")?;
        Some(rest.split('/').next()?.trim_end_matches(".rs").to_owned())
    };
    let mut across = Vec::new();
    for cloud in ["cloudstack", "softlayer"] {
        let imports = Imports::read(&root().join("crates/clouds").join(cloud).join("cpi")).unwrap();
        for (file, to) in &imports.edges {
            let Some(own) = method(file).filter(|name| name != "mod") else { continue };
            let others = to.iter().filter_map(|other| Some((other, method(other)?)));
            for (other, name) in others.filter(|(_, name)| *name != own && name != "mod") {
                across.push(format!("{cloud}: {file} imports {other} ({name})"));
            }
        }
    }
    assert!(across.is_empty(), "{} imports:\n{}", across.len(), across.join("\n"));
}
