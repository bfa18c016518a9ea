//! The zone, and what it offers: offerings, networks and their user-data, templates.

use super::unknown;
use crate::errors::CloudResult;
use crate::lookup::network::UserDataProvider;
use crate::name_ref::is_id;
use crate::properties::PATH;
use crate::resources::stemcell_cid::LIGHT;
use crate::session::CloudStack;
use cloudstack::api::{
    ListDiskOfferings, ListNetworks, ListServiceOfferings, ListTemplates, ListZones, Network,
    Template, Zone,
};
use cpi_kit::{Finding, Questions};

/// The default zone; None where there is none, or it could not be asked for.
async fn default_zone(cloud: &CloudStack) -> CloudResult<Option<Zone>> {
    let Some(wanted) = cloud.properties.default_zone() else { return Ok(None) };
    let zones = cloud.list(ListZones::default()).await?;
    Ok(zones.into_iter().find(|zone| zone.id == wanted || zone.name == wanted))
}

pub(super) async fn check(cloud: &CloudStack, questions: &Questions) -> Vec<Finding> {
    let zone = Box::pin(default_zone(cloud)).await;
    let mut findings = vec![zone_row(cloud, &zone)];
    let zone = zone.as_ref().ok().and_then(Option::as_ref);
    let (disks, sizes, networks, templates) = tokio::join!(
        Box::pin(disk_offerings(cloud)),
        Box::pin(service_offerings(cloud, questions)),
        Box::pin(networks(cloud, zone, questions)),
        Box::pin(templates(cloud, zone, questions)),
    );
    for (check, part) in [
        ("disk offerings", disks),
        ("service offerings", sizes),
        ("networks", networks),
        ("templates", templates),
    ] {
        findings.extend(part.unwrap_or_else(|failure| vec![unknown(check, &failure)]));
    }
    findings
}

fn zone_row(cloud: &CloudStack, zone: &CloudResult<Option<Zone>>) -> Finding {
    let (check, wanted) = ("zone", cloud.properties.default_zone());
    match (zone, wanted) {
        (Err(failure), _) => unknown(check, failure),
        (Ok(None), None) => Finding::warn(
            check,
            format!("{PATH}.default_zone is not set"),
            "then every AZ's cloud_properties must name a zone",
        ),
        (Ok(None), Some(wanted)) => Finding::fail(
            check,
            format!("zone '{wanted}' not found for this account"),
            format!("correct {PATH}.default_zone"),
        ),
        (Ok(Some(zone)), _) if zone.allocationstate == "Disabled" => Finding::fail(
            check,
            format!("{} is disabled", described(zone)),
            "an admin has to enable the zone",
        ),
        (Ok(Some(zone)), _) => Finding::ok(check, described(zone)),
    }
}

fn described(zone: &Zone) -> String {
    let groups = if zone.securitygroupsenabled { ", with security groups" } else { "" };
    let edge = if zone.is_edge() { ", an edge zone" } else { "" };
    format!("{}: {}{groups}{edge}", zone.name, zone.networktype.to_lowercase())
}

/// Those that the properties name. A disk whose cloud_properties name one needs none of them.
async fn disk_offerings(cloud: &CloudStack) -> CloudResult<Vec<Finding>> {
    let there = cloud.list(ListDiskOfferings::default()).await?;
    let is_there = |wanted: &str| there.iter().any(|row| row.id == wanted || row.name == wanted);
    let properties = &cloud.properties;
    let mut findings = Vec::new();
    for (name, path) in
        [properties.disk_offering(), properties.ephemeral_offering()].into_iter().flatten()
    {
        findings.push(match is_there(name) {
            true => Finding::ok("disk offering", format!("'{name}' found ({path})")),
            false => Finding::fail(
                "disk offering",
                format!("disk offering '{name}' not found for this account"),
                format!("correct {PATH}.{path}"),
            ),
        });
    }
    if let Some((name, path)) = properties.custom_offering()
        && !is_there(name)
        && (properties.disk_offering().is_none() || properties.ephemeral_offering().is_none())
    {
        findings.push(Finding::warn(
            "disk offering",
            format!("'{name}' not found; it is used where only a size is given"),
            format!("name a custom-sized disk offering in {PATH}.{path}"),
        ));
    }
    Ok(findings)
}

async fn service_offerings(cloud: &CloudStack, questions: &Questions) -> CloudResult<Vec<Finding>> {
    let check = "service offering";
    let there = cloud.list(ListServiceOfferings::default()).await?;
    if there.is_empty() {
        let hint = "an admin has to make one that this account may use";
        return Ok(vec![Finding::fail(check, "no service offering found", hint)]);
    }
    let missing = questions
        .offerings
        .iter()
        .filter(|wanted| !there.iter().any(|row| row.id == **wanted || row.name == **wanted));
    let missing: Vec<_> = missing
        .map(|name| Finding::fail(check, format!("'{name}' not found"), "check the spelling"))
        .collect();
    match missing.is_empty() {
        true => Ok(vec![Finding::ok(check, format!("{} available", there.len()))]),
        false => Ok(missing),
    }
}

