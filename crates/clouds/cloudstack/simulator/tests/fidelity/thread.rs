//! What CloudStack's own threads and others did to the rows of a walk meanwhile: the thread that
//! expunges destroyed VMs, somebody who deletes the row of a job. A walk shows only that it was done.

use crate::fit::rows;
use crate::transcript::Line;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A VM of the walk.
#[derive(Debug, Default)]
struct Vm {
    networks: Vec<String>,
    /// The line after which the walk counts on its being destroyed.
    destroyed: Option<usize>,
    /// Whether the walk itself has expunged it.
    by_walk: bool,
    /// The last line that shows it.
    shown: Option<usize>,
}

/// The lines before which the thread had expunged a VM, from 0.
pub fn expunged(lines: &[Line]) -> Vec<(usize, String)> {
    let outcomes = outcomes(lines);
    let vms = vms(lines, &outcomes);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut note = |vm: &str, at: usize| {
        found.entry(vm.to_owned()).and_modify(|known| *known = (*known).min(at)).or_insert(at);
    };
    for (at, line) in lines.iter().enumerate() {
        let gone = |vm: &Vm| !vm.by_walk && vm.destroyed.is_some_and(|destroyed| destroyed < at);
        let id = line.params.get("id").and_then(Value::as_str).unwrap_or_default();
        let job = inner(line)["jobid"].as_str().and_then(|job| outcomes.get(job));
        match line.command() {
            // A network goes only when all its VMs are gone.
            "deleteNetwork" if job.is_some_and(|job| job["jobstatus"] == 1) => {
                let its = vms.iter().filter(|(_, vm)| vm.networks.iter().any(|it| it == id));
                its.filter(|(_, vm)| gone(vm)).for_each(|(vm, _)| note(vm, at));
            }
            // What shows every volume shows no root disk of it.
            "listVolumes" | "listVirtualMachines" if line.status == 200 && is_bare(line) => {
                let (key, of) = match line.command() {
                    "listVolumes" => ("volume", "virtualmachineid"),
                    _ => ("virtualmachine", "id"),
                };
                let shown: BTreeSet<String> = rows(line, key)
                    .iter()
                    .filter_map(|row| row[of].as_str().map(str::to_owned))
                    .collect();
                let missing = vms.iter().filter(|(vm, _)| !shown.contains(*vm));
                missing.filter(|(_, vm)| gone(vm)).for_each(|(vm, _)| note(vm, at));
            }
            // It was there when it was to be destroyed, and not when that began.
            "destroyVirtualMachine" => {
                let text = job.and_then(|job| job["jobresult"]["errortext"].as_str());
                let other = vms.get(id).is_some_and(|vm| !vm.by_walk);
                if other && text.is_some_and(|text| text.starts_with("Unable to find VM")) {
                    note(id, at + 1);
                }
            }
            _ => {}
        }
    }
    // What a later line shows was not gone before.
    let late = |(vm, at): (String, usize)| {
        let shown = vms.get(&vm).and_then(|vm| vm.shown).map_or(0, |shown| shown + 1);
        (at.max(shown), vm)
    };
    found.into_iter().map(late).collect()
}

/// How each job ended.
fn outcomes(lines: &[Line]) -> BTreeMap<String, Value> {
    let ended = |line: &Line| {
        let job = &line.body["queryasyncjobresultresponse"];
        let id = job["jobid"].as_str().filter(|_| job["jobstatus"] != 0)?;
        Some((id.to_owned(), job.clone()))
    };
    lines.iter().filter_map(ended).collect()
}

fn vms(lines: &[Line], outcomes: &BTreeMap<String, Value>) -> BTreeMap<String, Vm> {
    let mut vms: BTreeMap<String, Vm> = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        let done = inner(line)["jobid"].as_str().and_then(|job| outcomes.get(job));
        let done = done.is_some_and(|job| job["jobstatus"] == 1);
        if line.command() == "deployVirtualMachine" && line.status == 200 {
            let vm = vms.entry(inner(line)["id"].as_str().unwrap_or_default().to_owned());
            vm.or_default().networks.extend(networks(line));
        }
        if line.command() == "destroyVirtualMachine" && done {
            let id = line.params["id"].as_str().unwrap_or_default();
            let vm = vms.entry(id.to_owned()).or_default();
            vm.destroyed = Some(at);
            vm.by_walk |= line.params.get("expunge").is_some_and(|it| *it == "true");
        }
        for row in rows(line, "virtualmachine") {
            let vm = vms.entry(row["id"].as_str().unwrap_or_default().to_owned()).or_default();
            vm.shown = Some(at);
            if row["state"] == "Error" {
                vm.destroyed.get_or_insert(at);
            }
        }
    }
    vms
}

fn networks(line: &Line) -> Vec<String> {
    let wanted = |name: &str| name == "networkids" || name.ends_with(".networkid");
    let texts = line.texts().into_iter().filter(|(name, _)| wanted(name));
    texts.flat_map(|(_, ids)| ids.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn inner(line: &Line) -> &Value {
    let inner = line.body.as_object().and_then(|body| body.values().next());
    inner.unwrap_or(&Value::Null)
}

/// Whether a list was asked for everything.
fn is_bare(line: &Line) -> bool {
    line.params.keys().all(|key| ["command", "response", "listall"].contains(&key.as_str()))
}

/// The lines before which the row of an ended job was deleted.
pub fn purged(lines: &[Line]) -> Vec<(usize, String)> {
    let outcomes = outcomes(lines);
    let unknown = |(at, line): (usize, &Line)| {
        let asks = line.command() == "queryAsyncJobResult" && line.status == 431;
        let id = line.params.get("jobid").and_then(Value::as_str).filter(|_| asks)?;
        let before = lines[..at]
            .iter()
            .any(|it| it.body["queryasyncjobresultresponse"]["jobid"].as_str() == Some(id));
        (before && outcomes.contains_key(id)).then(|| (at, id.to_owned()))
    };
    lines.iter().enumerate().filter_map(unknown).collect()
}
