//! `stemcell.reuse`: one template for several stemcells of the same image; and what gc makes of
//! templates.

use crate::bench::*;
use crate::stemcell_stage::Stage;
use cpi_kit::{GcPolicy, Persistent, Provider, Verdict};
use serde_json::{Value, json};
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use std::path::Path;

async fn again(stage: &Stage, image: &Path) -> String {
    stage.create(image, json!({"stemcell": {"reuse": true}}), json!({})).await.unwrap()
}

async fn delete(stage: &Stage, cid: &str) {
    stage.bench.ask("delete_stemcell", json!([cid])).await.unwrap();
}

/// A director deletes stemcells one by one, in any order, and perhaps twice: the template goes
/// with the last of them, and VMs are made from each until then.
#[tokio::test]
async fn a_template_goes_with_its_last_stemcell() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let stage = Stage::new().await;
        let image = stage.image();
        let mut cids = Vec::new();
        for _ in 0..3 {
            cids.push(again(&stage, &image).await);
        }
        assert_eq!(stage.templates().len(), 1, "one template for {cids:?}");
        assert!(cids[1] != cids[2] && cids[1].starts_with(&format!("{} again-", cids[0])));
        for (at, which) in order.into_iter().enumerate() {
            let left = stage.templates();
            assert_eq!(left.len(), 1, "{order:?}: gone before its last stemcell");
            let mut vm = vm_arguments(json!({}), json!({}));
            vm[1] = json!(cids[which]);
            let vm = stage.bench.ask("create_vm", vm).await.unwrap()[0].clone();
            stage.bench.ask("delete_vm", json!([vm])).await.unwrap();
            delete(&stage, &cids[which]).await;
            if at < 2 {
                delete(&stage, &cids[which]).await;
            }
        }
        stage.assert_empty(&format!("{order:?}"));
    }
}

/// Who deletes and who takes may come at once: whoever has got a stemcell has its template, and
/// once all are deleted nothing is left.
#[tokio::test]
async fn taking_and_deleting_at_once_loses_nothing() {
    let stage = Stage::new().await;
    let image = stage.image();
    let id = |cid: &str| cid.split(' ').next().unwrap().to_owned();
    for round in 0..8 {
        let first = again(&stage, &image).await;
        let (second, ()) = tokio::join!(again(&stage, &image), delete(&stage, &first));
        let there: Vec<_> = stage.templates().iter().map(|row| row["id"].clone()).collect();
        assert!(there.contains(&json!(id(&second))), "{round}: {second} of {there:?}");
        let third = again(&stage, &image).await;
        tokio::join!(delete(&stage, &second), delete(&stage, &third));
        stage.assert_empty(&format!("{round}: {first}, {second}, {third}"));
    }
}

/// What would not be made alike now is made anew.
#[tokio::test]
async fn another_template_is_not_used() {
    let stage = Stage::new().await;
    let image = stage.image();
    let first = again(&stage, &image).await;
    let other = stage.file("other", &[&std::fs::read(&image).unwrap()[..], &[1]].concat());
    let reuse = |more: Value| {
        let mut stemcell = json!({"reuse": true});
        for (key, value) in more.as_object().unwrap() {
            stemcell[key] = value.clone();
        }
        json!({"stemcell": stemcell})
    };
    for (file, plugin) in [
        (&other, reuse(json!({}))),
        (&image, json!({})),
        (&image, reuse(json!({"public_visibility": false}))),
        (&image, reuse(json!({"os_type": "CentOS 5.6 (64-bit)"}))),
        (&image, reuse(json!({"zones": ["adv", "basic"]}))),
    ] {
        let cid = stage.create(file, plugin.clone(), json!({})).await.unwrap();
        assert!(!cid.contains("again") && cid != first, "{plugin}: {cid}");
        delete(&stage, &cid).await;
    }
    // Nor one whose first stemcell is deleted, however many others there are.
    let second = again(&stage, &image).await;
    delete(&stage, &first).await;
    let third = again(&stage, &image).await;
    assert!(second.starts_with(&first) && !third.starts_with(&first), "{third}");
    delete(&stage, &second).await;
    delete(&stage, &third).await;
    stage.assert_empty("all deleted");
}

/// A wrong checksum is wrong also where a template of the image is there.
#[tokio::test]
async fn a_checksum_is_checked_before_a_template_is_used_again() {
    let stage = Stage::new().await;
    let image = stage.image();
    again(&stage, &image).await;
    let plugin = json!({"stemcell": {"reuse": true}});
    let about = json!({"sha1": "0".repeat(40)});
    let error = stage.create(&image, plugin, about).await.unwrap_err();
    assert!(error.message.contains("SHA-1"), "{error}");
}

/// A template that waits for its image for ever is garbage; one that is ready is a person's to
/// judge, and one that others are made from is kept.
#[tokio::test]
async fn gc_tells_half_made_templates_from_stemcells() {
    let stage = Stage::new().await;
    let image = stage.image();
    let first = again(&stage, &image).await;
    // The upload fails, and so does every try to undo it: then the journal is lost.
    let fail = |command: &str| Fault {
        command: command.to_owned(),
        occurrence: 1,
        times: 100,
        when: When::Before,
        kind: FaultKind::Unavailable,
    };
    stage.bench.simulator.declare_faults(vec![fail("upload"), fail("deleteTemplate")]);
    let other = stage.file("other", &[&std::fs::read(&image).unwrap()[..], &[1]].concat());
    let plugin = json!({"ledger": {"horizon": 0, "budget": 0}});
    stage.create(&other, plugin, json!({})).await.unwrap_err();
    stage.bench.simulator.declare_faults(Vec::new());
    assert_eq!(stage.templates().len(), 2, "{:?}", stage.templates());
    for entry in std::fs::read_dir(stage.bench.state.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap();
        }
    }

    let policy = GcPolicy::default();
    let look = async |policy: &GcPolicy| {
        let found = stage.bench.cloud().garbage(policy).await.unwrap();
        let mut found: Vec<_> =
            found.into_iter().filter(|it| it.kind.ends_with("stemcell")).collect();
        found.sort_by_key(|it| it.kind);
        found
    };
    let found = look(&policy).await;
    let told: Vec<_> = found.iter().map(|it| (it.kind, it.verdict)).collect();
    assert_eq!(told, [("half-made stemcell", Verdict::Delete), ("stemcell", Verdict::List)]);
    let young = GcPolicy { older_than: std::time::Duration::from_secs(3600), ..policy.clone() };
    assert_eq!(look(&young).await[0].verdict, Verdict::List, "too young");
    let persistent = GcPolicy { persistent: Persistent::Included, ..policy.clone() };
    assert_eq!(look(&persistent).await[1].verdict, Verdict::Delete);
    let second = again(&stage, &image).await;
    assert_eq!(look(&persistent).await[1].verdict, Verdict::Keep, "{second} is made from it");

    stage.bench.cloud().delete_garbage(&found[0]).await.unwrap();
    let left: Vec<_> = stage.templates().into_iter().map(|row| row["id"].clone()).collect();
    assert_eq!(left, [json!(first)]);
}
