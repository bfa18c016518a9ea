//! How many API calls each method makes where nothing takes time: with nothing known (cold), and
//! after an earlier call has looked names and prices up (warm).

use crate::bench::*;
use serde_json::{Value, json};

/// One row of the table that is printed: method, allowed, made.
struct Figures(Vec<(String, usize, Vec<String>)>);

impl Figures {
    async fn count(
        &mut self,
        bench: &Bench,
        label: &str,
        allowed: usize,
        method: &str,
        arguments: Value,
    ) -> Value {
        bench.calls();
        let answer = bench.ask(method, arguments).await;
        self.0.push((label.to_owned(), allowed, bench.calls()));
        answer.unwrap_or_else(|error| panic!("{label}: {error}"))
    }

    fn check(self) {
        eprintln!("{:<36} {:>7} {:>5}  calls", "method", "allowed", "made");
        for (label, allowed, calls) in &self.0 {
            eprintln!("{label:<36} {allowed:>7} {:>5}  {}", calls.len(), calls.join(", "));
        }
        let over: Vec<_> =
            self.0.iter().filter(|(_, allowed, calls)| calls.len() > *allowed).collect();
        assert!(over.is_empty(), "over budget: {over:?}");
    }
}

/// The whole life of a disk within the budgets.
#[tokio::test]
async fn no_method_on_disks_calls_more_than_it_may() {
    let bench = Bench::new();
    let mut figures = Figures(Vec::new());
    let vm = bench.made_by_hand();
    let near = json!([20480, {}, vm]);
    let disk = figures.count(&bench, "create_disk (cold)", 9, "create_disk", near.clone()).await;
    figures.count(&bench, "create_disk (warm)", 7, "create_disk", near).await;
    figures.count(&bench, "has_disk", 1, "has_disk", json!([disk])).await;
    figures.count(&bench, "attach_disk", 4, "attach_disk", json!([vm, disk])).await;
    figures.count(&bench, "attach_disk (again)", 3, "attach_disk", json!([vm, disk])).await;
    let tags = json!([disk, {"director": "d"}]);
    figures.count(&bench, "set_disk_metadata", 2, "set_disk_metadata", tags).await;
    figures.count(&bench, "get_disks", 2, "get_disks", json!([vm])).await;
    let snapshot = json!([disk, {}]);
    let first =
        figures.count(&bench, "snapshot_disk (first)", 6, "snapshot_disk", snapshot.clone());
    let first = first.await;
    figures.count(&bench, "snapshot_disk", 2, "snapshot_disk", snapshot).await;
    figures.count(&bench, "delete_snapshot", 2, "delete_snapshot", json!([first])).await;
    figures.count(&bench, "detach_disk", 2, "detach_disk", json!([vm, disk])).await;
    figures.count(&bench, "resize_disk", 5, "resize_disk", json!([disk, 40960])).await;
    figures.count(&bench, "delete_disk", 2, "delete_disk", json!([disk])).await;
    figures.check();
}
