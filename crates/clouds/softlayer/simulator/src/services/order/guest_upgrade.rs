//! Orders of more cores, memory or disks for a guest that is there.

use crate::engine::{Exception, number};
use crate::services::order::prices::Prices;
use crate::state::Cloud;
use crate::state::catalogue::GUESTS;
use crate::state::order::{GuestUpgrade, Purchase};
use serde_json::Value;

pub fn read(cloud: &Cloud, raw: &Value) -> Result<Purchase, Exception> {
    let id = number(&raw["virtualGuests"][0]["id"]).unwrap_or_default();
    let guest = cloud.guests.get(&id).ok_or_else(|| Exception::not_found(id))?;
    if guest.transaction.is_some() || guest.provisioned.is_none() {
        return Err(Exception::public(format!(
            "The virtual guest {id} has an active transaction."
        )));
    }
    let windows = raw["properties"].as_array().into_iter().flatten();
    if !windows.into_iter().any(|it| it["name"] == "MAINTENANCE_WINDOW") {
        return Err(Exception::public("A maintenance window is required for upgrades."));
    }
    let mut upgrade = GuestUpgrade { guest: id, ..GuestUpgrade::default() };
    let preset = number(&raw["presetId"]);
    if let Some(preset) = preset {
        let flavor = cloud.world.flavors.iter().find(|flavor| flavor.id == preset);
        let flavor =
            flavor.ok_or_else(|| Exception::public(format!("Invalid preset: {preset}.")))?;
        upgrade.cores = Some(flavor.cores);
        upgrade.memory = Some(flavor.memory);
        upgrade.flavor = Some(flavor.key_name.clone());
    } else if guest.flavor.is_some() {
        return Err(Exception::public("A guest of a flavor needs the presetId of one."));
    }
    if preset.is_none() || raw["prices"].as_array().is_some_and(|prices| !prices.is_empty()) {
        let prices = Prices::read(cloud, raw, GUESTS)?;
        for (price, item) in prices.all() {
            let capacity: u64 = item.capacity.parse().unwrap_or_default();
            match price.category.as_str() {
                "guest_core" => upgrade.cores = Some(capacity),
                "ram" => upgrade.memory = Some(capacity << 10),
                category => {
                    let Some(number) = category.strip_prefix("guest_disk") else { continue };
                    let number: u64 = number.parse().unwrap_or_default();
                    // The second disk is device 2: swap is device 1.
                    upgrade.disks.push((if number == 0 { 0 } else { number + 1 }, capacity));
                }
            }
        }
    }
    let same = upgrade.cores.is_none_or(|cores| cores == guest.cores)
        && upgrade.memory.is_none_or(|memory| memory == guest.memory)
        && upgrade.disks.iter().all(|(device, gb)| {
            guest.disks.iter().any(|disk| disk.device == *device && disk.gb == *gb)
        });
    if same {
        return Err(Exception::public("A current price was provided for the upgrade order."));
    }
    Ok(Purchase::GuestUpgrade(upgrade))
}
