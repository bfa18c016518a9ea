//! Random sequences of calls with random faults, against a model of what the director may
//! believe: every answer must agree with it, and so must the cloud after one more ordinary call.
//!
//! `MODEL_SEED` chooses the sequences, `MODEL_CASES` how many. One that fails is shrunk.

mod belief;
mod compare;
mod play;

use super::support::{Stage, number};
use belief::Belief;
use play::{Draw, FURNITURE, Trouble, play};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use simulator_cloudstack::World;
use std::thread;
use std::time::Duration;

/// Sequences in all, in so many threads: calls mostly wait.
const CASES: u64 = 24;
const THREADS: u64 = 4;

/// The most calls in a sequence.
const LENGTH: usize = 14;

/// The time within which a lost request may still take effect. Those of this test do so sooner.
const HORIZON: Duration = Duration::from_millis(500);

/// A call, and what goes wrong during it.
type Step = (Draw, Option<Trouble>);

#[test]
fn every_answer_and_the_cloud_in_the_end_agree_with_the_model() {
    let seed = number("MODEL_SEED", fastrand::u64(..));
    let cases = number("MODEL_CASES", CASES);
    eprintln!("MODEL_SEED={seed} MODEL_CASES={cases}");
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|n| scope.spawn(move || run(seed ^ n, cases / THREADS))).collect();
        let failures = threads.into_iter().filter_map(|thread| thread.join().expect("it ends"));
        let failures: Vec<String> = failures.collect();
        assert!(failures.is_empty(), "MODEL_SEED={seed}\n{}", failures.join("\n\n"));
    });
}

/// The shortest sequence found that goes wrong.
fn run(seed: u64, cases: u64) -> Option<String> {
    let config = Config {
        cases: cases.max(1) as u32,
        max_shrink_iters: 150,
        max_shrink_time: 120_000,
        failure_persistence: None,
        ..Config::default()
    };
    let bytes: Vec<u8> = seed.to_le_bytes().repeat(4);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let step = (Draw::any(), prop::option::weighted(0.5, Trouble::any()));
    let steps = prop::collection::vec(step, 1..=LENGTH);
    match TestRunner::new_with_rng(config, rng).run(&steps, |steps| sequence(&steps)) {
        Ok(()) => None,
        Err(TestError::Abort(why)) => Some(why.to_string()),
        Err(TestError::Fail(why, steps)) => {
            let steps: Vec<_> = steps.iter().map(|step| format!("{step:?}")).collect();
            Some(format!("{why}\nafter\n  {}", steps.join("\n  ")))
        }
    }
}

fn sequence(steps: &[Step]) -> Result<(), TestCaseError> {
    let stage = Stage::set(World::builtin().instant(), "admin", HORIZON);
    let director = stage.director("state", None);
    let stemcell = stage.stemcell();
    let mut belief = Belief::default();
    let furniture = FURNITURE.iter().map(|method| (Draw::first(method), None));
    for (number, (draw, trouble)) in furniture.chain(steps.iter().cloned()).enumerate() {
        let call = belief.call(&draw);
        let came = play(&stage, &director, &stemcell, &call, trouble.as_ref());
        let agrees = came.and_then(|(came, struck)| belief.learn(&call, came, struck));
        agrees.map_err(|why| failed(format!("call {number}, {call:?}: {why}")))?;
    }
    thread::sleep(HORIZON);
    director.ordinary_call();
    belief.compare(&stage.inventory()).map_err(|why| failed(format!("in the end: {why}")))?;
    let unfinished = director.operations().into_iter().filter(|(row, _)| row.state.is_unfinished());
    let unfinished: Vec<_> = unfinished.collect();
    if unfinished.is_empty() { Ok(()) } else { Err(failed(format!("open: {unfinished:?}"))) }
}

fn failed(why: String) -> TestCaseError {
    TestCaseError::fail(why)
}
