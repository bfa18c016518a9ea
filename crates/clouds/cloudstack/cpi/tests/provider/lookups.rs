//! The cache of lookups: it heals itself, and holds no secret.

use crate::bench::*;
use serde_json::json;
use std::fs;

/// An offering was deleted and made anew under its name: the remembered id has gone stale.
#[tokio::test]
async fn a_stale_id_is_looked_up_afresh() {
    let bench = Bench::new().await;
    bench.vm().await;
    bench.disk().await;
    let files: Vec<_> = fs::read_dir(bench.state.path().join("lookups")).unwrap().collect();
    let file = files.into_iter().map(|file| file.unwrap().path());
    let file = file.filter(|path| path.extension().is_some_and(|e| e == "json")).last().unwrap();
    let text = fs::read_to_string(&file).unwrap();
    for row in ["Small Instance", "Custom", "bosh-net", "adv"] {
        let mut rows: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (key, stale) in rows["rows"].as_object_mut().unwrap() {
            if key.ends_with(&format!("\n{row}")) {
                let value = &mut stale["value"];
                let value = if value.is_array() { &mut value[0] } else { value };
                value["id"] = json!(NOWHERE);
            }
        }
        fs::write(&file, rows.to_string()).unwrap();
        bench.vm().await;
        fs::write(&file, rows.to_string()).unwrap();
        if row == "Custom" || row == "adv" {
            bench.disk().await;
        }
        bench.vm().await;
        bench.calls();
        bench.vm().await;
        assert_eq!(bench.calls(), ["deployVirtualMachine"], "{row}: healed");
    }
}

/// A refusal that has nothing to do with ids is not sent again.
#[tokio::test]
async fn a_refusal_of_what_is_fresh_is_final() {
    let bench = Bench::new().await;
    bench.vm().await;
    bench.calls();
    let arguments = vm_arguments(json!({"key_name": "nobody"}), json!({}));
    bench.ask("create_vm", arguments).await.unwrap_err();
    let deploys = bench.calls().iter().filter(|call| *call == "deployVirtualMachine").count();
    assert_eq!(deploys, 1);
}

/// One folder may serve several clouds and accounts.
#[tokio::test]
async fn accounts_do_not_share_lookups() {
    let bench = Bench::new().await;
    bench.vm().await;
    let user = Bench { account: "bosh", ..bench };
    let error = user.ask("create_vm", vm_arguments(json!({}), json!({}))).await.unwrap_err();
    assert!(error.message.contains("'bosh-net' not found"), "{error}");
}
