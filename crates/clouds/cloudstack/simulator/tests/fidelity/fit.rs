//! Fits the default world to a walk: who walked, and what was there before. A walk's own lists
//! tell: what they show and the walk did not make was there, or somebody made it beside the walk.

use crate::before::earlier;
use crate::setting::Beside;
use crate::thread::{expunged, purged};
use crate::transcript::Line;
use serde_json::Value;
use simulator_cloudstack::World;
use simulator_cloudstack::state::limit::DEFAULTS;
use simulator_cloudstack::world::{
    AccountSpec, Between, ClusterSpec, DiskOfferingSpec, HostSpec, KeyPairSpec, NetworkKind,
    NetworkOfferingSpec, NetworkSpec, RoleSpec, ServiceOfferingSpec, Storage, ZoneKind, ZoneSpec,
};
use std::collections::BTreeMap;

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
    /// What others did before the walk.
    pub earlier: Vec<Beside>,
    /// VMs that CloudStack's thread has expunged before the line, from 0, by their recorded ids.
    pub expunged: Vec<(usize, String)>,
    /// Jobs whose rows somebody has deleted before the line, from 0.
    pub purged: Vec<(usize, String)>,
    /// Limits that somebody set meanwhile, each with the line that shows it, from 0.
    pub limits: Vec<(usize, String, i64)>,
}

/// Changes `world` into the one that a walk was made in.
pub fn fit(world: &mut World, lines: &[Line]) -> Fit {
    world.secondary_storage.forgets_awaited_uploads = false;
    fit_zones(world, lines);
    fit_settings(world, lines);
    let mut later = Vec::new();
    let all = |row: &Value| Offering::Service(service_offering(row));
    let first = fit_offerings(lines, "listServiceOfferings", "serviceoffering", &mut later, all);
    if let Some(first) = first {
        world.service_offerings = first.iter().map(service_offering).collect();
    }
    let all = |row: &Value| Offering::Disk(disk_offering(row));
    if let Some(first) = fit_offerings(lines, "listDiskOfferings", "diskoffering", &mut later, all)
    {
        world.disk_offerings = first.iter().map(disk_offering).collect();
    }
    fit_network_offerings(world, lines);
    let account = account(world, lines);
    let limits = fit_limits(lines, &account);
    fit_networks(world, lines);
    fit_key_pairs(world, lines, &account);
    fit_pools(world, lines);
    let earlier = earlier(lines, &account);
    let (expunged, purged) = (expunged(lines), purged(lines));
    Fit { account, later, earlier, expunged, purged, limits }
}

/// The zones in the order of the first whole list. Their hosts are those of the known world.
fn fit_zones(world: &mut World, lines: &[Line]) {
    let whole = |line: &&Line| line.command() == "listZones" && is_whole(line, &[]);
    let Some(first) = lines.iter().find(whole) else { return };
    let known = std::mem::take(&mut world.zones);
    let clusters = known.first().map(|zone| zone.clusters.clone()).unwrap_or_default();
    for row in rows(first, "zone") {
        let same = known.iter().find(|zone| Some(zone.name.as_str()) == name(&row)).cloned();
        let fresh = ZoneSpec {
            name: text(&row, "name").unwrap_or_default(),
            id: None,
            kind: match (row["networktype"].as_str(), row["securitygroupsenabled"].as_bool()) {
                (Some("Basic"), _) => ZoneKind::Basic,
                (_, Some(true)) => ZoneKind::AdvancedSg,
                _ => ZoneKind::Advanced,
            },
            edge: row["type"] == "Edge",
            enabled: true,
            dns1: "8.8.8.8".to_owned(),
            internal_dns1: "10.147.28.6".to_owned(),
            guest_cidr: None,
            local_storage: true,
            gpus: 0,
            hypervisor: "Simulator".to_owned(),
            secondary_storage_vm: Some("Up".to_owned()),
            clusters: clusters.clone(),
        };
        let zone = same.unwrap_or(fresh);
        world.zones.push(ZoneSpec {
            enabled: row["allocationstate"] == "Enabled",
            local_storage: row["localstorageenabled"] == true,
            gpus: row["gputotal"].as_u64().unwrap_or_default(),
            guest_cidr: text(&row, "guestcidraddress").or(zone.guest_cidr),
            dns1: text(&row, "dns1").unwrap_or(zone.dns1),
            internal_dns1: text(&row, "internaldns1").unwrap_or(zone.internal_dns1),
            ..zone
        });
    }
    let has = |name: &str| world.zones.iter().any(|zone| zone.name == name);
    // A zone that the walker does not see is there nonetheless.
    let hidden: Vec<ZoneSpec> =
        known.into_iter().filter(|zone| !has(&zone.name) && !zone.enabled).collect();
    let used = world.networks.iter().map(|network| network.zone.clone()).collect::<Vec<_>>();
    world.zones.extend(hidden.into_iter().filter(|zone| used.contains(&zone.name)));
    let has = |name: &str| world.zones.iter().any(|zone| zone.name == name);
    world.networks.retain(|network| has(&network.zone));
    world.public_ranges.retain(|range| has(&range.zone));
}

