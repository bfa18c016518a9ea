//! KVM, XenServer and VMware: where agents find their disks on each. Which it is, the template
//! says; nobody else need.

use crate::bench::*;
use serde_json::{Value, json};
use simulator_cloudstack::World;

/// With the keys of a plain user, who is told less of volumes.
async fn bench() -> Bench {
    let world = World::builtin_with(include_str!("worlds/hypervisors.yaml")).unwrap().instant();
    Bench::of(world, "bosh").await
}

/// Four persistent disks beside the ephemeral one: device id 3 is nobody's.
#[tokio::test]
async fn several_disks_are_found_on_every_hypervisor() {
    let bench = bench().await;
    for (hypervisor, letters) in
        [("KVM", None), ("XenServer", Some("cefg")), ("VMware", Some("cdef"))]
    {
        let network = json!({"type": "dynamic", "cloud_properties": {"name": "net"}});
        let mut vm = vm_arguments(json!({"zone": hypervisor}), json!({"n": network}));
        let stemcell = json!({"template": format!("stemcell-{hypervisor}")});
        // The template is in every zone; the config names the one that is looked in.
        let cloud = || bench.cloud_with(json!({"default_zone": hypervisor}));
        let stemcell = ask(&cloud(), "create_stemcell", json!(["/dev/null", stemcell])).await;
        vm[1] = stemcell.unwrap();
        let vm = ask(&cloud(), "create_vm", vm).await.unwrap()[0].clone();
        let mut disks = Vec::new();
        for (at, device) in ["2", "4", "5", "6"].into_iter().enumerate() {
            let disk = ask(&cloud(), "create_disk", json!([1024, {}, vm])).await.unwrap();
            let hint = ask(&cloud(), "attach_disk", json!([vm, disk])).await.unwrap();
            let path = match letters {
                Some(letters) => format!("/dev/sd{}", &letters[at..=at]),
                None => format!("/dev/disk/by-id/virtio-{}", serial(&disk)),
            };
            assert_eq!(hint, json!({"path": path, "volume_id": device}), "{hypervisor}");
            disks.push(disk);
        }
        let there = ask(&cloud(), "get_disks", json!([vm])).await.unwrap();
        assert_eq!(there, json!(disks), "{hypervisor}");
        // What is free in the middle is taken again.
        ask(&cloud(), "detach_disk", json!([vm, disks[1]])).await.unwrap();
        let again = ask(&cloud(), "attach_disk", json!([vm, disks[1]])).await.unwrap();
        assert_eq!(again["volume_id"], "4", "{hypervisor}");
    }
}

fn serial(disk: &Value) -> String {
    disk.as_str().unwrap().chars().filter(|c| *c != '-').take(20).collect()
}
