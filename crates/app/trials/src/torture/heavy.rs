//! Scenarios of heavy stemcells: each way of an image into the cloud.

use super::images::Images;
use super::inventory::Inventory;
use super::scenario;
use super::stage::Stage;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The zone of the config.
const ZONE: &str = "adv";

/// A stemcell that is sent to the storage VM.
pub fn upload(stage: &Stage) -> Result<Value> {
    stage.over_config("stemcell", json!({"route": "upload"}));
    arguments(stage)
}

/// A stemcell that goes to a second zone, too.
pub fn two_zones(stage: &Stage) -> Result<Value> {
    stage.over_config("stemcell", json!({"route": "upload", "zones": [ZONE, "basic"]}));
    arguments(stage)
}

/// A stemcell that the cloud fetches.
pub fn url(stage: &Stage) -> Result<Value> {
    let url = format!("http://{}/{{name}}.{{extension}}", Images::HOST);
    stage.over_config("stemcell", json!({"route": "url", "url_template": url}));
    arguments(stage)
}

/// A stemcell that the CPI publishes for as long as the cloud fetches it.
pub fn published(stage: &Stage) -> Result<Value> {
    stage.give_shelf()?;
    arguments(stage)
}

/// A stemcell that is written onto a volume of the VM on which the CPI runs.
pub fn volume(stage: &Stage) -> Result<Value> {
    let created = stage.ask("create_vm", scenario::new_vm(stage)?)?;
    let vm = created[0].as_str().context("no VM")?;
    let disks = stage.folder("by-id")?;
    stage.cloudstack()?.running.cloud().show_disks(vm, &disks);
    stage.over_config(
        "stemcell",
        json!({"route": "volume", "zones": [ZONE, "basic"],
               "volume": {"vm": vm, "disk_offering": "Custom", "device_directory": disks}}),
    );
    arguments(stage)
}

/// A second stemcell of the same template.
pub fn again(stage: &Stage) -> Result<Value> {
    stage.over_config("stemcell", json!({"route": "upload", "reuse": true}));
    stage.try_method("create_stemcell", &arguments(stage)?)?;
    arguments(stage)
}

/// The last of several stemcells of one template.
pub fn last(stage: &Stage) -> Result<Value> {
    let second = again(stage)?;
    let second = stage.try_method("create_stemcell", &second)?;
    let first = second.as_str().and_then(|cid| cid.split(' ').next()).context("no template")?;
    stage.try_method("delete_stemcell", &json!([first]))?;
    Ok(json!([second]))
}

/// Without the template of the stemcell.
pub fn minus_template(before: &Inventory, arguments: &Value, _: &Value) -> Inventory {
    let cid = arguments[0].as_str().unwrap_or_default();
    before.without(cid.split(' ').next().unwrap_or_default())
}

/// With one stemcell more of the template that is there.
pub fn plus_mark(before: &Inventory, _: &Value, result: &Value) -> Inventory {
    let template = result.as_str().and_then(|cid| cid.split(' ').next()).unwrap_or_default();
    before.without(template).with_marked_template(template, ZONE)
}

/// A stemcell that was imported.
pub fn imported(stage: &Stage) -> Result<Value> {
    upload(stage)?;
    Ok(json!([stage.try_method("create_stemcell", &arguments(stage)?)?]))
}

fn arguments(stage: &Stage) -> Result<Value> {
    let about = json!({"name": "bosh-cloudstack-kvm-ubuntu-noble", "version": "1.1"});
    Ok(json!([stage.image()?, about, {"tags": {"made": "by torture"}}]))
}

/// With the template.
pub fn plus_template(before: &Inventory, _: &Value, result: &Value) -> Inventory {
    before.with_template(result.as_str().unwrap_or_default(), ZONE)
}

/// With the template in both zones.
pub fn plus_two(before: &Inventory, arguments: &Value, result: &Value) -> Inventory {
    let one = plus_template(before, arguments, result);
    one.with_template(result.as_str().unwrap_or_default(), "basic")
}
