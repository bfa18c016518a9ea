//! Interpolation and operations: a table of cases, each checked here, and, where `BOSH_CLI` names
//! a `bosh`, compared with what it does; and random documents likewise.

mod case;
mod cli;
mod random;

use case::{Case, cases};

/// Every case does what the table says.
#[test]
fn the_table_holds() {
    let cases = cases();
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(check).collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn check(case: &Case) -> Option<String> {
    let outcome = case.run();
    let holds = match (&outcome, &case.expected) {
        (Ok(out), Ok(expected)) => out == expected,
        (Err(error), Err(expected)) => error.contains(expected.as_str()),
        _ => false,
    };
    (!holds).then(|| format!("{}:\n  got {outcome:?}\n  expected {:?}", case.name, case.expected))
}
