//! A table as people read it: the rows of a page in Markdown.

use super::{Activity, Row};

/// The rows of the page; `code` writes a code.
pub fn rows_as_page<C>(table: &[Row<C>], code: impl Fn(&C) -> String) -> String {
    table.iter().map(|row| line(row, &code)).collect()
}

fn line<C>(row: &Row<C>, code: impl Fn(&C) -> String) -> String {
    let doing = list(row.doing.iter().map(|doing| words(*doing)), "anything");
    let codes = list(row.codes.iter().map(code), "any");
    let phrases = list(row.phrases.iter().map(|phrase| format!("“{phrase}”")), "any");
    let kind = row.kind.as_str().trim_start_matches("Bosh::Clouds::");
    let repeat = if row.ok_to_retry { "yes" } else { "no" };
    format!("| {doing} | {codes} | {phrases} | {kind} | {repeat} | {} |\n", row.advice)
}

fn list(items: impl Iterator<Item = String>, none: &str) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() { none.to_owned() } else { items.join(", ") }
}

/// `CreateVm` as people say it: `create VM`.
fn words(doing: Activity) -> String {
    let mut words = String::new();
    for c in format!("{doing:?}").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words.replace("vm", "VM")
}
