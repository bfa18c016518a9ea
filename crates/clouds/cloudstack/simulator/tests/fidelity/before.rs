//! What stood in a cloud before a walk, of what the walk's lists show and it did not make: calls
//! that make it.

use crate::fit::{is_whole, rows, text};
use crate::setting::Beside;
use crate::transcript::Line;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The calls, in order.
pub fn earlier(lines: &[Line], account: &str) -> Vec<Beside> {
    let mut calls = security_groups(lines, account);
    calls.extend(vms(lines, account));
    calls.extend(templates(lines, account));
    calls.extend(others_jobs(lines, account));
    calls
}

fn call(account: &str, params: &[(&str, &str)]) -> Beside {
    let call = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Beside { before: 1, account: account.to_owned(), call: call.collect::<BTreeMap<_, _>>() }
}

/// The ids that the walk made.
fn made(lines: &[Line]) -> BTreeSet<String> {
    let told = |line: &Line| {
        let list = line.command().starts_with("list") || line.command().starts_with("query");
        let inner = line.body.as_object().and_then(|body| body.values().next()).cloned();
        let inner = inner.filter(|_| !list)?;
        let row = inner.as_object()?.values().find(|value| value["id"].is_string()).cloned();
        inner["id"].as_str().map(str::to_owned).or_else(|| text(&row?, "id"))
    };
    lines.iter().filter_map(told).collect()
}

fn security_groups(lines: &[Line], account: &str) -> Vec<Beside> {
    let made = made(lines);
    let first = lines.iter().find(|it| it.command() == "listSecurityGroups" && is_whole(it, &[]));
    let mut calls = Vec::new();
    for group in first.map(|line| rows(line, "securitygroup")).unwrap_or_default() {
        let name = text(&group, "name").unwrap_or_default();
        if name == "default" || text(&group, "id").is_some_and(|id| made.contains(&id)) {
            continue;
        }
        let mut params = vec![("command", "createSecurityGroup"), ("name", name.as_str())];
        let description = text(&group, "description");
        params.extend(description.as_deref().map(|text| ("description", text)));
        calls.push(call(account, &params));
        for (key, command) in [
            ("ingressrule", "authorizeSecurityGroupIngress"),
            ("egressrule", "authorizeSecurityGroupEgress"),
        ] {
            for rule in group[key].as_array().into_iter().flatten() {
                calls.push(security_rule(account, &name, command, rule));
            }
        }
    }
    calls
}

fn security_rule(account: &str, group: &str, command: &str, rule: &Value) -> Beside {
    let number = |key: &str| rule[key].as_i64().map(|number| number.to_string());
    let (protocol, cidr) = (text(rule, "protocol").unwrap_or_default(), text(rule, "cidr"));
    let (start, end) = (number("startport"), number("endport"));
    let (kind, code) = (number("icmptype"), number("icmpcode"));
    let (peer, owner) = (text(rule, "securitygroupname"), text(rule, "account"));
    let mut params =
        vec![("command", command), ("securitygroupname", group), ("protocol", protocol.as_str())];
    for (name, value) in [
        ("cidrlist", &cidr),
        ("startport", &start),
        ("endport", &end),
        ("icmptype", &kind),
        ("icmpcode", &code),
        ("usersecuritygrouplist[0].group", &peer),
        ("usersecuritygrouplist[0].account", &owner),
    ] {
        params.extend(value.as_deref().map(|value| (name, value)));
    }
    call(account, &params)
}

