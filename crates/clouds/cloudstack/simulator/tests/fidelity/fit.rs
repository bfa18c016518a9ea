//! Fits the default world to a walk: who walked, and what was there before. A walk's own lists
//! tell: what they show and the walk did not make was there, or somebody made it beside the walk.

use crate::transcript::Line;
use serde_json::Value;
use simulator_cloudstack::World;
use simulator_cloudstack::world::{
    AccountSpec, Between, DiskOfferingSpec, KeyPairSpec, NetworkKind, NetworkSpec, RoleSpec,
    ServiceOfferingSpec, Storage,
};

/// An offering that was made beside the walk.
#[derive(Debug, Clone)]
pub enum Offering {
    /// A service offering.
    Service(ServiceOfferingSpec),
    /// A disk offering.
    Disk(DiskOfferingSpec),
}

/// What a walk tells of the cloud that it was made in.
#[derive(Debug)]
pub struct Fit {
    /// The account that walked.
    pub account: String,
    /// What was made beside the walk, each with the line that shows it first, from 0.
    pub later: Vec<(usize, Offering)>,
}

/// Changes `world` into the one that a walk was made in.
pub fn fit(world: &mut World, lines: &[Line]) -> Fit {
    let account = account(world, lines);
    let mut later = Vec::new();
    let all = |row: &Value| Offering::Service(service_offering(row));
    let first = fit_offerings(lines, "listServiceOfferings", "serviceoffering", &mut later, all);
    if let Some(first) = first {
        let known = std::mem::take(&mut world.service_offerings);
        world.service_offerings = first
            .iter()
            .map(|row| {
                let same = known.iter().find(|it| Some(it.name.as_str()) == name(row)).cloned();
                same.unwrap_or_else(|| service_offering(row))
            })
            .collect();
    }
    let all = |row: &Value| Offering::Disk(disk_offering(row));
    if let Some(first) = fit_offerings(lines, "listDiskOfferings", "diskoffering", &mut later, all)
    {
        let known = std::mem::take(&mut world.disk_offerings);
        world.disk_offerings = first
            .iter()
            .map(|row| {
                let same = known.iter().find(|it| Some(it.name.as_str()) == name(row)).cloned();
                same.unwrap_or_else(|| disk_offering(row))
            })
            .collect();
    }
    fit_networks(world, lines);
    fit_key_pairs(world, lines, &account);
    Fit { account, later }
}

/// The account that the jobs belong to; one that the world lacks is added.
fn account(world: &mut World, lines: &[Line]) -> String {
    let jobs = || lines.iter().map(|line| &line.body["queryasyncjobresultresponse"]);
    let name = jobs().find_map(|job| job["account"].as_str()).unwrap_or("admin").to_owned();
    if !world.accounts.iter().any(|account| account.name == name) {
        let admin =
            jobs().filter_map(|job| job["cmd"].as_str()).any(|cmd| cmd.ends_with("ByAdmin"));
        world.accounts.push(AccountSpec {
            name: name.clone(),
            role: if admin { RoleSpec::Admin } else { RoleSpec::User },
            id: None,
            user_id: None,
            api_key: format!("{name}-api-key"),
            secret_key: format!("{name}-secret-key"),
            limits: Default::default(),
        });
    }
    name
}

/// The rows of the first whole list; those that only a later one shows go to `later`.
fn fit_offerings(
    lines: &[Line],
    command: &str,
    key: &str,
    later: &mut Vec<(usize, Offering)>,
    read: impl Fn(&Value) -> Offering,
) -> Option<Vec<Value>> {
    let mut first: Option<Vec<Value>> = None;
    let mut seen: Vec<String> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.command() != command || !is_whole(line, &[]) {
            continue;
        }
        let rows = rows(line, key);
        for row in &rows {
            let Some(name) = name(row).filter(|name| !seen.iter().any(|it| it == name)) else {
                continue;
            };
            if first.is_some() && !makes(&lines[..at], "create", name) {
                later.push((at, read(row)));
            }
            seen.push(name.to_owned());
        }
        first.get_or_insert(rows);
    }
    first
}

fn fit_networks(world: &mut World, lines: &[Line]) {
    for (at, line) in lines.iter().enumerate() {
        if line.command() != "listNetworks" || !is_whole(line, &["zoneid"]) {
            continue;
        }
        for row in rows(line, "network") {
            let known = world.networks.iter().any(|it| Some(it.name.as_str()) == name(&row));
            let Some(network) = network(&row).filter(|_| !known) else { continue };
            if row.get("vpcid").is_none() && !makes(&lines[..at], "createNetwork", &network.name) {
                world.networks.push(network);
            }
        }
    }
}

