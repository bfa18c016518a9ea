//! V: VMs.

use super::Check;
use super::bench::{Bench, holds, is_kind, names, same, text};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use simulator_kit::fault::{Fault, FaultKind, When};

pub(super) const CHECKS: &[Check] = &[
    Check { id: "V1", what: "a VM's life, on dynamic and on manual networks", run: life },
    Check { id: "V2", what: "env may be null, and disk_cids may name disks", run: odd_arguments },
    Check { id: "V3", what: "the VM bears the name of its metadata", run: name },
    Check {
        id: "V4",
        what: "metadata of any length and type; keys stay on a second call",
        run: metadata,
    },
    Check {
        id: "V5",
        what: "a failed creation names the culprit and leaves nothing",
        run: failures,
    },
    Check { id: "V6", what: "networks that make no sense are refused", run: networks },
    Check { id: "V7", what: "the agent's settings tell each NIC's MAC", run: macs },
    Check {
        id: "V8",
        what: "reboot; delete twice; what is missing is told",
        run: reboot_and_delete,
    },
    Check {
        id: "V10",
        what: "has_vm: gone and unknown are false, a failing cloud is an error",
        run: has_vm,
    },
    Check { id: "V11", what: "35 VMs come and go at once", run: many },
];

fn life(bench: &Bench) -> Result<()> {
    for network in [bench.dynamic(), bench.manual(40)] {
        let vm = bench.vm_on(network)?;
        same(&bench.ask("has_vm", json!([vm]))?, &json!(true))?;
        bench.ask("set_vm_metadata", json!([vm, {"deployment": "cf", "index": 0}]))?;
        bench.ask("delete_vm", json!([vm]))?;
        same(&bench.ask("has_vm", json!([vm]))?, &json!(false))?;
        // The address and the name are free at once.
    }
    bench.vm_on(bench.manual(40)).context("the same address again")?;
    Ok(())
}

fn odd_arguments(bench: &Bench) -> Result<()> {
    let mut arguments = bench.vm_arguments(bench.dynamic())?;
    arguments[4] = json!([bench.disk()?]);
    arguments[5] = Value::Null;
    bench.ask("create_vm", arguments)?;
    Ok(())
}

fn name(bench: &Bench) -> Result<()> {
    let vm = bench.vm()?;
    bench.ask("set_vm_metadata", json!([vm, {"name": "router/0f1e"}]))?;
    same(&json!(bench.seen_vm(&vm)?.name), &json!("router/0f1e"))
}

fn metadata(bench: &Bench) -> Result<()> {
    let vm = bench.vm()?;
    let long = "x".repeat(1000);
    let odd =
        json!({"long": long, "number": 7, "empty": "", "null": null, "list": [1], "job": "a"});
    bench.ask("set_vm_metadata", json!([vm, odd]))?;
    bench.ask("set_vm_metadata", json!([vm, {"compiling": "pkg", "job": "b"}]))?;
    let seen = bench.seen_vm(&vm)?;
    let tag = |key: &str| seen.tags.get(key);
    same(&json!(tag("number")), &json!("7"))?;
    same(&json!(tag("job")), &json!("b"))?;
    same(&json!(tag("compiling")), &json!("pkg"))?;
    holds(tag("long").is_some(), "a long value is lost instead of cut")
}

fn failures(bench: &Bench) -> Result<()> {
    let good = bench.vm_arguments(bench.dynamic())?;
    let (wrong, culprit) = &bench.samples.no_network;
    let mut network = good.clone();
    network[3]["n"]["cloud_properties"] = wrong.clone();
    let mut cases = vec![(network, *culprit)];
    for (wrong, culprit) in &bench.samples.no_vms {
        let mut properties = good.clone();
        properties[2] = wrong.clone();
        cases.push((properties, culprit));
    }
    for (arguments, culprit) in cases {
        let error = bench.refused("create_vm", arguments)?;
        is_kind(&error, "Bosh::Clouds::VMCreationFailed")?;
        names(&error, culprit)?;
        holds(!error.ok_to_retry, "the same request would fail again")?;
    }
    bench.is_empty()?;

    let taken = bench.vm_on(bench.manual(41))?;
    if bench.samples.knows_taken_addresses {
        let error = bench.refused("create_vm", bench.vm_arguments(bench.manual(41))?)?;
        is_kind(&error, "Bosh::Clouds::VMCreationFailed")?;
        names(&error, &bench.samples.ip(41))?;
    }
    bench.ask("delete_vm", json!([taken]))?;
    bench.vm_on(bench.manual(41)).context("a stale reservation blocks the address")?;
    Ok(())
}

