//! The book holds together: its links lead somewhere, and its examples are what the CPI takes.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use xtask::conform::{self, by_definition};
use xtask::{page, root, schema};

/// A page's text.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The pages of the book, and the files for readers beside it.
fn pages() -> Vec<PathBuf> {
    let names = |dir: PathBuf| {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|it| it == "md")).collect::<Vec<_>>()
    };
    let folders = [root().join("docs"), root().join("docs/decisions"), root()];
    folders.into_iter().flat_map(names).collect()
}

/// What stands between fences of this kind.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let opening = format!("```{kind}\n");
    let rest = text.split(&opening).skip(1);
    rest.map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

/// The text without what stands between fences, or in backquotes.
fn prose(text: &str) -> String {
    let outside = text.split("```").step_by(2).collect::<String>();
    outside.split('`').step_by(2).collect()
}

/// The targets of links.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let ends = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(target, _)| target.to_owned()).collect()
}

/// A heading's anchor, as GitHub and mdBook make them.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_');
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    let mut count = 0;
    for page in pages() {
        for link in links(&read(&page)) {
            if link.starts_with("http") || link.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (file, part) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let there = target.exists()
                && (part.is_empty()
                    || read(&target)
                        .lines()
                        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' '))
                        .any(|heading| anchor(heading) == part));
            if !there {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert_eq!(dead, Vec::<String>::new());
    assert!(count > 50, "{count} links");
}

/// The book is served without the rest of the tree: a link out of it is dead there.
#[test]
fn no_link_leads_out_of_the_book() {
    let docs = root().join("docs");
    for page in pages().iter().filter(|page| page.starts_with(&docs)) {
        let depth = page.strip_prefix(&docs).unwrap().components().count() - 1;
        let out = "../".repeat(depth + 1);
        let dead: Vec<_> =
            links(&read(page)).into_iter().filter(|link| link.starts_with(&out)).collect();
        assert_eq!(dead, Vec::<String>::new(), "{}", page.display());
    }
}

/// mdBook shows only what the summary names.
#[test]
fn the_summary_names_every_page() {
    let docs = root().join("docs");
    let named: BTreeSet<_> = links(&read(&docs.join("SUMMARY.md"))).into_iter().collect();
    let all = pages();
    let there = all.iter().filter_map(|page| page.strip_prefix(&docs).ok());
    let there = there.map(|page| page.to_string_lossy().into_owned());
    let there: BTreeSet<_> = there.filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(named, there);
}

#[test]
fn the_page_of_properties_is_current() {
    let current = page::generate(&root()).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(page::path(&root()), &current).unwrap();
    }
    let there = read(&page::path(&root()));
    assert!(there == current, "docs/properties.md is old: cargo xtask spec");
}

