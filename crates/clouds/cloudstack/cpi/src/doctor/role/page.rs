//! `docs/role.md`: the calls that a role has to allow, from the table of commands.

use super::{FOR_ADMINS, NEEDED};
use cloud_http::Effect;
use cloudstack::COMMANDS;
use std::fmt::Write;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../docs/role.md");

const HEAD: &str = "\
# A role for the keys

Generated from the table of the calls that this CPI can make. CloudStack checks each call against
the rules of the account's role, so a role with these rules and no other is enough. The default
role `User` allows nearly all of them; `cpi doctor` tells which it lacks.

To make one, as an admin with `cmk`:

```text
create role name=bosh type=User description='BOSH'
create rolepermission roleid=ID rule=RULE permission=allow     for each rule below
create rolepermission roleid=ID rule=* permission=deny         at the end
```

";

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Create => "makes",
        Effect::Change => "changes",
        Effect::Delete => "removes",
    }
}

fn rules(page: &mut String, title: &str, text: &str, wanted: impl Fn(&str) -> bool) {
    write!(page, "## {title}\n\n{text}\n\n| rule | it |\n|---|---|\n").expect("a string takes all");
    let mut rows: Vec<_> = COMMANDS.iter().filter(|row| wanted(row.name)).collect();
    rows.sort_by_key(|row| row.name);
    for row in rows {
        writeln!(page, "| `{}` | {} |", row.name, effect(row.effect)).expect("a string takes all");
    }
    page.push('\n');
}

/// `UPDATE_DOCS=1 cargo test -p cpi-cloudstack role` writes it.
#[test]
fn the_page_is_the_table() {
    let needed = |name: &str| NEEDED.contains(&name);
    let admins = |name: &str| FOR_ADMINS.contains(&name);
    let mut page = HEAD.to_owned();
    let text = "Without one of these, VMs and disks cannot be made, found, changed or deleted.";
    rules(&mut page, "The least", text, needed);
    let text = "Each is used only where something asks for it: stemcells, snapshots, public \
        addresses, load balancers, groups, networks that BOSH makes, `doctor`. Without it just \
        that is refused.";
    rules(&mut page, "For everything", text, |name| !needed(name) && !admins(name));
    let text = "Not for users' roles; used if they may be, and done without if not.";
    rules(&mut page, "For admins' keys", text, admins);
    let page = format!("{}\n", page.trim_end());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).expect("docs/role.md is written");
    }
    let published = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(published == page, "docs/role.md is old: run with UPDATE_DOCS=1");
}

/// A rule that no call has would be allowed for nothing.
#[test]
fn every_rule_is_a_call_that_is_made() {
    for name in NEEDED.iter().chain(FOR_ADMINS) {
        assert!(COMMANDS.iter().any(|row| row.name == *name), "{name}");
    }
}
