//! Scenarios of heavy stemcells: each way of an image into the cloud.

use super::images::Images;
use super::inventory::Inventory;
use super::stage::Stage;
use anyhow::Result;
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