async fn networks(
    cloud: &CloudStack,
    zone: Option<&Zone>,
    questions: &Questions,
) -> CloudResult<Vec<Finding>> {
    let there: Vec<Network> = cloud.list(ListNetworks::default()).await?;
    let here = |network: &&Network| {
        zone.is_none_or(|zone| network.zoneid.as_deref().is_none_or(|id| id == zone.id))
    };
    let there: Vec<_> = there.iter().filter(here).collect();
    if zone.is_some_and(|zone| zone.networktype.eq_ignore_ascii_case("basic")) {
        return Ok(vec![Finding::ok("network", "the zone's own")]);
    }
    let asked: Vec<_> =
        questions.networks.iter().map(|wanted| asked_network(cloud, &there, wanted)).collect();
    if !asked.is_empty() {
        return Ok(asked);
    }
    let fits = |network: &&&Network| why_not(cloud, network).is_none();
    let (fit, rest): (Vec<&Network>, Vec<&Network>) = {
        let fit = there.iter().filter(fits).copied().collect();
        (fit, there.iter().filter(|network| !fits(network)).copied().collect())
    };
    Ok(vec![match (fit.is_empty(), rest.is_empty()) {
        (false, _) => Finding::ok("network", format!("with user-data: {}", names(&fit))),
        (true, false) => Finding::fail(
            "network",
            format!("no network gives the user-data that is wanted: {}", names(&rest)),
            "agents get their settings as user-data: make a network from an offering that has \
             it, by virtual router or config drive",
        ),
        (true, true) => Finding::warn(
            "network",
            "no networks found",
            "make one, or let BOSH make one (managed networks)",
        ),
    }])
}

fn asked_network(cloud: &CloudStack, there: &[&Network], wanted: &str) -> Finding {
    let check = format!("network {wanted}");
    let mut named = there.iter().filter(|row| row.id == wanted || row.name == wanted);
    match (named.next(), named.next()) {
        (None, _) => Finding::fail(check, "not found for this account", "check the spelling"),
        (Some(one), Some(other)) => Finding::fail(
            check,
            format!("several networks have that name: {}, {}", one.id, other.id),
            "name it by its id",
        ),
        (Some(network), None) => match why_not(cloud, network) {
            None => Finding::ok(check, format!("{}, with user-data", network.kind)),
            Some(why) => Finding::fail(
                check,
                why,
                "it may not be the first network of a VM; use one from another offering",
            ),
        },
    }
}

fn why_not(cloud: &CloudStack, network: &Network) -> Option<String> {
    UserDataProvider::of(network).mismatch(cloud.properties.user_data)
}

fn names(networks: &[&Network]) -> String {
    networks.iter().map(|network| network.name.as_str()).collect::<Vec<_>>().join(", ")
}

async fn templates(
    cloud: &CloudStack,
    zone: Option<&Zone>,
    questions: &Questions,
) -> CloudResult<Vec<Finding>> {
    let of = ListTemplates { templatefilter: "executable".into(), ..ListTemplates::default() };
    let mut there: Vec<Template> = cloud.list(of).await?;
    there
        .retain(|row| zone.is_none_or(|zone| row.zoneid.as_deref().is_none_or(|id| id == zone.id)));
    if !questions.templates.is_empty() {
        let asked = questions.templates.iter().map(|wanted| asked_template(&there, wanted));
        return Ok(asked.collect());
    }
    let ready = there.iter().filter(|row| row.isready).count();
    Ok(vec![match ready {
        0 => Finding::warn(
            "template",
            "none is ready in the zone",
            "upload a stemcell; a light one needs a template that is ready",
        ),
        ready => Finding::ok("template", format!("{ready} ready in the zone")),
    }])
}

/// A stemcell's CID is a template's id, with a mark where it is a light one.
fn asked_template(there: &[Template], wanted: &str) -> Finding {
    let check = format!("template {wanted}");
    let wanted = wanted.strip_suffix(LIGHT).unwrap_or(wanted);
    let by = if is_id(wanted) { "id" } else { "name" };
    let rows: Vec<_> = there.iter().filter(|row| row.id == wanted || row.name == wanted).collect();
    match rows.iter().find(|row| row.isready).or(rows.first()) {
        None => Finding::fail(
            check,
            "not found in the zone for this account",
            format!("check its {by}"),
        ),
        Some(row) if row.isready => Finding::ok(check, "is ready"),
        Some(row) => Finding::fail(
            check,
            format!("is not ready ({})", row.status.as_deref().unwrap_or("no status")),
            "wait for it; if it does not come, see secondary storage and its VM",
        ),
    }
}
