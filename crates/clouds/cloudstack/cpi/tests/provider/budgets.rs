//! How many API calls each method makes, apart from job polls: with nothing known (cold), and
//! after an earlier call has looked the names up (warm).

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
        self.count_as(bench, json!({}), label, allowed, method, arguments).await
    }

    /// The same with properties of the config.
    async fn count_as(
        &mut self,
        bench: &Bench,
        config: Value,
        label: &str,
        allowed: usize,
        method: &str,
        arguments: Value,
    ) -> Value {
        bench.calls();
        let answer = ask(&bench.cloud_with(config), method, arguments).await;
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

/// The whole life of a VM and a disk within the budgets of the project.
#[tokio::test]
async fn no_method_calls_more_than_it_may() {
    let bench = Bench::new().await;
    let mut figures = Figures(Vec::new());
    let create = vm_arguments(json!({}), json!({"default": manual("bosh-net", "10.50.0.20")}));
    let made = figures.count(&bench, "create_vm (cold)", 6, "create_vm", create).await;
    let vm = made[0].clone();
    let again = vm_arguments(json!({}), json!({"default": manual("bosh-net", "10.50.0.21")}));
    let other = figures.count(&bench, "create_vm (warm)", 1, "create_vm", again).await[0].clone();
    let metadata = json!({"name": "router/1", "director": "d", "index": 0});
    let args = json!([vm, metadata]);
    figures.count(&bench, "set_vm_metadata", 5, "set_vm_metadata", args.clone()).await;
    figures.count(&bench, "set_vm_metadata (nothing new)", 1, "set_vm_metadata", args).await;
    let changed = json!([vm, {"name": "router/2", "director": "e"}]);
    figures.count(&bench, "set_vm_metadata (a value changes)", 4, "set_vm_metadata", changed).await;
    figures.count(&bench, "has_vm", 1, "has_vm", json!([vm])).await;

    let small = json!([1, {"disk_offering": "Small", "zone": "adv"}, null]);
    let first = figures.count(&bench, "create_disk (cold)", 3, "create_disk", small.clone()).await;
    let second = figures.count(&bench, "create_disk (warm)", 1, "create_disk", small).await;
    let near = json!([3072, {}, vm]);
    let disk = figures.count(&bench, "create_disk (warm, near a VM)", 1, "create_disk", near).await;
    figures.count(&bench, "has_disk", 1, "has_disk", json!([disk])).await;
    figures.count(&bench, "attach_disk", 1, "attach_disk", json!([vm, disk])).await;
    let tags = json!([disk, {"director": "d"}]);
    figures.count(&bench, "set_disk_metadata", 2, "set_disk_metadata", tags).await;
    let changed = json!([disk, {"director": "e", "deployment": "cf"}]);
    figures
        .count(&bench, "set_disk_metadata (a value changes)", 3, "set_disk_metadata", changed)
        .await;
    figures.count(&bench, "get_disks", 1, "get_disks", json!([vm])).await;
    let take = json!([disk, {"index": 0}]);
    let snapshot = figures.count(&bench, "snapshot_disk", 1, "snapshot_disk", take).await;
    figures.count(&bench, "delete_snapshot", 1, "delete_snapshot", json!([snapshot])).await;
    figures.count(&bench, "reboot_vm", 1, "reboot_vm", json!([vm])).await;
    figures.count(&bench, "detach_disk", 2, "detach_disk", json!([vm, disk])).await;
    figures.count(&bench, "resize_disk", 2, "resize_disk", json!([disk, 5000])).await;
    figures.count(&bench, "resize_disk (same size)", 1, "resize_disk", json!([disk, 5000])).await;
    figures.count(&bench, "delete_vm", 3, "delete_vm", json!([vm])).await;
    figures.count(&bench, "delete_vm (gone)", 3, "delete_vm", json!([vm])).await;
    // CloudStack deletes a disk that is being attached: it is looked at first.
    for disk in [&disk, &first, &second] {
        figures.count(&bench, "delete_disk", 2, "delete_disk", json!([disk])).await;
    }
    figures.count(&bench, "delete_disk (gone)", 1, "delete_disk", json!([disk])).await;
    figures.count(&bench, "delete_vm (the other)", 3, "delete_vm", json!([other])).await;
    figures.count(&bench, "info", 0, "info", json!([])).await;
    figures.check();
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// Cold near a VM: the VM tells the zone, so that the zone need not be looked up.
#[tokio::test]
async fn a_disk_near_a_vm_costs_no_more() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    let cold = Bench { state: tempfile::tempdir().unwrap(), ..bench };
    let mut figures = Figures(Vec::new());
    let far = json!([3072, {}, null]);
    let other = Bench::new().await;
    figures.count(&other, "create_disk (cold, near none)", 3, "create_disk", far).await;
    let near = json!([3072, {}, vm]);
    figures.count(&cold, "create_disk (cold, near a VM)", 3, "create_disk", near.clone()).await;
    figures.count(&cold, "create_disk (warm, near a VM)", 1, "create_disk", near).await;
    figures.check();
}

/// The Go CPI's CIDs are names: one call more, each.
#[tokio::test]
async fn a_name_costs_one_call_more() {
    let bench = Bench::new().await;
    let (vm, disk) = bench.attached().await;
    bench.ask("snapshot_disk", json!([disk, {}])).await.unwrap();
    let vm_name = bench.vm_row(&vm)["name"].clone();
    let disk_name = bench.volume_row(&disk)["name"].clone();
    let mut figures = Figures(Vec::new());
    figures.count(&bench, "has_vm", 1, "has_vm", json!([vm_name])).await;
    figures.count(&bench, "has_disk", 1, "has_disk", json!([disk_name])).await;
    figures.count(&bench, "get_disks", 2, "get_disks", json!([vm_name])).await;
    figures.count(&bench, "reboot_vm", 2, "reboot_vm", json!([vm_name])).await;
    figures.count(&bench, "snapshot_disk", 2, "snapshot_disk", json!([disk_name, {}])).await;
    figures.count(&bench, "detach_disk", 3, "detach_disk", json!([vm_name, disk_name])).await;
    figures.count(&bench, "attach_disk", 3, "attach_disk", json!([vm_name, disk_name])).await;
    figures.count(&bench, "detach_disk", 3, "detach_disk", json!([vm_name, disk_name])).await;
    figures.count(&bench, "resize_disk", 3, "resize_disk", json!([disk_name, 9000])).await;
    figures.count(&bench, "delete_disk", 2, "delete_disk", json!([disk_name])).await;
    figures.count(&bench, "delete_vm", 4, "delete_vm", json!([vm_name])).await;
    figures.check();
}

/// A create_vm where every name is known: one call.
const WARM: usize = 1;

/// The arguments of a VM in `bosh-net` with a vip in front of it.
fn fronted(ip: &str, front: Value) -> Value {
    vm_arguments(json!({}), json!({"default": manual("bosh-net", ip), "front": front}))
}

/// What leads to a VM: 2 for a vip, 1 more to take it over or to acquire it, 1 a firewall rule;
/// 2 for a load balancer, 2 more where its rule is made.
#[tokio::test]
async fn what_leads_to_a_vm_costs_what_it_may() {
    let bench = Bench::new().await;
    bench.vm().await;
    let mut figures = Figures(Vec::new());
    let (_, ip) = crate::vips::address(&bench);
    let vip = |properties: Value| json!({"type": "vip", "ip": ip, "cloud_properties": properties});
    let rules = json!([{"ports": 22}, {"ports": "80-443"}, {"protocol": "icmp"}]);
    let acquired = |firewall: Value| {
        let properties = json!({"acquire": true, "firewall": firewall});
        json!({"type": "vip", "cloud_properties": properties})
    };
    let mut create = async |label: &str, more: usize, arguments: Value| {
        figures.count(&bench, label, WARM + more, "create_vm", arguments).await
    };
    create("vip", 2, fronted("10.50.0.20", vip(json!({})))).await;
    create("vip, taken over", 2 + 1, fronted("10.50.0.21", vip(json!({})))).await;
    let opened = fronted("10.50.0.22", vip(json!({"firewall": rules})));
    create("vip, taken over, 3 rules", 2 + 1 + 3, opened).await;
    create("vip, acquired", 2 + 1, fronted("10.50.0.23", acquired(json!([])))).await;
    create("vip, acquired, 3 rules", 2 + 1 + 3, fronted("10.50.0.24", acquired(rules))).await;
    let (_, ip) = crate::vips::address(&bench);
    let behind = |at: &str, names: &[&str]| {
        let port = |name: &str| 80 + u16::from(name.as_bytes()[0]);
        let lb = |name: &&str| json!({"name": name, "private_port": 8080, "public_port": port(name), "public_ip": ip});
        let lbs: Vec<Value> = names.iter().map(lb).collect();
        vm_arguments(json!({"lbs": lbs}), json!({"default": manual("bosh-net", at)}))
    };
    create("load balancer, made", 2 + 2, behind("10.50.0.30", &["a"])).await;
    create("load balancer", 2, behind("10.50.0.31", &["a"])).await;
    create("load balancers, 1 of 2 made", 2 + 4, behind("10.50.0.32", &["a", "b"])).await;
    let none = vm_arguments(json!({}), json!({"default": manual("bosh-net", "10.50.0.40")}));
    create("none of it", 0, none).await;
    figures.check();
}

/// What a VM is put in: 0 for an affinity group that is there, 2 where it is made; 0 for a
/// security group that is known, 1 and 1 a rule where it is made.
#[tokio::test]
async fn groups_cost_what_they_may() {
    let bench = Bench::new().await;
    bench.vm().await;
    let mut figures = Figures(Vec::new());
    let apart = || vm_arguments(json!({"affinity_group": "apart"}), json!({}));
    for (label, more) in [("affinity group, made", 2), ("affinity group", 0)] {
        figures.count(&bench, label, WARM + more, "create_vm", apart()).await;
    }
    let auto = json!({"enable_auto_anti_affinity": true});
    for (label, more) in [("automatic affinity group, made", 2), ("automatic affinity group", 0)] {
        let vm = vm_arguments(json!({}), json!({}));
        figures.count_as(&bench, auto.clone(), label, WARM + more, "create_vm", vm).await;
    }
    let guarded = |groups: Value| {
        let network = json!({"type": "dynamic", "default": ["dns", "gateway"],
                             "cloud_properties": {"name": "sgnet"}});
        let vm = json!({"zone": "advsg2", "security_groups": groups});
        vm_arguments(vm, json!({"default": network}))
    };
    bench.ask("create_vm", guarded(json!([]))).await.unwrap();
    bench.raw("createSecurityGroup", &[("name", "there")]);
    let makes = json!({
        "security_groups_create": true,
        "security_group_rules": {"web": [{"ports": 22}, {"ports": 443}, {"group": "web"}]},
    });
    figures.count(&bench, "security group", WARM, "create_vm", guarded(json!("there"))).await;
    for (label, more, group) in [
        ("security group, made", 1, "bare"),
        ("security group, made with 3 rules", 1 + 3, "web"),
        ("security group that was made", 0, "web"),
    ] {
        let vm = guarded(json!(group));
        figures.count_as(&bench, makes.clone(), label, WARM + more, "create_vm", vm).await;
    }
    figures.check();
}

/// The cloud's version: one call, of the first method that must know it.
#[tokio::test]
async fn the_version_costs_one_call_once() {
    let bench = Bench::new().await;
    let vms = [bench.vm().await, bench.vm().await];
    let uefi = || vm_arguments(json!({"boot_type": "UEFI"}), json!({}));
    let mut figures = Figures(Vec::new());
    figures.count(&bench, "create_vm by UEFI", WARM + 1, "create_vm", uefi()).await;
    figures.count(&bench, "create_vm by UEFI again", WARM, "create_vm", uefi()).await;
    for vm in vms {
        figures.count(&bench, "delete_vm, version known", 2, "delete_vm", json!([vm])).await;
    }
    figures.check();
}
