//! A toy cloud: the CPI of a stranger whose cloud is a folder, and agents that the simulator plays
//! in its VMs.

mod cloud;

pub use cloud::Toy;

use bosh_release::archive::{Files, plain};
use create_env::CpiSource;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use test_support::environment::{Parts, ReleaseTarball, Site, Stage};

/// Where the toy CPI's script is.
fn script() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/environment/toy/cpi.rb"))
}

/// An empty toy cloud, with the CPI as a program of this machine.
pub fn stage() -> Stage<Toy> {
    stage_on(Toy::start)
}

/// The same with the agent that is this program in its VMs.
pub fn stage_with_agent(program: &Path) -> Stage<Toy> {
    stage_on(|folder| Toy::with_agent(folder, program))
}

fn stage_on(start: impl FnOnce(&Path) -> Toy) -> Stage<Toy> {
    let script = script().display().to_string();
    let arguments = vec!["--disable-gems".to_owned(), script, "{config}".to_owned()];
    let cpi = CpiSource::Command { program: "ruby".into(), arguments, plugin: None };
    Stage::set(|folder| {
        let cloud = folder.join("cloud");
        (start(&cloud), Parts::make(folder, site(&cloud)), cpi)
    })
}

/// The same with the CPI as a release.
pub fn stage_with_release() -> Stage<Toy> {
    Stage::set(|folder| {
        let cloud = folder.join("cloud");
        let parts = Parts::make(folder, site(&cloud));
        parts.write("cpi.tgz", cpi_release());
        (Toy::start(&cloud), parts, CpiSource::Release)
    })
}

fn site(cloud: &Path) -> Site {
    let kind: fn(&str) -> Value = |kind| json!({"type": kind});
    Site {
        ip: "10.0.0.6",
        network: json!({"name": "net1"}),
        vm: kind,
        disk: kind,
        stemcell: json!({}),
        properties: json!({"toy": {"folder": cloud}}),
        job: "toy_cpi",
    }
}

/// A package to be compiled and a job to be rendered.
fn cpi_release() -> Vec<u8> {
    let package = Files::from([
        ("packaging".into(), plain("set -e\ncp cpi.rb \"$BOSH_INSTALL_TARGET/cpi.rb\"\n")),
        ("cpi.rb".into(), plain(fs::read(script()).unwrap())),
    ]);
    let spec = "name: toy_cpi\ntemplates: {cpi.erb: bin/cpi, cpi.json.erb: config/cpi.json}\n\
            packages: [toy_cpi]\nproperties:\n  agent.mbus: {}\n  toy.folder: {}\n";
    let program = "#!/bin/sh\nexec ruby --disable-gems \"$BOSH_PACKAGES_DIR/toy_cpi/cpi.rb\" \
            \"$BOSH_JOBS_DIR/toy_cpi/config/cpi.json\"\n";
    let config = "<%= JSON.dump('cloud' => {'properties' => {'agent' => {'mbus' => \
            p('agent.mbus')}, 'toy' => {'folder' => p('toy.folder')}}}) %>";
    let job = Files::from([
        ("job.MF".into(), plain(spec)),
        ("monit".into(), plain("")),
        ("templates/cpi.erb".into(), plain(program)),
        ("templates/cpi.json.erb".into(), plain(config)),
    ]);
    ReleaseTarball::new("cpi", "1")
        .with("jobs", "toy_cpi", &job, "packages: [toy_cpi]")
        .with("packages", "toy_cpi", &package, "dependencies: []")
        .pack()
}
