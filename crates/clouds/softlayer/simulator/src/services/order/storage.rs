//! Orders of volumes, and of other sizes and speeds of them.

use crate::engine::{Exception, flag, number, words};
use crate::services::order::prices::Prices;
use crate::state::Cloud;
use crate::state::billing::Resource;
use crate::state::catalogue::{PERFORMANCE, STAAS};
use crate::state::order::{NewVolume, Purchase};
use crate::state::speed::{Speed, Tier};
use serde_json::Value;

/// A new volume.
pub fn read(cloud: &Cloud, raw: &Value) -> Result<Purchase, Exception> {
    let prices = Prices::read(cloud, raw, STAAS)?;
    prices.needed("storage_as_a_service")?;
    prices.needed("storage_block")?;
    let gb = number(&raw["volumeSize"])
        .ok_or_else(|| Exception::public("The order has no volumeSize."))?;
    let speed = speed(&prices, raw, gb)?;
    let snapshot_gb = snapshot_gb(&prices, speed)?;
    if words(&raw["osFormatType"]["keyName"]) != Some("LINUX") {
        return Err(Exception::public("The osFormatType of the order is invalid."));
    }
    let origin = origin(cloud, raw, gb)?;
    Ok(Purchase::Volume(NewVolume {
        location: place(cloud, raw)?,
        gb,
        speed,
        snapshot_gb,
        hourly: flag(&raw["useHourlyPricing"]),
        origin,
        legacy: false,
    }))
}

/// A data centre that takes orders, within the account's limit.
fn place(cloud: &Cloud, raw: &Value) -> Result<u64, Exception> {
    let location = number(&raw["location"]).unwrap_or_default();
    if !cloud.locations.contains_key(&location) {
        return Err(Exception::public(format!("Location {location} is not valid.")));
    }
    if raw.get("quantity").and_then(number) != Some(1) {
        return Err(Exception::public("The quantity of a storage order has to be 1."));
    }
    let there = cloud.volumes.values().filter(|volume| volume.snapshot_of().is_none()).count();
    if there >= cloud.world.settings.volumes {
        return Err(Exception::public("The limit of storage volumes of this account is reached."));
    }
    Ok(location)
}

/// Space and speed have to fit one another, and both the size.
fn speed(prices: &Prices, raw: &Value, gb: u64) -> Result<Speed, Exception> {
    let (space_price, space) = prices.needed("performance_storage_space")?;
    let wrong = || {
        Exception::public(format!(
            "The volume size {gb} GB does not fit the storage space {}.",
            space.key_name
        ))
    };
    let (least, most) = space.range().ok_or_else(wrong)?;
    if !(least..=most).contains(&gb) {
        return Err(wrong());
    }
    let speed = match (prices.of("performance_storage_iops"), prices.of("storage_tier_level")) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(Exception::public("The order needs a price of either IOPS or a tier."));
        }
        (Some((price, item)), None) => {
            let iops =
                number(&raw["iops"]).ok_or_else(|| Exception::public("The order has no iops."))?;
            let fits = item.range().is_some_and(|(a, b)| (a..=b).contains(&iops));
            if !fits || iops % 100 != 0 || !price.restricts_to("STORAGE_SPACE", gb) {
                return Err(Exception::public(format!("{iops} IOPS do not fit {gb} GB.")));
            }
            Speed::Iops(iops)
        }
        (None, Some((price, item))) => {
            let tier = Tier::of_code(&item.capacity)
                .filter(|_| price.restricts_to("STORAGE_SPACE", gb))
                .ok_or_else(|| Exception::public(format!("{gb} GB do not fit the tier.")))?;
            Speed::Tier(tier)
        }
    };
    match space_price.restricts_to(speed.restriction(), speed.number()) {
        true => Ok(speed),
        false => Err(Exception::public("The prices of space and speed do not fit one another.")),
    }
}

fn snapshot_gb(prices: &Prices, speed: Speed) -> Result<u64, Exception> {
    let Some((price, item)) = prices.of("storage_snapshot_space") else { return Ok(0) };
    if !price.restricts_to(speed.restriction(), speed.number()) {
        return Err(Exception::public("The price of snapshot space does not fit the volume."));
    }
    Ok(item.capacity.parse().unwrap_or_default())
}

/// A copy is as large as its origin, at least, and its origin has snapshot space.
fn origin(cloud: &Cloud, raw: &Value, gb: u64) -> Result<Option<(u64, Option<u64>)>, Exception> {
    let Some(volume) = number(&raw["duplicateOriginVolumeId"]) else { return Ok(None) };
    let origin = cloud.volumes.get(&volume).ok_or_else(|| Exception::not_found(volume))?;
    if origin.snapshot_gb == 0 {
        return Err(Exception::public("The origin volume has no snapshot space."));
    }
    if origin.gb > gb {
        return Err(Exception::public("A duplicate cannot be smaller than its origin."));
    }
    let snapshot = number(&raw["duplicateOriginSnapshotId"]);
    if let Some(snapshot) = snapshot {
        let known = cloud.volumes.get(&snapshot).and_then(|it| it.snapshot_of());
        if known != Some(volume) {
            return Err(Exception::not_found(snapshot));
        }
    }
    Ok(Some((volume, snapshot)))
}

/// Another size or speed: only for what is encrypted and of the second version, and never less.
pub fn read_upgrade(cloud: &Cloud, raw: &Value) -> Result<Purchase, Exception> {
    let id = number(&raw["volume"]["id"]).unwrap_or_default();
    let volume = cloud.volumes.get(&id).filter(|it| it.snapshot_of().is_none());
    let volume = volume.ok_or_else(|| Exception::not_found(id))?;
    if cloud.billed_by(Resource::Volume(id)).is_none() {
        return Err(Exception::public(format!("The volume {id} is cancelled.")));
    }
    if volume.legacy {
        return Err(Exception::public(
            "The volume cannot be modified: it is not encrypted at rest.",
        ));
    }
    let prices = Prices::read(cloud, raw, STAAS)?;
    prices.needed("storage_as_a_service")?;
    let gb = number(&raw["volumeSize"]).unwrap_or(volume.gb);
    if gb < volume.gb {
        return Err(Exception::public("A volume cannot be made smaller."));
    }
    let speed = speed(&prices, raw, gb)?;
    if std::mem::discriminant(&speed) != std::mem::discriminant(&volume.speed) {
        return Err(Exception::public(
            "A volume cannot be changed between endurance and performance.",
        ));
    }
    if (gb, speed) == (volume.gb, volume.speed) {
        return Err(Exception::public("A current price was provided for the upgrade order."));
    }
    cloud.check_free(id)?;
    Ok(Purchase::VolumeUpgrade { volume: id, gb, speed })
}

/// The package of before: steps of size, and no changes later.
pub fn read_legacy(cloud: &Cloud, raw: &Value) -> Result<Purchase, Exception> {
    let prices = Prices::read(cloud, raw, PERFORMANCE)?;
    prices.needed("performance_storage_iscsi")?;
    let (_, space) = prices.needed("performance_storage_space")?;
    let (price, iops) = prices.needed("performance_storage_iops")?;
    let gb = space.capacity.parse().unwrap_or_default();
    let speed = iops.capacity.parse().unwrap_or_default();
    if !price.restricts_to("STORAGE_SPACE", gb) {
        return Err(Exception::public(format!("{speed} IOPS do not fit {gb} GB.")));
    }
    Ok(Purchase::Volume(NewVolume {
        location: place(cloud, raw)?,
        gb,
        speed: Speed::Iops(speed),
        snapshot_gb: 0,
        hourly: false,
        origin: None,
        legacy: true,
    }))
}
