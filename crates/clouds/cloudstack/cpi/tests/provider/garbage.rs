//! What gc finds outside of VMs, and what the journal has forgotten.

use crate::bench::*;
use crate::vips::{address, outside};
use cpi_kit::{Found, GcPolicy, Persistent, Provider, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What gc says of things of one kind.
async fn found(bench: &Bench, kind: &str, policy: &GcPolicy) -> Vec<Found> {
    let found = bench.cloud().garbage(policy).await.unwrap();
    found.into_iter().filter(|found| found.kind == kind).collect()
}

async fn delete(bench: &Bench, found: &Found) {
    bench.cloud().delete_garbage(found).await.unwrap();
}

fn keeping(cids: &[&str]) -> GcPolicy {
    let known: BTreeSet<String> = cids.iter().map(|cid| (*cid).to_owned()).collect();
    GcPolicy { known: Some(known), ..GcPolicy::default() }
}

/// An address that was acquired for a VM which somebody else has removed goes; one that leads to
/// a VM, and one of the operator's, stay.
#[tokio::test]
async fn an_acquired_address_without_a_vm_is_garbage() {
    let bench = Bench::new().await;
    let (_, own) = address(&bench);
    let front = json!({"type": "vip", "cloud_properties": {"acquire": true}});
    let networks = json!({"default": manual("bosh-net", "10.50.0.20"), "front": front});
    let made = bench.ask("create_vm", vm_arguments(json!({}), networks)).await.unwrap();
    let (vm, ip) = (made[0].as_str().unwrap(), made[1]["front"]["ip"].as_str().unwrap());
    let used = found(&bench, "public address", &GcPolicy::default()).await;
    assert_eq!((used.len(), used[0].verdict, used[0].name.as_str()), (1, Verdict::Keep, ip));
    bench.raw("destroyVirtualMachine", &[("id", vm), ("expunge", "true")]);
    let left = found(&bench, "public address", &GcPolicy::default()).await;
    assert_eq!((left.len(), left[0].verdict), (1, Verdict::Delete));
    delete(&bench, &left[0]).await;
    assert_eq!(outside(&bench).0, [own]);
}

/// A load balancer rule that was made stays while a VM is behind it; the operator's stays for
/// ever.
#[tokio::test]
async fn a_load_balancer_without_vms_is_garbage() {
    let bench = Bench::new().await;
    let (id, ip) = address(&bench);
    let own = [
        ("name", "own"),
        ("algorithm", "roundrobin"),
        ("publicipid", &*id),
        ("publicport", "99"),
        ("privateport", "99"),
    ];
    bench.raw("createLoadBalancerRule", &own);
    let lb = json!({"name": "web", "private_port": 80, "public_port": 80, "public_ip": ip});
    let networks = json!({"default": manual("bosh-net", "10.50.0.20")});
    let vm = vm_arguments(json!({"lbs": [lb]}), networks);
    let vm = bench.ask("create_vm", vm).await.unwrap()[0].clone();
    let rules = async || found(&bench, "load balancer rule", &GcPolicy::default()).await;
    let used = rules().await;
    assert_eq!((used.len(), used[0].verdict, used[0].name.as_str()), (1, Verdict::Keep, "web"));
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    let left = rules().await;
    assert_eq!((left.len(), left[0].verdict), (1, Verdict::Delete));
    delete(&bench, &left[0]).await;
    let names: Vec<Value> = bench
        .rows("listLoadBalancerRules", "loadbalancerrule", &[("listall", "true")])
        .into_iter()
        .map(|rule| rule["name"].clone())
        .collect();
    assert_eq!(names, ["own"]);
}

/// Nothing tells whether the director still knows a network: only `--keep` decides.
#[tokio::test]
async fn a_network_is_garbage_only_by_the_directors_word() {
    let bench = Bench::new().await;
    let definition = json!({"type": "manual", "range": "10.77.0.0/24", "gateway": "10.77.0.1",
                            "cloud_properties": {"zone": "adv"}});
    let made = bench.ask("create_network", json!([definition])).await.unwrap();
    let cid = made[0].as_str().unwrap();
    for (policy, verdict) in [
        (GcPolicy::default(), Verdict::List),
        (keeping(&[cid]), Verdict::Keep),
        (keeping(&[NOWHERE]), Verdict::Delete),
    ] {
        let networks = found(&bench, "network", &policy).await;
        assert_eq!((networks.len(), networks[0].verdict), (1, verdict));
    }
    let garbage = found(&bench, "network", &keeping(&[])).await;
    delete(&bench, &garbage[0]).await;
    assert!(bench.simulator.inventory().networks.is_empty());
    assert_eq!(bench.rows("listNetworks", "network", &[("id", cid)]).len(), 0);
}

/// An old disk may have been known before the journal forgot it: a person decides.
#[tokio::test]
async fn what_the_journal_has_forgotten_is_listed() {
    let bench = Bench::new().await;
    let cloud = bench.cloud();
    let mark = {
        let disk = bench.disk().await;
        let name = bench.volume_row(&disk)["name"].as_str().unwrap().to_owned();
        name.split('-').nth(1).unwrap().to_owned()
    };
    let zone = bench.rows("listZones", "zone", &[("name", "adv")])[0]["id"].clone();
    let offering =
        bench.rows("listDiskOfferings", "diskoffering", &[("name", "Small")])[0]["id"].clone();
    // The first 48 bits are the time: one in 2020, one a minute ago.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let recent = now.as_millis() - 60_000;
    for made in [1_580_000_000_000, recent] {
        let name = format!("disk-{mark}-{made:012x}70008000000000000001");
        let (zone, offering) = (zone.as_str().unwrap(), offering.as_str().unwrap());
        let params = [("name", &*name), ("zoneid", zone), ("diskofferingid", offering)];
        bench.raw("createVolume", &params);
    }
    let policy = GcPolicy { persistent: Persistent::Included, ..GcPolicy::default() };
    let disks = cloud.garbage(&policy).await.unwrap();
    let verdict = |made: u128| {
        let is = |found: &&Found| found.name.contains(&format!("-{made:012x}7000"));
        disks.iter().find(is).unwrap().verdict
    };
    assert_eq!((verdict(1_580_000_000_000), verdict(recent)), (Verdict::List, Verdict::Delete));
}