fn fit_key_pairs(world: &mut World, lines: &[Line], account: &str) {
    for (at, line) in lines.iter().enumerate() {
        if line.command() != "listSSHKeyPairs" || !is_whole(line, &[]) {
            continue;
        }
        // The newest is listed first.
        for row in rows(line, "sshkeypair").iter().rev() {
            let Some(name) = name(row) else { continue };
            let known = |it: &KeyPairSpec| it.name == name && it.account == account;
            if world.key_pairs.iter().any(known) || makes(&lines[..at], "SSHKeyPair", name) {
                continue;
            }
            let (name, account) = (name.to_owned(), account.to_owned());
            let public_key = format!("ssh-rsa {at:08}");
            world.key_pairs.push(KeyPairSpec { name, account, public_key });
        }
    }
}

/// Whether a list was asked without a filter but these.
fn is_whole(line: &Line, filters: &[&str]) -> bool {
    let plain = ["command", "response", "listall", "page", "pagesize"];
    line.status == 200
        && line
            .params
            .keys()
            .all(|key| plain.contains(&key.as_str()) || filters.contains(&key.as_str()))
}

fn rows(line: &Line, key: &str) -> Vec<Value> {
    let inner = line.body.as_object().and_then(|body| body.values().next());
    inner.and_then(|inner| inner[key].as_array()).cloned().unwrap_or_default()
}

/// Whether one of these lines made something of this name.
fn makes(lines: &[Line], command: &str, name: &str) -> bool {
    lines.iter().any(|line| {
        let verb = line.command().starts_with("create") || line.command().starts_with("register");
        let named = line.params.get("name").and_then(Value::as_str) == Some(name);
        verb && named && line.status == 200 && line.command().contains(command)
    })
}

fn name(row: &Value) -> Option<&str> {
    row["name"].as_str()
}

fn text(row: &Value, key: &str) -> Option<String> {
    row[key].as_str().map(str::to_owned)
}

fn storage(row: &Value) -> Storage {
    if row["storagetype"] == "local" { Storage::Local } else { Storage::Shared }
}

fn service_offering(row: &Value) -> ServiceOfferingSpec {
    let limit = |key: &str| row["serviceofferingdetails"][key].as_str()?.parse::<u64>().ok();
    let between = || {
        Some(Between {
            min_cores: limit("mincpunumber")?,
            max_cores: limit("maxcpunumber")?,
            min_memory: limit("minmemory")?,
            max_memory: limit("maxmemory")?,
        })
    };
    ServiceOfferingSpec {
        name: text(row, "name").unwrap_or_default(),
        id: None,
        cores: row["cpunumber"].as_u64(),
        mhz: row["cpuspeed"].as_u64(),
        memory: row["memory"].as_u64(),
        between: between(),
        root_disk: row["rootdisksize"].as_u64().unwrap_or_default(),
        storage: storage(row),
        host_tags: text(row, "hosttags"),
        storage_tags: text(row, "storagetags"),
    }
}

fn disk_offering(row: &Value) -> DiskOfferingSpec {
    DiskOfferingSpec {
        name: text(row, "name").unwrap_or_default(),
        display_text: text(row, "displaytext"),
        id: None,
        size: row["disksize"].as_u64().filter(|_| row["iscustomized"] != true),
        custom_iops: row["iscustomizediops"] == true,
        storage: storage(row),
        tags: text(row, "tags"),
    }
}

fn network(row: &Value) -> Option<NetworkSpec> {
    Some(NetworkSpec {
        name: text(row, "name")?,
        display_text: text(row, "displaytext"),
        id: None,
        zone: text(row, "zonename")?,
        kind: match row["type"].as_str()? {
            "Shared" => NetworkKind::Shared,
            "L2" => NetworkKind::L2,
            _ => NetworkKind::Isolated,
        },
        offering: text(row, "networkofferingname")?,
        account: text(row, "account"),
        project: None,
        cidr: text(row, "cidr").unwrap_or_default(),
        cidr6: None,
        start: None,
        end: None,
        vlan: text(row, "vlan").filter(|_| row["type"] == "Shared"),
        domain: text(row, "networkdomain").unwrap_or_default(),
    })
}
