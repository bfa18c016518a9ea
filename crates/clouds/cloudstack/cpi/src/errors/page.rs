//! The table as a page for people, `docs/errors.md`.

use super::TABLE;
use cpi_kit::errors::rows_as_page;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../docs/errors.md");

const HEAD: &str = "\
# What CloudStack's errors become

The first row that fits wins. A code is CloudStack's `errorcode`, of the call or of its job; a
phrase is a part of its words, as the constants in `cloudstack/src/phrases.rs` have them. What fits
no row is `VMCreationFailed` while a VM is made, else `CloudError`; it is worth repeating if the
cloud did not answer. A failed call that could not be cleaned up is never worth repeating: its
message names what is left, and the next call goes on with it.

The director reads \"worth repeating\" (`ok_to_retry`) for `VMCreationFailed` only.

| while | code | and words | becomes | worth repeating | what to do |
|---|---|---|---|---|---|
";

/// The page is made from the table: `UPDATE_DOCS=1 cargo test -p cpi-cloudstack errors` writes it.
#[test]
fn the_page_is_the_table() {
    let page = HEAD.to_owned() + &rows_as_page(TABLE, ToString::to_string);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).expect("docs/errors.md is written");
    }
    let published = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(published == page, "docs/errors.md is old: run with UPDATE_DOCS=1");
}
