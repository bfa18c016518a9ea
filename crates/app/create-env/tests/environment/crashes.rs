//! The crash matrix: a run is killed at every step, call and message, and whenever something was
//! written down; while the CPI works on a call, too. The next run goes on: nothing leaks, nothing
//! is deleted that is needed, and the persistent disk's content survives.
//!
//! All moments are played with `CREATE_ENV_CRASHES=all`; else every one at which the cloud is
//! changed, and some of the others.

use crate::stage::Stage;
use crate::toy::Wanted;
use crate::toy::worker::{self, Death, Moment, Verb};
use create_env::Error;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many cells at once.
const WORKERS: usize = 3;
/// How long a call takes during which a run dies, in seconds, and when it dies, in ms.
const SLOW: &str = "0.4";
const DURING: u64 = 150;
/// Of moments that change nothing, one in so many is played.
const SELDOM: usize = 6;

/// What is killed.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    name: &'static str,
    verb: Verb,
    /// Whether an environment is there before.
    exists: bool,
    /// What the manifest asks for by then.
    wanted: fn() -> Wanted,
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "create", verb: Verb::Create, exists: false, wanted: Wanted::default },
    Scenario { name: "recreate", verb: Verb::Recreate, exists: true, wanted: Wanted::default },
    Scenario { name: "move the disk", verb: Verb::MoveDisk, exists: true, wanted: Wanted::default },
    Scenario {
        name: "apply in place",
        verb: Verb::Create,
        exists: true,
        wanted: || Wanted { text: "other", ..Wanted::default() },
    },
    Scenario {
        name: "grow the disk",
        verb: Verb::Create,
        exists: true,
        wanted: || Wanted { disk: 2048, ..Wanted::default() },
    },
    Scenario {
        name: "another stemcell",
        verb: Verb::Create,
        exists: true,
        wanted: || Wanted { stemcell: "1.2", ..Wanted::default() },
    },
    Scenario { name: "delete", verb: Verb::Delete, exists: true, wanted: Wanted::default },
];

/// One death.
#[derive(Debug, Clone)]
struct Cell {
    scenario: Scenario,
    moment: Moment,
    death: Death,
}

impl Scenario {
    /// A stage on which it can be played, and what is written on the disk by then.
    fn stage(&self) -> (Stage, Vec<String>) {
        let stage = Stage::set();
        stage.cloud.set("resizes", "");
        let written = if self.exists {
            stage.create();
            stage.cloud.written_on(&stage.cloud.disk())
        } else {
            Vec::new()
        };
        stage.want((self.wanted)());
        (stage, written)
    }

    fn cells(&self) -> Vec<Cell> {
        let (stage, _) = self.stage();
        let clean = worker::run(stage.path(), self.verb, None);
        assert!(clean.status.success(), "{}: {}", self.name, clean.stderr);
        let all = std::env::var("CREATE_ENV_CRASHES").is_ok_and(|value| value == "all");
        let mut cells = Vec::new();
        for (at, moment) in clean.moments.into_iter().enumerate() {
            let cell = |after| Cell {
                scenario: *self,
                moment: moment.clone(),
                death: Death { at, after },
            };
            let about_cloud = moment.text.contains("Cpi") || moment.text == "saved";
            if all || about_cloud && !moment.text.ends_with(" info") || at % SELDOM == 0 {
                cells.push(cell(0));
            }
            if moment.is_call() {
                cells.push(cell(DURING));
            }
        }
        cells
    }
}

impl Cell {
    fn play(&self) -> Result<(), String> {
        let (stage, written) = self.scenario.stage();
        if self.death.after > 0 {
            stage.cloud.set("slow", SLOW);
        }
        let killed = worker::run(stage.path(), self.scenario.verb, Some(self.death));
        if killed.status.signal() != Some(9) {
            return Err(format!("it did not die: {}\n{}", killed.status, killed.stderr));
        }
        stage.cloud.set("slow", "0");
        if self.scenario.verb == Verb::Delete {
            return self.end(&stage);
        }
        stage.act(Verb::Create).map_err(|error| format!("the next run: {error}"))?;
        for kind in ["vms", "disks", "stemcells"] {
            let there = stage.cloud.cids(kind);
            if there.len() != 1 {
                return Err(format!("{kind}: {there:?}"));
            }
        }
        let state = stage.state();
        let unfinished = ["pending", "unknown"].map(|key| state["create_env"][key].clone());
        if state["current_vm_cid"] != stage.cloud.vm() || unfinished.iter().any(|it| !it.is_null())
        {
            return Err(format!("the state is {state:#}"));
        }
        let now = stage.cloud.written_on(&stage.cloud.disk());
        if now.len() < written.len().max(1) || now[..written.len()] != written {
            return Err(format!("the disk holds {now:?}, and before {written:?}"));
        }
        self.end(&stage)
    }

    /// Nothing is left, of whatever became of it.
    fn end(&self, stage: &Stage) -> Result<(), String> {
        match stage.act(Verb::Delete) {
            Ok(_) | Err(Error::NoEnvironment(_)) => {}
            Err(error) => return Err(format!("delete: {error}")),
        }
        let left = std::fs::read_dir(stage.path().join("cloud")).unwrap();
        let left = left.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let left: Vec<String> =
            left.filter(|name| name.starts_with("draft-") || name.starts_with("gone-")).collect();
        if !stage.cloud.is_empty() || !left.is_empty() || stage.path().join("state.json").exists() {
            return Err(format!("something is left: {left:?}"));
        }
        Ok(())
    }
}

fn crashes(names: &[&str]) {
    let scenarios = SCENARIOS.iter().filter(|scenario| names.contains(&scenario.name));
    let cells: Vec<Cell> = scenarios.flat_map(Scenario::cells).collect();
    let (next, findings) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(finding) = cell.play() {
                        let Cell { scenario, moment, death } = cell;
                        let when = (scenario.name, &moment.text, death.at, death.after);
                        findings.lock().unwrap().push(format!("{when:?}: {finding}"));
                    }
                }
            });
        }
    });
    let findings = findings.into_inner().unwrap();
    eprintln!("{} cells of {names:?}, {} findings", cells.len(), findings.len());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert!(cells.len() > 10, "{cells:?}");
}

#[test]
fn create_survives_every_death() {
    crashes(&["create"]);
}

#[test]
fn recreate_survives_every_death() {
    crashes(&["recreate", "another stemcell"]);
}

#[test]
fn disks_survive_every_death() {
    crashes(&["move the disk", "grow the disk"]);
}

#[test]
fn jobs_and_deletion_survive_every_death() {
    crashes(&["apply in place", "delete"]);
}
