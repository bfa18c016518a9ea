//! Many at once, as a director does it.

use crate::bench::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::rc::Rc;
use tokio::task::LocalSet;

/// Every VM gets a name, an address and a MAC of its own, and none is left behind.
#[tokio::test]
async fn many_vms_come_and_go_at_once() {
    let bench = Rc::new(Bench::new().await);
    let local = LocalSet::new();
    let made = local
        .run_until(async {
            let tasks: Vec<_> = (0..24)
                .map(|_| {
                    let bench = Rc::clone(&bench);
                    tokio::task::spawn_local(async move {
                        let (vm, disk) = bench.attached().await;
                        let row = bench.vm_row(&vm);
                        bench.ask("detach_disk", json!([vm, disk])).await.unwrap();
                        bench.ask("delete_disk", json!([disk])).await.unwrap();
                        (vm, row)
                    })
                })
                .collect();
            let mut made = Vec::new();
            for task in tasks {
                made.push(task.await.unwrap());
            }
            made
        })
        .await;
    let distinct = |of: fn(&serde_json::Value) -> serde_json::Value| {
        made.iter().map(|(_, row)| of(row).to_string()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(distinct(|row| row["name"].clone()), 24);
    assert_eq!(distinct(|row| row["nic"][0]["ipaddress"].clone()), 24);
    assert_eq!(distinct(|row| row["nic"][0]["macaddress"].clone()), 24);
    for (vm, _) in made {
        bench.ask("delete_vm", json!([vm])).await.unwrap();
    }
    assert_eq!(bench.inventory(), Vec::<String>::new());
}
