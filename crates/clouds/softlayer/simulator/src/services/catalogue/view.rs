//! What is told of packages, items and prices.

use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::state::catalogue::{FLAVORS, HARDWARE, Item, Package, Price};
use crate::world::PresetSpec;
use serde_json::{Value, json};

pub fn read(cloud: &Cloud, package: &Package, name: &str) -> Node {
    let items = || package.items.iter().filter_map(|id| cloud.items.get(id));
    match name {
        "id" => package.id.into(),
        "description" | "name" => package.name.into(),
        "firstOrderStepId" | "isActive" | "unitSize" => 1.into(),
        "keyName" => package.key_name.into(),
        "statusCode" => "ACTIVE".into(),
        "type" => json!({"keyName": package.type_name, "name": package.type_name}).into(),
        "items" => Node::Many(package.items.iter().map(|id| ObjectRef::Item(*id)).collect()),
        "itemPrices" => Node::Many(
            items().flat_map(|item| &item.prices).map(|id| ObjectRef::Price(*id)).collect(),
        ),
        "categories" => {
            let prices =
                items().flat_map(|item| &item.prices).filter_map(|id| cloud.prices.get(id));
            let mut codes: Vec<&str> = Vec::new();
            for price in prices {
                if !codes.contains(&price.category.as_str()) {
                    codes.push(&price.category);
                }
            }
            Value::from_iter(codes.into_iter().map(category)).into()
        }
        "activePresets" => presets(cloud, package).into(),
        _ => Value::Null.into(),
    }
}

fn presets(cloud: &Cloud, package: &Package) -> Value {
    let world = &cloud.world;
    let presets = match package.id {
        HARDWARE => &world.hardware_presets,
        FLAVORS => &world.flavors,
        _ => return json!([]),
    };
    let preset = |it: &PresetSpec| {
        json!({
            "id": it.id,
            "description": it.key_name.replace('_', " "),
            // A flag, as a text.
            "isActive": "1",
            "keyName": it.key_name,
            "name": it.key_name,
            "packageId": package.id,
            "prices": [],
        })
    };
    presets.iter().map(preset).collect()
}

fn category(code: &str) -> Value {
    let id: u64 = code.bytes().map(u64::from).sum();
    json!({"id": id, "categoryCode": code, "name": code.replace('_', " "), "quantityLimit": 0})
}

pub fn read_item(_: &Cloud, item: &Item, name: &str) -> Node {
    let bound = |of: fn((u64, u64)) -> u64| json!(item.from_to.map(|it| of(it).to_string()));
    match name {
        "id" => item.id.into(),
        // Numbers, as texts.
        "capacity" => item.capacity.as_str().into(),
        "capacityMinimum" => bound(|(from, _)| from).into(),
        "capacityMaximum" => bound(|(_, to)| to).into(),
        "description" => item.description.as_str().into(),
        "keyName" => item.key_name.as_str().into(),
        "units" => item.units.into(),
        "itemCategory" => category(item.category).into(),
        "categories" => json!([category(item.category)]).into(),
        "attributes" => {
            let attribute = |(value, n): (&String, u64)| json!({"id": item.id * 10 + n, "itemId": item.id, "value": value});
            Value::from_iter(item.attributes.iter().zip(1..).map(attribute)).into()
        }
        "prices" => Node::Many(item.prices.iter().map(|id| ObjectRef::Price(*id)).collect()),
        _ => Value::Null.into(),
    }
}

pub fn read_price(cloud: &Cloud, price: &Price, name: &str) -> Node {
    match name {
        "id" => price.id.into(),
        "itemId" => price.item.into(),
        "locationGroupId" => json!(price.location_group).into(),
        "hourlyRecurringFee" => json!(price.billing.allows(true).then_some("0")).into(),
        "recurringFee" => json!(price.billing.allows(false).then_some("0")).into(),
        "laborFee" | "oneTimeFee" | "setupFee" => "0".into(),
        "onSaleFlag" => false.into(),
        "sort" => 0.into(),
        "capacityRestrictionType" => json!(price.restriction.map(|it| it.0)).into(),
        "capacityRestrictionMinimum" => json!(price.restriction.map(|it| it.1.to_string())).into(),
        "capacityRestrictionMaximum" => json!(price.restriction.map(|it| it.2.to_string())).into(),
        "attributes" => match cloud.items.get(&price.item) {
            Some(item) => read_item(cloud, item, name),
            None => json!([]).into(),
        },
        "categories" => json!([category(&price.category)]).into(),
        "item" => Node::One(Some(ObjectRef::Item(price.item))),
        _ => Value::Null.into(),
    }
}
