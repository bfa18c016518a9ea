//! The bosh CLI and this crate in turn on one environment: each goes on where the other stopped.
//! Needs the CLI in `BOSH_CLI`.

use crate::toy::{Toy, stage_with_agent, stage_with_release};
use create_env::Created;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use test_support::environment::worker::Verb;
use test_support::environment::{Cloud, Stage, Wanted};

/// Runs the CLI: what it says. It shares downloads and compiled packages with us.
fn bosh(cli: &PathBuf, stage: &Stage<Toy>, command: &str) -> String {
    let home = stage.path().join("cli");
    if !home.exists() {
        std::fs::create_dir(&home).unwrap();
        std::fs::create_dir_all(stage.path().join("home")).unwrap();
        std::os::unix::fs::symlink(stage.path().join("home"), home.join(".bosh")).unwrap();
    }
    let output = Command::new(cli)
        .args(["--tty", "--no-color", "-n"])
        .args(command.split(" "))
        .args(["manifest.yml", "--state=state.json"])
        .current_dir(stage.path())
        .env("HOME", &home)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}:\n{said}\n{wrong}");
    said
}

#[test]
fn the_cli_and_we_take_turns() {
    let Some(cli) = std::env::var_os("BOSH_CLI").map(PathBuf::from) else {
        eprintln!("skipped: needs the bosh CLI in BOSH_CLI");
        return;
    };
    let stage = stage_with_release();
    let skipped = "No deployment, stemcell or release changes. Skipping deploy.";

    bosh(&cli, &stage, "create-env");
    let (vm, disk) = (stage.vm(), stage.disk());
    assert_eq!(stage.create(), Created::Unchanged, "{:#}", stage.state());

    stage.act(Verb::Recreate).unwrap_or_else(|error| panic!("{error}"));
    assert_ne!(stage.vm(), vm);
    assert!(bosh(&cli, &stage, "create-env").contains(skipped));

    let wanted = || Wanted { text: "other", disk: 6144, ..Wanted::default() };
    stage.want(wanted());
    bosh(&cli, &stage, "create-env");
    let grown = stage.disk();
    assert_ne!(grown, disk, "the CLI moves the data");
    assert_eq!(stage.create(), Created::Unchanged);
    assert_eq!(stage.cloud.written_on(&grown).len(), 3);

    stage.want(Wanted { stemcell: "1.2", ..wanted() });
    stage.create();
    assert!(bosh(&cli, &stage, "create-env").contains(skipped));
    assert_eq!(stage.cloud.written_on(&grown).len(), 4);

    bosh(&cli, &stage, "delete-env");
    assert!(stage.is_empty());
    assert!(!stage.path().join("state.json").exists());
    stage.create();
    stage.act(Verb::Delete).unwrap();
    assert!(stage.is_empty());
}

/// How often either starts the CPI, and how long it takes: we ask `info` once a run, the CLI before
/// every call.
#[test]
fn we_start_the_cpi_less_often() {
    let Some(cli) = std::env::var_os("BOSH_CLI").map(PathBuf::from) else {
        eprintln!("skipped: needs the bosh CLI in BOSH_CLI");
        return;
    };
    let figures = |ours: bool| {
        let stage = stage_with_release();
        let run = |what: &str| {
            stage.cloud.starts();
            let begun = std::time::Instant::now();
            match (ours, what) {
                (true, "recreate") => drop(stage.act(Verb::Recreate).unwrap()),
                (true, "delete") => drop(stage.act(Verb::Delete).unwrap()),
                (true, _) => drop(stage.create()),
                (false, "recreate") => drop(bosh(&cli, &stage, "create-env --recreate")),
                (false, "delete") => drop(bosh(&cli, &stage, "delete-env")),
                (false, _) => drop(bosh(&cli, &stage, "create-env")),
            }
            (stage.cloud.starts(), begun.elapsed().as_secs_f64())
        };
        ["create", "unchanged", "recreate", "delete"].map(run)
    };
    let (theirs, ours) = (figures(false), figures(true));
    eprintln!("CPI processes and seconds of create, unchanged, recreate, delete:");
    eprintln!("  bosh CLI: {theirs:.1?}\n  ours:     {ours:.1?}");
    for (theirs, ours) in theirs.iter().zip(&ours) {
        assert!(ours.0 <= theirs.0, "{ours:?} {theirs:?}");
    }
}

/// The same with the agent that runs in true stemcells, in `BOSH_AGENT`: whatever it is told, it
/// knows, and what it answers is understood.
#[test]
fn the_true_agent_is_driven() {
    let Some(agent) = std::env::var_os("BOSH_AGENT").map(PathBuf::from) else {
        eprintln!("skipped: needs the BOSH agent in BOSH_AGENT");
        return;
    };
    let stage = stage_with_agent(&agent);
    let create = || {
        stage.act(Verb::Create).unwrap_or_else(|error| {
            let log = std::fs::read(stage.path().join("cloud/agent.log")).unwrap_or_default();
            let log = String::from_utf8_lossy(&log).into_owned();
            let end = log.len().saturating_sub(4000);
            panic!("{error}\n{}", log.get(end..).unwrap_or_default());
        })
    };
    create();
    let (vm, disk) = (stage.vm(), stage.disk());
    stage.want(Wanted { text: "other", ..Wanted::default() });
    create();
    assert_eq!(stage.vm(), vm, "jobs are applied in place");
    stage.want(Wanted { disk: 6144, vm_type: "m2", ..Wanted::default() });
    create();
    assert_ne!((stage.vm(), stage.disk()), (vm, disk), "another VM, and the data has moved");
    stage.with(&Default::default(), create_env::stop).unwrap();
    stage.with(&Default::default(), create_env::start).unwrap();
    stage.act(Verb::Delete).unwrap();
    assert!(stage.is_empty());
}
