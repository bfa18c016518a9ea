//! `cpi doctor`: each fault is found, named and hinted at; a healthy cloud has none.

use crate::bench::*;
use cpi_cloudstack::CloudStack;
use cpi_kit::{Finding, Level, Provider, Questions};
use serde_json::{Value, json};
use simulator_cloudstack::state::clock::Clock;
use simulator_cloudstack::{Simulator, World};
use std::time::Duration;

async fn findings(cloud: &CloudStack) -> Vec<Finding> {
    cloud.examine(&Questions::default()).await
}

fn row<'a>(findings: &'a [Finding], check: &str) -> &'a Finding {
    let found = findings.iter().find(|finding| finding.check == check);
    found.unwrap_or_else(|| panic!("no row '{check}' in {findings:#?}"))
}

fn at(findings: &[Finding], level: Level) -> Vec<&str> {
    findings.iter().filter(|row| row.level == level).map(|row| row.check.as_str()).collect()
}

/// Every row that is not well has a hint, and no row a key.
fn check_form(bench: &Bench, findings: &[Finding]) {
    let keys = bench.simulator.credentials(bench.account).unwrap();
    for finding in findings {
        assert_eq!(finding.level == Level::Ok, finding.hint.is_none(), "{finding:?}");
        assert!(finding.hint.as_deref() != Some(""), "{finding:?}");
        let text = format!("{finding:?}");
        assert!(!text.contains(&keys.api_key) && !text.contains(&keys.secret_key), "{text}");
    }
}

/// The only warning of the built-in world is that it speaks no TLS. Nothing is changed.
#[tokio::test]
async fn a_healthy_cloud_is_told_to_be_so() {
    let bench = Bench::new().await;
    let findings = findings(&bench.cloud()).await;
    assert_eq!(at(&findings, Level::Fail), Vec::<&str>::new(), "{findings:#?}");
    assert_eq!(at(&findings, Level::Warn), ["TLS"], "{findings:#?}");
    for check in [
        "endpoint",
        "clock",
        "keys",
        "version",
        "journal",
        "account",
        "limits",
        "role",
        "expunge",
        "secondary storage VM",
        "zone",
        "disk offering",
        "service offering",
        "network",
        "template",
    ] {
        assert_eq!(row(&findings, check).level, Level::Ok, "{check}");
    }
    assert!(row(&findings, "version").found.contains("4.22"));
    assert!(row(&findings, "zone").found.contains("advanced"));
    check_form(&bench, &findings);
    let reading = |command: &String| command.starts_with("list");
    assert!(bench.calls().iter().all(reading));
}

/// What keeps us from the cloud is told alone: all else would be guessing.
#[tokio::test]
async fn a_cloud_that_cannot_be_talked_to_is_told_by_its_reason() {
    let bench = Bench::new().await;
    for (wrong, check) in [
        (json!({"endpoint": "http://127.0.0.1:9/client/api"}), "endpoint"),
        (
            json!({"endpoint": bench.simulator.endpoint().replace("client/api", "nowhere")}),
            "endpoint",
        ),
        (json!({"endpoint": bench.simulator.endpoint().replace("http:", "https:")}), "TLS"),
        (json!({"api_key": "unknown"}), "keys"),
        (json!({"secret_access_key": "wrong"}), "keys"),
        (json!({"endpoint": null}), "config"),
    ] {
        let findings = findings(&bench.cloud_with(wrong.clone())).await;
        assert_eq!(at(&findings, Level::Fail)[0], check, "{wrong}: {findings:#?}");
        assert!(!findings.iter().any(|row| row.check == "zone"), "{findings:#?}");
        check_form(&bench, &findings);
    }
}

/// A wrong clock is the most puzzling reason for refused keys.
#[tokio::test]
async fn a_wrong_clock_is_found() {
    for (ahead, level) in [(3600, Level::Fail), (120, Level::Warn)] {
        let mut clock = Clock::real();
        clock.advance(Duration::from_secs(ahead));
        let world = World::builtin().instant();
        let simulator = Simulator::start_with(world, clock, ([127, 0, 0, 1], 0).into());
        let state = tempfile::tempdir().unwrap();
        let bench = Bench { simulator: simulator.await.unwrap(), state, account: "admin" };
        let findings = findings(&bench.cloud()).await;
        let clock = row(&findings, "clock");
        assert_eq!(clock.level, level, "{clock:?}");
        assert!(clock.found.contains("behind"), "{clock:?}");
        assert_eq!(at(&findings, Level::Fail).contains(&"keys"), level == Level::Fail);
    }
}

