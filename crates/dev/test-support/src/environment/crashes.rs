//! The crash matrix: a run is killed at every step, call and message, and whenever something was
//! written down; while the CPI works on a call, too. The next run goes on: nothing leaks, nothing
//! is deleted that is needed, and the persistent disk's content survives.
//!
//! All moments are played with `CREATE_ENV_CRASHES=all`; else every one at which the cloud is
//! changed, and some of the others.

use super::worker::{self, Death, Moment, Verb};
use super::{Cloud, Stage, Wanted};
use create_env::Error;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many cells at once.
const WORKERS: usize = 3;
/// When a run dies that dies during a call, in ms.
const DURING: u64 = 100;
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
        wanted: || Wanted { disk: 10240, ..Wanted::default() },
    },
    Scenario {
        name: "another stemcell",
        verb: Verb::Create,
        exists: true,
        wanted: || Wanted { stemcell: "1.2", ..Wanted::default() },
    },
    Scenario { name: "delete", verb: Verb::Delete, exists: true, wanted: Wanted::default },
];

/// A matrix on one cloud.
pub struct Matrix<'a, C> {
    /// The name of the test that calls [`worker::work`].
    worker: &'a str,
    /// An empty stage.
    stage: &'a (dyn Fn() -> Stage<C> + Sync),
    /// How many runs were over before they died.
    over: AtomicUsize,
}

/// One death.
#[derive(Debug, Clone)]
struct Cell {
    scenario: Scenario,
    moment: Moment,
    death: Death,
}

impl<'a, C: Cloud> Matrix<'a, C> {
    /// One whose runs are started by the test of this name, which calls [`worker::work`], each on
    /// an empty stage.
    pub fn new(worker: &'a str, stage: &'a (dyn Fn() -> Stage<C> + Sync)) -> Self {
        Self { worker, stage, over: AtomicUsize::new(0) }
    }

    /// Plays the scenarios of these names, and panics with what was found.
    pub fn play(&self, names: &[&str]) {
        let scenarios = SCENARIOS.iter().filter(|scenario| names.contains(&scenario.name));
        let cells: Vec<Cell> = scenarios.flat_map(|scenario| self.cells(scenario)).collect();
        let (next, findings) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while let Some(cell) = cells.get(next.fetch_add(1, Ordering::SeqCst)) {
                        if let Err(finding) = self.cell(cell) {
                            let Cell { scenario, moment, death } = cell;
                            let when = (scenario.name, &moment.text, death.at, death.after);
                            findings.lock().unwrap().push(format!("{when:?}: {finding}"));
                        }
                    }
                });
            }
        });
        let findings = findings.into_inner().unwrap();
        let over = self.over.load(Ordering::SeqCst);
        let (cells_played, found) = (cells.len(), findings.len());
        eprintln!("{cells_played} cells of {names:?}, {found} findings, {over} over before death");
        assert!(findings.is_empty(), "{}", findings.join("\n"));
        assert!(cells_played > 10 && over < cells_played / 5, "{over} of {cells_played}");
    }

    /// A stage on which a scenario can be played, and what is written on the disk by then.
    fn stage_of(&self, scenario: &Scenario) -> (Stage<C>, Vec<String>) {
        let stage = (self.stage)();
        let written = if scenario.exists {
            stage.create();
            stage.cloud.written_on(&stage.disk())
        } else {
            Vec::new()
        };
        stage.want((scenario.wanted)());
        (stage, written)
    }

    fn cells(&self, scenario: &Scenario) -> Vec<Cell> {
        let (stage, _) = self.stage_of(scenario);
        let clean = worker::run(self.worker, stage.path(), &stage.cpi, scenario.verb, None);
        assert!(clean.status.success(), "{}: {}", scenario.name, clean.stderr);
        let all = std::env::var("CREATE_ENV_CRASHES").is_ok_and(|value| value == "all");
        let mut cells = Vec::new();
        for (at, moment) in clean.moments.into_iter().enumerate() {
            let cell = |after| Cell {
                scenario: *scenario,
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

    fn cell(&self, cell: &Cell) -> Result<(), String> {
        let (stage, written) = self.stage_of(&cell.scenario);
        stage.cloud.slow_down(cell.death.after > 0);
        let verb = cell.scenario.verb;
        let killed = worker::run(self.worker, stage.path(), &stage.cpi, verb, Some(cell.death));
        // A call can be over before the run dies during it.
        let is_over = cell.death.after > 0 && killed.status.success();
        if killed.status.signal() != Some(9) && !is_over {
            return Err(format!("it did not die: {}\n{}", killed.status, killed.stderr));
        }
        self.over.fetch_add(usize::from(is_over), Ordering::SeqCst);
        stage.cloud.slow_down(false);
        if verb == Verb::Delete {
            return end(&stage);
        }
        stage.act(Verb::Create).map_err(|error| format!("the next run: {error}"))?;
        let (vms, disks) = (stage.cloud.vms(), stage.cloud.disks());
        let excess = stage.cloud.excess(true);
        if vms.len() != 1 || disks.len() != 1 || !excess.is_empty() {
            return Err(format!("there are {vms:?}, {disks:?}, {excess:?}"));
        }
        let state = stage.state();
        let unfinished = ["pending", "unknown"].map(|key| state["create_env"][key].clone());
        let stemcells = state["stemcells"].as_array().map_or(0, Vec::len);
        if state["current_vm_cid"] != stage.vm()
            || unfinished.iter().any(|it| !it.is_null())
            || stemcells != 1
        {
            return Err(format!("the state is {state:#}"));
        }
        let now = stage.cloud.written_on(&stage.disk());
        if now.len() < written.len().max(1) || now[..written.len()] != written {
            return Err(format!("the disk holds {now:?}, and before {written:?}"));
        }
        end(&stage)
    }
}

/// Nothing is left, of whatever became of it.
fn end<C: Cloud>(stage: &Stage<C>) -> Result<(), String> {
    match stage.act(Verb::Delete) {
        Ok(_) | Err(Error::NoEnvironment(_)) => {}
        Err(error) => return Err(format!("delete: {error}")),
    }
    let (vms, disks) = (stage.cloud.vms(), stage.cloud.disks());
    let excess = stage.cloud.excess(false);
    if !stage.is_empty() || stage.path().join("state.json").exists() {
        return Err(format!("left are {vms:?}, {disks:?}, {excess:?}"));
    }
    Ok(())
}
