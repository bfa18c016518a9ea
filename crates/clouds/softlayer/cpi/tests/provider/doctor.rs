//! `cpi doctor`: what is well, and what would stop a deployment, in words that help.

use crate::bench::*;
use cpi_kit::{Finding, Level, Provider, Questions};
use serde_json::{Value, json};

async fn examine(bench: &Bench, more: Value, questions: Questions) -> Vec<Finding> {
    bench.cloud(more).examine(&questions).await
}

fn of<'a>(findings: &'a [Finding], check: &str) -> &'a Finding {
    let found = findings.iter().find(|finding| finding.check == check);
    found.unwrap_or_else(|| panic!("no {check} in {findings:?}"))
}

#[tokio::test]
async fn all_is_well_in_the_built_in_account() {
    let bench = Bench::new();
    let questions = Questions {
        networks: vec![PRIVATE_VLAN.to_string()],
        offerings: vec!["B1_4X8X100".into()],
        templates: vec![IMAGE.into()],
    };
    let findings = examine(&bench, json!({}), questions).await;
    let bad: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Fail).collect();
    assert!(bad.is_empty(), "{bad:?}");
    assert!(findings.len() >= 10, "{findings:?}");
    assert!(!bench.calls().iter().any(|call| call.ends_with("placeOrder")), "it changes nothing");
}

/// A user who may read only would fail the first deployment.
#[tokio::test]
async fn a_user_who_may_not_order_is_told() {
    let bench = Bench::new();
    let reader = json!({"username": "reader", "api_key": "reader-api-key"});
    let findings = examine(&bench, reader, Questions::default()).await;
    assert_eq!(of(&findings, "keys").level, Level::Ok);
    let orders = of(&findings, "orders");
    assert_eq!(orders.level, Level::Fail);
    assert!(orders.hint.as_ref().unwrap().contains("permissions"), "{orders:?}");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let bench = Bench::new();
    let wrong_key = json!({"api_key": "wrong"});
    let findings = examine(&bench, wrong_key, Questions::default()).await;
    assert_eq!(of(&findings, "keys").level, Level::Fail);
    assert!(findings.iter().all(|finding| finding.check != "data center"), "nothing else is asked");

    let nowhere = json!({"api_endpoint": "http://127.0.0.1:1/rest/v3.1"});
    let findings = examine(&bench, nowhere, Questions::default()).await;
    assert_eq!(of(&findings, "endpoint").level, Level::Fail);

    let findings = examine(&bench, json!({"username": ""}), Questions::default()).await;
    assert!(of(&findings, "config").found.contains("softlayer.username"), "{findings:?}");

    let questions = Questions {
        networks: vec!["1".into(), "bosh".into()],
        offerings: vec!["B9_1X1X1".into()],
        templates: vec!["1".into()],
    };
    let far = json!({"default_datacenter": "nowhere"});
    let findings = examine(&bench, far, questions).await;
    for check in ["data center", "VLAN 1", "VLAN bosh", "flavor B9_1X1X1", "image 1"] {
        assert_eq!(of(&findings, check).level, Level::Fail, "{check}");
    }
}