/// The settings that `listCapabilities` shows.
fn fit_settings(world: &mut World, lines: &[Line]) {
    let found = |line: &Line| {
        line.body["listcapabilitiesresponse"]["capability"].as_object().cloned().map(Value::from)
    };
    let Some(shown) = lines.iter().find_map(found) else { return };
    let settings = &mut world.settings;
    if let Some(on) = shown["kubernetesserviceenabled"].as_bool() {
        settings.cloud_kubernetes_service_enabled = on;
    }
    if let Some(version) = shown["cloudstackversion"].as_str() {
        world.version = version.to_owned();
    }
    if let (Some(max), Some(interval)) =
        (shown["apilimitmax"].as_u64(), shown["apilimitinterval"].as_u64())
    {
        settings.api_throttling = true;
        settings.api_throttling_max = max;
        settings.api_throttling_interval = interval;
    }
    if let Some(max) = shown["customdiskofferingmaxsize"].as_u64() {
        settings.max_custom_disk_gib = max;
    }
}

/// The account that the walk's rows belong to; one that the world lacks is added.
fn account(world: &mut World, lines: &[Line]) -> String {
    let jobs = || lines.iter().map(|line| &line.body["queryasyncjobresultresponse"]);
    let limits = || lines.iter().filter(|line| line.command() == "listResourceLimits");
    let limits = limits().filter(|line| is_whole(line, &[])).flat_map(|line| {
        let row = rows(line, "resourcelimit").into_iter().next();
        row.filter(|row| row.get("project").is_none())
    });
    let owned: Vec<Value> = limits.chain(jobs().cloned()).collect();
    let owner = owned.iter().find(|row| row["account"].is_string());
    let name = owner.and_then(|row| row["account"].as_str()).unwrap_or("admin").to_owned();
    if !world.accounts.iter().any(|account| account.name == name) {
        let path = owner.and_then(|row| row["domainpath"].as_str()).unwrap_or_default();
        world.accounts.push(AccountSpec {
            name: name.clone(),
            role: role(lines),
            domain: path.split_once('/').map(|(_, below)| below.to_owned()),
            id: None,
            user_id: None,
            api_key: format!("{name}-api-key"),
            secret_key: format!("{name}-secret-key"),
            limits: Default::default(),
        });
    }
    name
}

/// By its capabilities: some are shown to root admins only, and some are on for every admin.
fn role(lines: &[Line]) -> RoleSpec {
    let told = lines.iter().filter(|line| line.command() == "listAccounts");
    let told = told.filter(|line| is_whole(line, &[])).flat_map(|line| rows(line, "account"));
    match told.map(|row| row["roletype"].clone()).next().as_ref().and_then(Value::as_str) {
        Some("Admin") => return RoleSpec::Admin,
        Some("DomainAdmin") => return RoleSpec::DomainAdmin,
        Some(_) => return RoleSpec::User,
        None => {}
    }
    let capability = lines
        .iter()
        .find_map(|line| line.body["listcapabilitiesresponse"]["capability"].as_object().cloned());
    let jobs = || lines.iter().map(|line| &line.body["queryasyncjobresultresponse"]);
    let by_admin = || jobs().filter_map(|it| it["cmd"].as_str()).any(|it| it.ends_with("ByAdmin"));
    match capability {
        Some(shown) if shown.contains_key("extensionspath") => RoleSpec::Admin,
        Some(shown) if shown["allowuserviewdestroyedvm"] == true => RoleSpec::DomainAdmin,
        Some(_) => RoleSpec::User,
        None if by_admin() => RoleSpec::Admin,
        None => RoleSpec::User,
    }
}