/// Each thing that a config can name, named wrong.
#[tokio::test]
async fn what_is_not_there_is_named() {
    let bench = Bench::new().await;
    for (wrong, check, level) in [
        (json!({"default_zone": "moon"}), "zone", Level::Fail),
        (json!({"default_zone": null}), "zone", Level::Warn),
        (json!({"default_offer": {"disk": "nothing"}}), "disk offering", Level::Fail),
        (json!({"default_offer": {"ephemeral_disk": "nothing"}}), "disk offering", Level::Fail),
        (json!({"default_offer": {}}), "disk offering", Level::Warn),
        (json!({"expunge_vm": false}), "expunge", Level::Warn),
        (json!({"project": "nowhere"}), "project", Level::Fail),
        (json!({"user_data": "config_drive"}), "network", Level::Fail),
    ] {
        let findings = findings(&bench.cloud_with(wrong.clone())).await;
        let worst = findings.iter().filter(|row| row.check == check).map(|row| row.level).max();
        assert_eq!(worst, Some(level), "{wrong}: {findings:#?}");
        check_form(&bench, &findings);
    }
}

/// A plain user may neither expunge nor see system VMs, and works nevertheless.
#[tokio::test]
async fn a_plain_user_is_told_what_the_role_lacks() {
    let bench = Bench::of(World::builtin().instant(), "bosh").await;
    let findings = findings(&bench.cloud_with(json!({"default_zone": "advsg2"}))).await;
    assert_eq!(at(&findings, Level::Fail), Vec::<&str>::new(), "{findings:#?}");
    assert!(row(&findings, "account").found.contains("bosh"));
    assert_eq!(row(&findings, "expunge").level, Level::Warn);
    assert!(row(&findings, "secondary storage VM").found.contains("needs admin keys"));
    check_form(&bench, &findings);
}

fn world(change: impl FnOnce(&mut World)) -> World {
    let mut world = World::builtin().instant();
    change(&mut world);
    world
}

/// Faults of the cloud itself.
#[tokio::test]
async fn faults_of_the_cloud_are_found() {
    let no_volumes = |world: &mut World| {
        world.accounts[0].limits.insert("volume".into(), 0);
    };
    let no_addresses = |world: &mut World| {
        world.accounts[0].limits.insert("public_ip".into(), 0);
    };
    let cases: [(World, &str, Level); 7] = [
        (world(no_volumes), "limits", Level::Fail),
        (world(no_addresses), "limits", Level::Warn),
        (world(|it| it.zones[0].enabled = false), "zone", Level::Fail),
        (world(|it| it.zones[0].secondary_storage_vm = None), "secondary storage VM", Level::Warn),
        (
            world(|it| it.zones[0].secondary_storage_vm = Some("Disconnected".into())),
            "secondary storage VM",
            Level::Warn,
        ),
        (world(|it| it.networks.clear()), "network", Level::Warn),
        (world(|it| it.version = "4.9.3.1".into()), "version", Level::Warn),
    ];
    for (world, check, level) in cases {
        let bench = Bench::of(world, "admin").await;
        let findings = findings(&bench.cloud()).await;
        assert_eq!(row(&findings, check).level, level, "{findings:#?}");
        check_form(&bench, &findings);
    }
    let no_templates = world(|it| it.templates.clear());
    let bench = Bench::of(no_templates, "admin").await;
    assert_eq!(row(&findings(&bench.cloud()).await, "template").level, Level::Warn);
}

/// What a person asks about is looked at by its name.
#[tokio::test]
async fn questions_are_answered() {
    let world = World::from_yaml(include_str!("worlds/user_data.yaml")).unwrap();
    let bench = Bench::of(world, "admin").await;
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let questions = Questions {
        networks: of(&["router", "l2", "nowhere"]),
        offerings: of(&["Small Instance", "Huge"]),
        templates: of(&["stemcell", &format!("{TEMPLATE} light"), NOWHERE]),
    };
    let findings = bench.cloud().examine(&questions).await;
    let level = |check: &str| row(&findings, check).level;
    assert_eq!(level("network router"), Level::Ok);
    assert_eq!(level("network l2"), Level::Fail);
    assert_eq!(level("network nowhere"), Level::Fail);
    assert!(row(&findings, "service offering").found.contains("Huge"));
    assert_eq!(level("template stemcell"), Level::Ok);
    assert_eq!(level(&format!("template {TEMPLATE} light")), Level::Ok);
    assert_eq!(level(&format!("template {NOWHERE}")), Level::Fail);
    check_form(&bench, &findings);
}

/// A project's own limits count, not its members'.
#[tokio::test]
async fn a_project_is_examined() {
    let world = World::from_yaml(include_str!("worlds/projects.yaml")).unwrap();
    let bench = Bench::of(world, "bosh").await;
    let told = findings(&bench.cloud_with(json!({"project": "platform"}))).await;
    assert!(row(&told, "account").found.contains("project platform (Active)"), "{told:#?}");
    let json: Value = serde_json::to_value(&told).unwrap();
    assert!(json.as_array().unwrap().iter().all(|row| row["level"].is_string()));
}
