//! The catalogue of storage as a service is that of the real one.

use serde_json::{Value, json};
use simulator_softlayer::{Simulator, World};
use std::collections::BTreeMap;
use std::path::Path;

const RECORDED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../../../shared/softlayer/staas_759_catalog_min.json"
);

/// What an item is, without ids: those are the service's own.
fn shown(items: &Value) -> BTreeMap<String, Value> {
    let mut shown = BTreeMap::new();
    for item in items.as_array().into_iter().flatten() {
        let mut prices: Vec<String> = item["prices"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|price| price["locationGroupId"].is_null())
            .map(|price| {
                json!([
                    price["categories"][0]["categoryCode"],
                    price["capacityRestrictionType"],
                    price["capacityRestrictionMinimum"],
                    price["capacityRestrictionMaximum"],
                ])
                .to_string()
            })
            .collect();
        prices.sort();
        let values: Vec<&Value> =
            item["attributes"].as_array().into_iter().flatten().map(|it| &it["value"]).collect();
        let name = item["keyName"].as_str().unwrap_or_default().to_owned();
        let told = json!({
            "description": item["description"], "capacity": item["capacity"],
            "from": item["capacityMinimum"], "to": item["capacityMaximum"],
            "units": item["units"], "category": item["itemCategory"]["categoryCode"],
            "attributes": values, "prices": prices,
        });
        shown.insert(name, told);
    }
    shown
}

/// Made from ranges, it comes out item by item and price by price as it was recorded.
#[test]
fn the_catalogue_is_as_it_was_recorded() {
    if !Path::new(RECORDED).exists() {
        eprintln!("skipped: there is no recorded catalogue at {RECORDED}");
        return;
    }
    let text = std::fs::read_to_string(RECORDED).expect("it can be read");
    let recorded: Value = serde_json::from_str(&text).expect("it is JSON");
    let cloud = Simulator::spawn_thread(World::builtin().instant(), ([127, 0, 0, 1], 0).into())
        .expect("a free port");
    let mask = "mask[keyName,description,capacity,capacityMinimum,capacityMaximum,units,\
                itemCategory.categoryCode,attributes.value,prices[locationGroupId,\
                capacityRestrictionType,capacityRestrictionMinimum,capacityRestrictionMaximum,\
                categories.categoryCode]]";
    let path = format!("SoftLayer_Product_Package/759/getItems?objectMask={mask}");
    let (status, ours) = cloud.call(&path, &[]);
    assert_eq!(status, 200, "{ours}");
    let (ours, theirs) = (shown(&ours), shown(&recorded["items"]));
    for (name, item) in &theirs {
        assert_eq!(ours.get(name), Some(item), "{name}");
    }
    assert_eq!(ours.len(), theirs.len());
}