/// VMs that the walk meets, and so many more as its account has when the walk begins.
fn vms(lines: &[Line], account: &str) -> Vec<Beside> {
    let made = made(lines);
    // A row that the walk's own refused call has left is no other's.
    let asked: BTreeSet<&str> = lines
        .iter()
        .filter(|line| line.command() == "deployVirtualMachine")
        .filter_map(|line| line.params.get("name").and_then(Value::as_str))
        .collect();
    let mut seen = BTreeSet::new();
    let mut found: Vec<Value> = Vec::new();
    for row in lines
        .iter()
        .filter(|it| it.command() == "listVirtualMachines")
        .flat_map(|line| rows(line, "virtualmachine"))
    {
        let id = text(&row, "id").unwrap_or_default();
        let own = made.contains(&id) || row["name"].as_str().is_some_and(|it| asked.contains(it));
        if row["account"] == *account && !own && seen.insert(id) {
            found.push(row);
        }
    }
    found.sort_by_key(|row| text(row, "created"));
    let mut names: Vec<(String, Value)> =
        found.iter().map(|row| (text(row, "name").unwrap_or_default(), row.clone())).collect();
    let total = at_first(lines, "vmtotal") as usize;
    if let Some(like) = found.last().cloned() {
        for number in found.len()..total {
            names.push((format!("other-{number}"), like.clone()));
        }
    }
    let groups = |row: &Value| -> String {
        let groups = row["securitygroup"].as_array().into_iter().flatten();
        groups.filter_map(|group| text(group, "name")).collect::<Vec<_>>().join(",")
    };
    let deploy = |(name, row): &(String, Value)| {
        let by_name =
            |list: &str, key: &str| format!("{list}/{}", text(row, key).unwrap_or_default());
        call(
            account,
            &[
                ("command", "deployVirtualMachine"),
                ("name", name),
                ("zoneid", &by_name("listZones", "zonename")),
                ("serviceofferingid", &by_name("listServiceOfferings", "serviceofferingname")),
                ("templateid", &by_name("listTemplates", "templatename")),
                ("securitygroupnames", &groups(row)),
            ],
        )
    };
    let known = security_groups(lines, account).len();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for (_, row) in names.iter().filter(|_| known == 0) {
        wanted.extend(groups(row).split(',').map(str::to_owned));
    }
    let wanted = wanted.iter().filter(|name| !name.is_empty() && *name != "default");
    let group = |name: &String| {
        call(account, &[("command", "createSecurityGroup"), ("name", name.as_str())])
    };
    wanted.map(group).chain(names.iter().map(deploy)).collect()
}

/// What an account has before the walk makes anything, of a kind that `listAccounts` counts.
fn at_first(lines: &[Line], key: &str) -> u64 {
    let begins = |line: &&Line| {
        !["deploy", "create", "register", "getUpload"]
            .iter()
            .any(|it| line.command().starts_with(it))
    };
    let mut first = lines.iter().take_while(begins);
    let accounts = first.find(|it| it.command() == "listAccounts" && is_whole(it, &[]));
    let row = accounts.and_then(|line| rows(line, "account").into_iter().next());
    row.and_then(|row| row[key].as_u64()).unwrap_or_default()
}

fn templates(lines: &[Line], account: &str) -> Vec<Beside> {
    let upload = |number: u64| {
        call(
            account,
            &[
                ("command", "getUploadParamsForTemplate"),
                ("name", &format!("other-{number}")),
                ("displaytext", "other"),
                ("format", "QCOW2"),
                ("hypervisor", "KVM"),
                ("templatetype", "USER"),
                ("ostypeid", "listOsTypes/Other Linux (64-bit)"),
                ("zoneid", "listZones/adv"),
            ],
        )
    };
    (0..at_first(lines, "templatetotal")).map(upload).collect()
}

/// A job that the walk asks for and may not see is another account's.
fn others_jobs(lines: &[Line], account: &str) -> Vec<Beside> {
    let refused =
        lines.iter().filter(|line| line.command() == "queryAsyncJobResult" && line.status == 531);
    let ids: BTreeSet<&str> = refused
        .filter_map(|line| line.params.get("jobid").and_then(Value::as_str))
        .filter(|id| crate::bindings::is_uuid(id))
        .collect();
    let other = if account == "admin" { "bosh" } else { "admin" };
    ids.into_iter()
        .map(|id| {
            let name = format!("other-{}", &id[..8]);
            call(
                other,
                &[
                    ("command", "createAffinityGroup"),
                    ("name", &name),
                    ("type", "host anti-affinity"),
                    ("customjobid", id),
                ],
            )
        })
        .collect()
}