fn networks(bench: &Bench) -> Result<()> {
    let network = &bench.samples.network;
    let unnamed = json!({"type": "manual", "ip": "192.168.77.42", "cloud_properties": {}});
    let strange = json!({"type": "strange", "cloud_properties": network});
    let no_ip = json!({"type": "manual", "ip": "10.50.0", "cloud_properties": network});
    for network in [unnamed, strange, no_ip] {
        let what = network.to_string();
        bench.refused("create_vm", bench.vm_arguments(network)?).context(what)?;
    }
    let vip = json!({"type": "vip", "ip": "203.0.113.1", "cloud_properties": {}});
    let mut two_vips = bench.vm_arguments(bench.dynamic())?;
    two_vips[3]["v1"] = vip.clone();
    two_vips[3]["v2"] = vip;
    bench.refused("create_vm", two_vips).context("two vip networks")?;
    bench.is_empty()
}

fn macs(bench: &Bench) -> Result<()> {
    let mut arguments = bench.vm_arguments(bench.manual(43))?;
    let second = &bench.samples.second_network;
    arguments[3]["m"] = json!({"type": "dynamic", "cloud_properties": second});
    let created = bench.ask("create_vm", arguments)?;
    let vm = text(&created[0])?;
    let settings = bench.settings(&vm)?;
    let macs = bench.seen_vm(&vm)?.macs;
    holds(macs.len() == 2, &format!("the VM has {} NICs", macs.len()))?;
    for name in ["n", "m"] {
        let mac = settings["networks"][name]["mac"].as_str().unwrap_or_default();
        holds(macs.iter().any(|its| its == mac), &format!("no NIC has {mac}"))?;
    }
    same(&settings["agent_id"], &json!("agent-1"))?;
    same(&settings["networks"]["n"]["ip"], &json!(bench.samples.ip(43)))
}

fn reboot_and_delete(bench: &Bench) -> Result<()> {
    let vm = bench.vm()?;
    bench.ask("reboot_vm", json!([vm]))?;
    bench.ask("delete_vm", json!([vm]))?;
    // AWS and vSphere answer VMNotFound, OpenStack success; the director takes both.
    bench.ask_or("delete_vm", json!([vm]), "Bosh::Clouds::VMNotFound")?;
    bench.ask_or("delete_vm", json!([bench.samples.nothing]), "Bosh::Clouds::VMNotFound")?;
    for method in ["reboot_vm", "get_disks"] {
        let error = bench.refused(method, json!([bench.samples.nothing]))?;
        is_kind(&error, "Bosh::Clouds::VMNotFound").context(method)?;
    }
    bench.is_empty()
}

fn has_vm(bench: &Bench) -> Result<()> {
    same(&bench.ask("has_vm", json!([bench.samples.nothing]))?, &json!(false))?;
    let vm = bench.vm()?;
    bench.cloud.declare_faults(vec![Fault {
        command: bench.samples.find_vm.into(),
        occurrence: 1,
        times: 1000,
        when: When::Before,
        kind: FaultKind::ProxyPage,
    }]);
    let refused = bench.refused("has_vm", json!([vm]));
    bench.cloud.declare_faults(Vec::new());
    refused.map(drop)
}

fn many(bench: &Bench) -> Result<()> {
    let arguments = bench.vm_arguments(bench.dynamic())?;
    std::thread::scope(|scope| {
        let lives: Vec<_> = (0..35)
            .map(|n| {
                let mut arguments = arguments.clone();
                arguments[0] = json!(format!("agent-{n}"));
                scope.spawn(move || -> Result<()> {
                    let created = bench.ask("create_vm", arguments)?;
                    bench.ask("delete_vm", json!([created[0]])).map(drop)
                })
            })
            .collect();
        lives.into_iter().try_for_each(|life| life.join().expect("no check panics"))
    })?;
    bench.is_empty()
}