/// The limits that are not the usual ones: somebody set them before the line that shows them.
fn fit_limits(lines: &[Line], account: &str) -> Vec<(usize, String, i64)> {
    let default = if role(lines) == RoleSpec::Admin { &[] } else { DEFAULTS };
    let mut seen: BTreeMap<String, i64> =
        default.iter().map(|(kind, max)| ((*kind).to_owned(), *max)).collect();
    let mut later = Vec::new();
    let mut first = true;
    for (at, line) in lines.iter().enumerate() {
        if let Some((kind, max)) = limit_of_refusal(line)
            && seen.insert(kind.clone(), max) != Some(max)
        {
            later.push((at, kind, max));
        }
        if line.command() != "listResourceLimits" {
            continue;
        }
        // Those that somebody set come first, whatever they are set to.
        if std::mem::take(&mut first) && is_whole(line, &[]) {
            let rows = rows(line, "resourcelimit");
            for row in &rows[..set_rows(&rows)] {
                if let (Some(kind), Some(max)) =
                    (text(row, "resourcetypename"), row["max"].as_i64())
                {
                    seen.insert(kind.clone(), max);
                    later.push((at, kind, max));
                }
            }
        }
        for row in rows(line, "resourcelimit").iter().filter(|row| row["account"] == *account) {
            let (Some(kind), Some(max)) = (text(row, "resourcetypename"), row["max"].as_i64())
            else {
                continue;
            };
            match seen.insert(kind.clone(), max) {
                Some(known) if known != max => later.push((at, kind, max)),
                Some(_) => {}
                None if max >= 0 => later.push((at, kind, max)),
                None => {}
            }
        }
    }
    later
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

/// A refusal names the limit: `Type = 'user_vm', … Account Resource Limit = 2,`, in bytes with the
/// same in words before.
fn limit_of_refusal(line: &Line) -> Option<(String, i64)> {
    let inner = line.body.as_object()?.values().next()?;
    let text = inner["errortext"].as_str().or(inner["jobresult"]["errortext"].as_str())?;
    let kind = text.split("Type = '").nth(1)?.split('\'').next()?;
    let limit = text.split("Account Resource Limit = ").nth(1)?.split(',').next()?;
    let number = limit.rsplit(' ').next()?.parse::<i64>().ok()?;
    Some((kind.to_owned(), if limit.contains("GB") { number >> 30 } else { number }))
}

/// How many of the rows were set by somebody: the others follow in the order of their types.
fn set_rows(rows: &[Value]) -> usize {
    let number = |row: &Value| row["resourcetype"].as_str().and_then(|it| it.parse::<u64>().ok());
    let numbers: Vec<Option<u64>> = rows.iter().map(number).collect();
    let tail = numbers.windows(2).rev().take_while(|pair| pair[0] < pair[1]).count() + 1;
    numbers.len().saturating_sub(tail)
}

/// Storage has the tags of the offerings of which a volume was attached.
fn fit_pools(world: &mut World, lines: &[Line]) {
    let done = |id: &str| {
        lines.iter().any(|line| {
            let job = &line.body["queryasyncjobresultresponse"];
            job["jobid"].as_str() == Some(id) && job["jobstatus"] == 1
        })
    };
    let mut tags: Vec<String> = Vec::new();
    for line in lines.iter().filter(|line| line.command() == "queryAsyncJobResult") {
        let job = &line.body["queryasyncjobresultresponse"];
        let volume = &job["jobresult"]["volume"];
        let stored = volume["state"] == "Ready" && job["jobid"].as_str().is_some_and(done);
        let offering = name_of_offering(volume).filter(|_| stored);
        let spec = offering.and_then(|name| world.disk_offerings.iter().find(|it| it.name == name));
        tags.extend(spec.and_then(|spec| spec.tags.clone()));
    }
    tags.sort();
    tags.dedup();
    if tags.is_empty() {
        return;
    }
    // On storage of its own, where no VM runs: what is elsewhere has to move there.
    for zone in &mut world.zones {
        let host = HostSpec { name: "tagged".to_owned(), mhz: 0, memory: 0 };
        zone.clusters.push(ClusterSpec {
            name: "tagged".to_owned(),
            pool: format!("{}-tagged", zone.name),
            tags: Some(tags.join(",")),
            hosts: vec![host],
        });
    }
}

fn name_of_offering(volume: &Value) -> Option<&str> {
    volume["diskofferingname"].as_str()
}

fn fit_network_offerings(world: &mut World, lines: &[Line]) {
    let builtin = NetworkOfferingSpec::builtin();
    for line in lines.iter().filter(|line| line.command() == "listNetworkOfferings") {
        for row in rows(line, "networkoffering") {
            let same = |it: &NetworkOfferingSpec| Some(it.name.as_str()) == name(&row);
            if !builtin.iter().any(same) && !world.network_offerings.iter().any(same) {
                world.network_offerings.push(network_offering(&row));
            }
        }
    }
}

fn network_offering(row: &Value) -> NetworkOfferingSpec {
    const FLAGS: &[&str] = &[
        "specifyvlan",
        "conservemode",
        "specifyipranges",
        "forvpc",
        "fornsx",
        "fortungsten",
        "egressdefaultpolicy",
        "supportsinternallb",
    ];
    let services = row["service"].as_array().cloned().unwrap_or_default();
    let provider = |service: &Value| text(&service["provider"][0], "name");
    NetworkOfferingSpec {
        name: text(row, "name").unwrap_or_default(),
        display_text: text(row, "displaytext"),
        id: None,
        kind: text(row, "guestiptype").unwrap_or_default(),
        availability: text(row, "availability").unwrap_or_default(),
        flags: FLAGS
            .iter()
            .filter(|flag| row[**flag] == true)
            .map(|flag| (*flag).to_owned())
            .collect(),
        networkmode: text(row, "networkmode"),
        services: services
            .iter()
            .filter_map(|service| Some((text(service, "name")?, provider(service)?)))
            .collect(),
    }
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
pub fn is_whole(line: &Line, filters: &[&str]) -> bool {
    let plain = ["command", "response", "listall", "page", "pagesize"];
    line.status == 200
        && line
            .params
            .keys()
            .all(|key| plain.contains(&key.as_str()) || filters.contains(&key.as_str()))
}

pub fn rows(line: &Line, key: &str) -> Vec<Value> {
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

pub fn name(row: &Value) -> Option<&str> {
    row["name"].as_str()
}

pub fn text(row: &Value, key: &str) -> Option<String> {
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
        display_text: text(row, "displaytext"),
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
