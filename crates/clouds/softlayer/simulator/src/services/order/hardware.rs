//! Orders of hardware servers.

use crate::engine::{Exception, flag, number, words};
use crate::services::catalogue::NEEDED;
use crate::services::order::prices::Prices;
use crate::state::Cloud;
use crate::state::catalogue::HARDWARE;
use crate::state::order::{NewServer, Purchase};
use crate::world::Space;
use serde_json::Value;

pub fn read(cloud: &Cloud, raw: &Value) -> Result<Purchase, Exception> {
    let prices = Prices::read(cloud, raw, HARDWARE)?;
    let hourly = flag(&raw["useHourlyPricing"]);
    if let Some((price, item)) = prices.all().find(|(price, _)| !price.billing.allows(hourly)) {
        let billing = if hourly { "hourly" } else { "monthly" };
        return Err(Exception::public(format!(
            "Price # {} ({}) is not valid for {billing} billing.",
            price.id, item.key_name
        )));
    }
    for category in NEEDED {
        prices.needed(category)?;
    }
    let (_, os) = prices.needed("os")?;
    let (_, port) = prices.needed("port_speed")?;
    let preset = number(&raw["presetId"])
        .and_then(|id| cloud.world.hardware_presets.iter().find(|it| it.id == id))
        .ok_or_else(|| Exception::public("The order has no valid presetId."))?
        .clone();
    let location = number(&raw["location"]).unwrap_or_default();
    if !cloud.locations.contains_key(&location) {
        return Err(Exception::public(format!("Location {location} is not valid.")));
    }
    let server = &raw["hardware"][0];
    let text = |name: &str| {
        let text = words(&server[name]).map(str::to_owned);
        text.ok_or_else(|| Exception::public(format!("The hardware has no {name}.")))
    };
    let private_only = !port.key_name.contains("PUBLIC");
    let keys = raw["sshKeys"][0]["sshKeyIds"].as_array().into_iter().flatten();
    let ssh_keys = keys
        .map(|id| {
            let id = number(id).unwrap_or_default();
            cloud.ssh_keys.contains_key(&id).then_some(id).ok_or_else(|| Exception::not_found(id))
        })
        .collect::<Result<_, _>>()?;
    let scripts = raw["provisionScripts"].as_array().into_iter().flatten();
    let user_data = server["userData"][0]["value"].as_str().map(str::to_owned);
    Ok(Purchase::Server(Box::new(NewServer {
        hostname: text("hostname")?,
        domain: text("domain")?,
        location,
        preset,
        hourly,
        private: vlan(cloud, &server["primaryBackendNetworkComponent"], Space::Private, location)?,
        public: match private_only {
            true => None,
            false => {
                Some(vlan(cloud, &server["primaryNetworkComponent"], Space::Public, location)?)
            }
        },
        os: os.description.clone(),
        ssh_keys,
        scripts: scripts.filter_map(|it| it.as_str().map(str::to_owned)).collect(),
        user_data,
    })))
}

fn vlan(
    cloud: &Cloud,
    component: &Value,
    space: Space,
    location: u64,
) -> Result<(u64, u64), Exception> {
    let wanted = number(&component["networkVlan"]["id"]);
    let mut fitting = cloud
        .vlans
        .values()
        .filter(|vlan| vlan.spec.space == space && vlan.location == location)
        .filter(|vlan| wanted.is_none_or(|id| vlan.id == id));
    let vlan = fitting.next().ok_or_else(|| {
        Exception::public(format!("There is no such {} VLAN.", space.name().to_lowercase()))
    })?;
    Ok((vlan.id, vlan.primary_subnet()))
}
