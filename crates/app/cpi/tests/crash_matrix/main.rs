//! The proof that nothing is left behind: every method, every API call of it in turn, every
//! way to fail, before and after the call took effect; then one ordinary call.

mod environments;

use trials::Subject;
use trials::cloud::Plugin;
use trials::torture::{Depth, Plan};

const CPI: &str = env!("CARGO_BIN_EXE_cpi");

/// More than two cores, since cells mostly wait for their horizon.
const WORKERS: usize = 16;

#[test]
fn crash_matrix() {
    crash_matrix_on(Plugin::Cloudstack);
}

/// On SoftLayer most of what is made is ordered, and what is forgotten is paid for.
#[test]
fn crash_matrix_on_softlayer() {
    crash_matrix_on(Plugin::Softlayer);
}

fn crash_matrix_on(cloud: Plugin) {
    let subject = Subject::ours(CPI);
    let plan = Plan { cloud, subject, methods: Vec::new(), depth: Depth::Quick, workers: WORKERS };
    let cells = plan.cells().expect("a clean run of every method");
    let report = plan.run(&cells, |_| {});
    eprintln!("{}", report.summary());
    assert!(report.is_clean(), "{}\n{}", report.summary(), report.findings.join("\n"));
}

/// A matrix that finds nothing proves nothing: this CPI forgets before each call what earlier
/// ones were about to do, and must be found out.
#[test]
fn a_cpi_that_forgets_is_found_out() {
    for cloud in [Plugin::Cloudstack, Plugin::Softlayer] {
        forgetting_is_found_out(cloud);
    }
}

fn forgetting_is_found_out(cloud: Plugin) {
    let forget =
        format!("rm -f \"$(dirname \"$1\")\"/state/ledger.db*; exec '{CPI}' --config \"$1\"");
    let arguments = ["-c", &forget, "sh", "{config}"].map(str::to_owned).to_vec();
    let subject = Subject { program: "/bin/sh".into(), arguments, config: None };
    let methods = vec!["create_disk".into()];
    let plan = Plan { cloud, subject, methods, depth: Depth::Every, workers: WORKERS };
    let cells = plan.cells().expect("a clean run");
    let report = plan.run(&cells, |_| {});
    assert!(report.leaked > 0, "{}", report.summary());
    let killed = report.findings.iter().filter(|finding| finding.contains("Kill After"));
    assert!(killed.count() > 0, "{}", report.findings.join("\n"));
}

/// A liar matrix that finds nothing proves nothing: the sample CPI believes whatever a list holds,
/// and must be found out, as one that adopts what is foreign and as one that forgets a disk.
#[test]
fn a_cpi_that_believes_filters_is_found_out() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        test_support::skip("python3 is not installed (Debian's package 'python3')");
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples/sample-cpi");
    let template = std::fs::read_to_string(format!("{folder}/config.json")).expect("a template");
    let subject = Subject {
        program: "python3".into(),
        arguments: vec![format!("{folder}/cpi.py"), "{config}".into()],
        config: Some(template),
    };
    let methods = vec!["create_disk".into(), "has_disk".into()];
    let (cloud, depth) = (Plugin::Cloudstack, Depth::Quick);
    let plan = Plan { cloud, subject, methods, depth, workers: WORKERS };
    let report = plan.run(&plan.liar_cells().expect("a clean run"), |_| {});
    assert!(report.foreign_adopted > 0 && report.leaked > 0, "{}", report.summary());
}
