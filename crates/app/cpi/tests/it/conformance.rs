//! Ours holds what directors, the CLI and other CPIs' suites expect.

use trials::Subject;
use trials::cloud::{Plugin, World};
use trials::conformance::checks;

#[test]
fn conformance() {
    conformance_on(Plugin::Cloudstack);
}

/// The same suite on the second cloud.
#[test]
fn conformance_on_softlayer() {
    conformance_on(Plugin::Softlayer);
}

fn conformance_on(cloud: Plugin) {
    let (subject, world) = (Subject::ours(env!("CARGO_BIN_EXE_cpi")), World::builtin(cloud));
    let verdicts: Vec<_> = checks().iter().map(|check| check.run(&subject, &world)).collect();
    let failed: Vec<_> = verdicts
        .iter()
        .filter_map(|verdict| Some(format!("{}: {}", verdict.id, verdict.fault.as_ref()?)))
        .collect();
    eprintln!("{} checks, {} failed", verdicts.len(), failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
