//! Whose the keys are, and what is left of its limits.

use super::unknown;
use crate::errors::CloudResult;
use crate::scope;
use crate::session::CloudStack;
use cloudstack::Scope;
use cloudstack::api::{Account, ListAccounts, ListProjects, Other};
use cpi_kit::Finding;
use serde_json::Value;

/// What a deployment needs: the name that people know, and the field that tells what is left.
const NEEDED: &[(&str, &str)] = &[
    ("VMs", "vmavailable"),
    ("volumes", "volumeavailable"),
    ("CPU cores", "cpuavailable"),
    ("MiB of memory", "memoryavailable"),
    ("GiB of primary storage", "primarystorageavailable"),
];

/// What is wanted by some deployments only.
const WANTED: &[(&str, &str)] = &[
    ("snapshots", "snapshotavailable"),
    ("public addresses", "ipavailable"),
    ("templates", "templateavailable"),
    ("GiB of secondary storage", "secondarystorageavailable"),
];

pub(super) async fn check(cloud: &CloudStack) -> Vec<Finding> {
    match find(cloud).await {
        Ok((whose, counts)) => vec![Finding::ok("account", whose), limits(&counts)],
        Err(failure) => vec![unknown("account", &failure)],
    }
}

/// Whose things will be made, and its counts.
async fn find(cloud: &CloudStack) -> CloudResult<(String, Other)> {
    match scope::resolve(cloud).await? {
        Scope::Own => {
            let accounts = cloud.list(ListAccounts::default()).await?;
            let own = accounts.into_iter().next().unwrap_or_default();
            Ok((described(&own), own.other))
        }
        Scope::Account { name, domain } => {
            let of = ListAccounts { name: Some(name.clone()), listall: Some(true) };
            let accounts = cloud.list(of).await?.into_iter();
            let mut found = accounts.filter(|it| it.name == name && it.domainid == domain);
            let account = found.next().unwrap_or_default();
            Ok((described(&account), account.other))
        }
        Scope::Project(id) => {
            let of = ListProjects { id: Some(id), ..ListProjects::default() };
            let project = cloud.list(of).await?.into_iter().next().unwrap_or_default();
            Ok((format!("project {} ({})", project.name, project.state), project.other))
        }
    }
}

fn described(account: &Account) -> String {
    match account.rolename.as_str() {
        "" => account.name.clone(),
        role => format!("{} ({role})", account.name),
    }
}

fn limits(counts: &Other) -> Finding {
    let used_up = |all: &[(&'static str, &str)]| -> Vec<&'static str> {
        all.iter()
            .filter(|(_, field)| left(counts, field) == Some(0))
            .map(|(name, _)| *name)
            .collect()
    };
    let hint = "ask an admin to raise the limit of the account, its domain or the project, or \
                delete what is not needed";
    let (needed, wanted) = (used_up(NEEDED), used_up(WANTED));
    if !needed.is_empty() {
        return Finding::fail("limits", format!("no {} left", needed.join(", no ")), hint);
    }
    if !wanted.is_empty() {
        return Finding::warn("limits", format!("no {} left", wanted.join(", no ")), hint);
    }
    let told =
        NEEDED.iter().filter_map(|(name, field)| Some(format!("{} {name}", left(counts, field)?)));
    let told: Vec<_> = told.collect();
    match told.is_empty() {
        true => Finding::ok("limits", "none"),
        false => Finding::ok("limits", format!("left: {}", told.join(", "))),
    }
}

/// None where there is no limit: CloudStack says `Unlimited` then.
fn left(counts: &Other, field: &str) -> Option<i64> {
    match counts.get(field)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.split('.').next()?.parse().ok(),
        _ => None,
    }
}
