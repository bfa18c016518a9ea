//! The table as a page for people, `docs/errors-softlayer.md`.

use super::{Doing, Row, TABLE};
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors-softlayer.md");

const HEAD: &str = "\
# What SoftLayer's errors become

The first row that fits wins. An exception is what follows `SoftLayer_Exception_`; a phrase is a
part of its words, as the constants in `softlayer/src/phrases.rs` have them. What fits no row is
`VMCreationFailed` while a VM is made, else `CloudError`; it is worth repeating if the API did not
answer. A failed call that could not be cleaned up is never worth repeating: its message names
what is left, and the next call goes on with it.

The director reads \"worth repeating\" (`ok_to_retry`) for `VMCreationFailed` only.

| while | exception | and words | becomes | worth repeating | what to do |
|---|---|---|---|---|---|
";

/// The page is made from the table: `UPDATE_DOCS=1 cargo test -p cpi-softlayer errors` writes it.
#[test]
fn the_page_is_the_table() {
    let mut page = HEAD.to_owned();
    for row in TABLE {
        writeln!(page, "{}", line(row)).expect("a string takes everything");
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).expect("docs/errors-softlayer.md is written");
    }
    let published = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(published == page, "docs/errors-softlayer.md is old: run with UPDATE_DOCS=1");
}

fn line(row: &Row) -> String {
    let doing = list(row.doing.iter().map(|doing| words(*doing)), "anything");
    let codes = list(row.codes.iter().map(|code| format!("`{code:?}`")), "any");
    let phrases = list(row.phrases.iter().map(|phrase| format!("“{phrase}”")), "any");
    let kind = row.kind.as_str().trim_start_matches("Bosh::Clouds::");
    let repeat = if row.ok_to_retry { "yes" } else { "no" };
    format!("| {doing} | {codes} | {phrases} | {kind} | {repeat} | {} |", row.advice)
}

fn list(items: impl Iterator<Item = String>, none: &str) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() { none.to_owned() } else { items.join(", ") }
}

/// `CreateVm` as people say it: `create VM`.
fn words(doing: Doing) -> String {
    let mut words = String::new();
    for c in format!("{doing:?}").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words.replace("vm", "VM")
}