/// Each property of the schema is on the page, also those inside of others.
#[test]
fn the_page_has_every_property() {
    let schema = schema::load(&root()).unwrap();
    let page = read(&page::path(&root()));
    let definitions = schema["$defs"].as_object().unwrap();
    let mut count = 0;
    for (name, definition) in definitions {
        for property in definition["properties"].as_object().into_iter().flatten() {
            // Such a one has a row for each of its properties instead.
            if schema::resolve(&schema, property.1)["properties"].is_object() {
                continue;
            }
            let row = |start: &str| page.contains(&format!("{start}{}` |", property.0));
            assert!(row("| `") || row("."), "{name}.{} is not on the page", property.0);
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

/// Manifests' parts in the pages: what they set is in the schema, of the right type.
#[test]
fn examples_of_cloud_properties_are_what_the_cpi_takes() {
    let schema = schema::load(&root()).unwrap();
    let mut count = 0;
    let mut check = |definition: &str, properties: &Value, at: String| {
        if properties.is_object() {
            count += 1;
            let wrong = by_definition(&schema, definition, properties, &at);
            assert_eq!(wrong, Vec::<String>::new());
        }
    };
    for page in pages() {
        // SoftLayer's pages have other properties.
        if page.to_string_lossy().contains("softlayer") {
            continue;
        }
        for block in blocks(&read(&page), "yaml") {
            let at = |what: &str| format!("{}: {what}", page.display());
            let file: Value = serde_saphyr::from_str(&block)
                .unwrap_or_else(|e| panic!("{}: {e}\n{block}", page.display()));
            let each = |list: &str| file[list].as_array().cloned().unwrap_or_default();
            for (list, definition) in [
                ("azs", "VmProperties"),
                ("vm_types", "VmProperties"),
                ("vm_extensions", "VmProperties"),
                ("disk_types", "DiskProperties"),
            ] {
                for thing in each(list) {
                    check(definition, &thing["cloud_properties"], at(list));
                }
            }
            for network in each("networks") {
                check("NetworkProperties", &network["cloud_properties"], at("networks"));
                for subnet in network["subnets"].as_array().into_iter().flatten() {
                    check("NetworkProperties", &subnet["cloud_properties"], at("subnets"));
                }
            }
            check("CloudStackProperties", &file["cloudstack"], at("cloudstack"));
            check("TracesProperties", &file["traces"], at("traces"));
        }
    }
    assert!(count >= 10, "{count} examples");
}

/// Whole configs in the pages and the README.
#[test]
fn examples_of_configs_are_what_the_cpi_takes() {
    let schema = schema::load(&root()).unwrap();
    let mut count = 0;
    for page in pages() {
        for block in blocks(&read(&page), "json") {
            let value: Value = serde_json::from_str(&block)
                .unwrap_or_else(|e| panic!("{}: {e}\n{block}", page.display()));
            if value.get("cloud").is_some() {
                let wrong = conform::config(&schema, &value);
                assert_eq!(wrong, Vec::<String>::new(), "{}", page.display());
                count += 1;
            }
        }
    }
    assert!(count >= 2, "{count} configs");
}

/// Every file of ours that a command in the pages names is there.
#[test]
fn commands_name_files_that_are_there() {
    let mut count = 0;
    for page in pages() {
        for block in blocks(&read(&page), "sh") {
            for word in block.split_whitespace() {
                let ours = ["manifests/", "release/", "ci/", "docs/"];
                if ours.iter().any(|dir| word.starts_with(dir)) {
                    assert!(root().join(word).exists(), "{}: {word}", page.display());
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 6, "{count} files");
}

/// The quick start's variables are all that our ops file needs, beside those of bosh.yml.
#[test]
fn the_quick_start_gives_every_variable() {
    let text = read(&root().join("docs/quick-start.md"));
    let given = blocks(&text, "yaml").into_iter().find(|block| block.contains("internal_cidr"));
    let given: Value = serde_saphyr::from_str(&given.unwrap()).unwrap();
    let ops = read(&root().join("manifests/cpi.yml"));
    let names = ops.split("((").skip(1).filter_map(|rest| rest.split_once("))"));
    for (name, _) in names {
        assert!(!given[name].is_null(), "vars.yml of the quick start lacks {name}");
    }
}

/// Every variable of our manifests is explained: one that no page names cannot be given.
#[test]
fn the_page_of_the_release_names_every_variable() {
    let page = read(&root().join("docs/release.md"));
    let mut count = 0;
    for folder in ["manifests", "manifests/cloud-config"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|it| it != "yml") {
                continue;
            }
            let text = read(&path);
            for (name, _) in text.split("((").skip(1).filter_map(|it| it.split_once("))")) {
                let cloud = ["east_", "west_"].iter().find(|cloud| name.starts_with(**cloud));
                let known = page.contains(&format!("`{name}`"))
                    || cloud.is_some_and(|cloud| page.contains(&format!("`{cloud}…`")));
                assert!(known, "{}: docs/release.md does not explain {name}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 50, "{count} variables");
}
