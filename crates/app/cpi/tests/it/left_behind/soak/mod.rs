//! Thousands of random operations of many processes at once, in a cloud that is too small, that
//! throttles, breaks connections and loses jobs, while processes are killed. In the end every
//! director deletes what it knows, and the cloud must be empty.
//!
//! `SOAK_SEED` chooses the operations, the faults and the kills; `SOAK_OPERATIONS` how many.

mod worker;

use super::support::{Stage, number};
use fastrand::Rng;
use journal::OperationState;
use simulator_cloudstack::World;
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use simulator_cloudstack::world::{HostSpec, NetworkKind, NetworkSpec};
use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};
use worker::{Report, Worker};

const WORKERS: u64 = 16;
const OPERATIONS: u64 = 2000;

/// One API call in so many meets a fault, on average.
const RARITY: u32 = 15;

/// The time within which a lost request may still take effect; long enough on a busy machine.
const HORIZON: Duration = Duration::from_secs(2);

/// The network of the account that throttling applies to.
pub const NETWORK: &str = "soak-net";

#[test]
fn a_soak_of_random_operations_ends_with_an_empty_cloud() {
    let seed = number("SOAK_SEED", fastrand::u64(..));
    let operations = number("SOAK_OPERATIONS", OPERATIONS);
    eprintln!("SOAK_SEED={seed} SOAK_OPERATIONS={operations}");
    let stage = Stage::set(world(), "bosh", HORIZON);
    let director = stage.director("state", None);
    let stemcell = stage.stemcell();
    stage.cloud.declare_faults(faults(&mut Rng::with_seed(seed)));

    let begun = Instant::now();
    let mut workers = in_parallel((0..WORKERS).collect(), |number| {
        let rng = Rng::with_seed(seed ^ (number + 1));
        let mut worker = Worker::new(&stage, &director, &stemcell, rng);
        (0..operations / WORKERS).for_each(|_| worker.act());
        worker
    });
    let took = begun.elapsed();
    let struck = stage.cloud.faults_struck();
    stage.cloud.declare_faults(Vec::new());
    // A request that was lost may take effect until then.
    thread::sleep(HORIZON);
    workers = in_parallel(workers, |mut worker| {
        worker.delete_everything();
        worker
    });
    let mut report = Report::default();
    workers.into_iter().for_each(|worker| report.add(worker.report));
    let throttled = stage.cloud.calls().iter().filter(|call| call.status == Some(429)).count();
    eprintln!(
        "{took:?}: {report:?}, {struck} faults struck, {throttled} of {} calls throttled",
        stage.cloud.calls().len()
    );

    director.recover();
    let unfinished = director.operations().into_iter().filter(|(row, _)| row.state.is_unfinished());
    assert_eq!(unfinished.count(), 0);
    // Who is killed between the journal's last word and the answer's first leaves what only gc
    // can tell from things that the director knows.
    let garbage: BTreeSet<String> = never_named(&director);
    assert!(garbage.len() as u64 <= report.killed, "{garbage:?} were answered to nobody");
    let collected = director.collect_garbage();
    let collected: BTreeSet<String> =
        collected.iter().map(|row| row["cid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(collected, garbage, "gc removes what was answered to nobody, and nothing else");
    stage.assert_empty();

    assert!(report.killed > 0 && struck > 0 && throttled > 0, "it was too quiet");
    assert!(report.errors.values().sum::<u64>() > 0 && report.no_capacity > 0, "too roomy");
}

/// CIDs of what is in the cloud and was answered, but never to anybody who used it.
fn never_named(director: &super::support::Director) -> BTreeSet<String> {
    let made = ["create_vm", "create_disk", "snapshot_disk"];
    let rows = director.operations().into_iter().map(|(row, _)| row);
    let unnamed = rows
        .filter(|row| row.state == OperationState::Answered && made.contains(&row.method.as_str()));
    unnamed.filter_map(|row| row.cid).collect()
}

/// One small cluster, so that VMs soon find no room; limits for volumes and snapshots; and at
/// most so many API calls a second.
fn world() -> World {
    let mut world = World::builtin().instant();
    world.settings.api_throttling = true;
    world.settings.api_throttling_max = 120;
    world.settings.allow_user_expunge_recover_vm = true;
    let zone = world.zones.iter_mut().find(|zone| zone.name == "adv").expect("the built-in one");
    zone.clusters.truncate(1);
    zone.clusters[0].hosts = vec![HostSpec { name: "small".into(), mhz: 64_000, memory: 10_240 }];
    let account = world.accounts.iter_mut().find(|account| account.name == "bosh");
    let limits = [("user_vm", -1), ("cpu", -1), ("memory", -1), ("primary_storage", -1)];
    let limits = limits.into_iter().chain([("volume", 96), ("snapshot", 12)]);
    account.expect("the built-in one").limits =
        limits.map(|(kind, limit)| (kind.to_owned(), limit)).collect::<BTreeMap<_, _>>();
    let like = world.networks.iter().find(|network| network.name == "bosh-net").cloned();
    world.networks.push(NetworkSpec {
        name: NETWORK.into(),
        id: None,
        kind: NetworkKind::Isolated,
        account: Some("bosh".into()),
        cidr: "10.60.0.0/24".into(),
        ..like.expect("the built-in one")
    });
    world
}

/// Faults at calls chosen at random, whoever makes them.
fn faults(rng: &mut Rng) -> Vec<Fault> {
    let mut call = 0;
    let mut next = || {
        call += rng.u32(1..2 * RARITY);
        let when = if rng.bool() { When::Before } else { When::After };
        let kind = match rng.u8(0..8) {
            0 => FaultKind::Unavailable,
            1 => FaultKind::ProxyPage,
            2 => FaultKind::Empty,
            3 => FaultKind::Truncated,
            4 => FaultKind::JobFailure,
            5 => FaultKind::JobPurged,
            6 => FaultKind::Late { seconds: 0.2 },
            _ => FaultKind::Reset,
        };
        Fault { command: "*".into(), occurrence: call, times: 1, when, kind }
    };
    (0..1000).map(|_| next()).collect()
}

fn in_parallel<I: Send, T: Send>(items: Vec<I>, act: impl Fn(I) -> T + Sync) -> Vec<T> {
    let act = &act;
    thread::scope(|scope| {
        let threads: Vec<_> =
            items.into_iter().map(|item| scope.spawn(move || act(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("its answers are right")).collect()
    })
}
