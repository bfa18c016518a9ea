//! `getCreateObjectOptions`: what a guest can be.

use crate::engine::{Answer, Call, Exception};
use crate::object_ref::ObjectRef;
use crate::services::guest::template::CAPACITIES;
use crate::state::Cloud;
use crate::state::catalogue::GUESTS;
use crate::world::PresetSpec;
use serde_json::{Value, json};

pub fn create_object_options(cloud: &mut Cloud, _: &Call) -> Result<Answer, Exception> {
    let world = &cloud.world;
    let datacenters: Value = world
        .datacenters
        .iter()
        .map(|it| json!({"template": {"datacenter": {"name": it.name}}}))
        .collect();
    let disks = |device: &'static str| {
        CAPACITIES.iter().filter(move |gb| device != "0" || [25, 100].contains(*gb)).map(
            move |gb| {
                json!({
                    "itemPrice": price(format!("{gb} GB (SAN)")),
                    "template": {"localDiskFlag": false, "blockDevices": [
                        {"device": device, "diskImage": {"capacity": gb}},
                    ]},
                })
            },
        )
    };
    let processors = [1, 2, 4, 8, 12, 16, 32, 48, 56].map(|n: u64| {
        json!({"itemPrice": price(format!("{n} x 2.0 GHz or higher Cores")), "template": {"startCpus": n}})
    });
    let memory = [1, 2, 4, 6, 8, 12, 16, 32, 48, 64, 96, 128, 192, 242].map(|gb: u64| {
        json!({"itemPrice": price(format!("{gb} GB")), "template": {"maxMemory": gb << 10}})
    });
    let speeds = [10, 100, 1000].map(|n: u64| {
        json!({
            "itemPrice": price(format!("{n} Mbps Public & Private Network Uplinks")),
            "template": {"networkComponents": [{"maxSpeed": n}]},
        })
    });
    let systems = ["UBUNTU_22_64", "UBUNTU_24_64", "DEBIAN_12_64"].map(|code| {
        json!({
            "itemPrice": price(code.to_owned()),
            "template": {"operatingSystemReferenceCode": code},
        })
    });
    Ok(Answer::Value(json!({
        "datacenters": datacenters,
        "blockDevices": disks("0").chain(disks("2")).collect::<Vec<_>>(),
        "processors": processors,
        "memory": memory,
        "networkComponents": speeds,
        "operatingSystems": systems,
        "flavors": world.flavors.iter().map(flavor).collect::<Vec<_>>(),
    })))
}

fn price(description: String) -> Value {
    json!({"hourlyRecurringFee": "0", "recurringFee": "0", "item": {"description": description}})
}

fn flavor(flavor: &PresetSpec) -> Value {
    json!({
        "flavor": {
            "id": flavor.id,
            "keyName": flavor.key_name,
            "name": flavor.key_name.replace('_', "."),
            "totalMinimumHourlyFee": format!("{:.3}", flavor.cores as f64 * 0.02),
        },
        "template": {"supplementalCreateObjectOptions": {"flavorKeyName": flavor.key_name}},
    })
}

/// The prices at which a guest can become something else.
pub fn upgrade_item_prices(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    call.id()?;
    let prices = cloud.prices.values().filter(|price| price.package == GUESTS);
    let things = prices.map(|price| ObjectRef::Price(price.id)).collect();
    Ok(Answer::Many("SoftLayer_Product_Item_Price", things))
}
