//! Orders of snapshot space for a volume that is there.

use crate::engine::{Exception, flag, number};
use crate::services::order::prices::Prices;
use crate::state::Cloud;
use crate::state::billing::Resource;
use crate::state::catalogue::STAAS;
use crate::state::order::Purchase;
use serde_json::Value;

/// The first space, or (an upgrade) more than there is.
pub fn read(cloud: &Cloud, raw: &Value, upgrade: bool) -> Result<Purchase, Exception> {
    let id = number(&raw["volumeId"]).unwrap_or_default();
    let volume = cloud.volumes.get(&id).filter(|it| it.snapshot_of().is_none());
    let volume = volume.ok_or_else(|| Exception::not_found(id))?;
    let billing = cloud
        .billed_by(Resource::Volume(id))
        .ok_or_else(|| Exception::public(format!("The volume {id} is cancelled.")))?;
    let prices = Prices::read(cloud, raw, STAAS)?;
    let (price, item) = prices.needed("storage_snapshot_space")?;
    if !price.restricts_to(volume.speed.restriction(), volume.speed.number()) {
        return Err(Exception::public("The price of snapshot space does not fit the volume."));
    }
    if number(&raw["location"]) != Some(billing.location) {
        return Err(Exception::public("Snapshot space has to be where its volume is."));
    }
    if flag(&raw["useHourlyPricing"]) != billing.hourly {
        return Err(Exception::public("Snapshot space has to be billed as its volume is."));
    }
    let gb = item.capacity.parse().unwrap_or_default();
    match (volume.snapshot_gb, upgrade) {
        (0, true) => return Err(Exception::public("The volume has no snapshot space to upgrade.")),
        (1.., false) => return Err(Exception::public("The volume has snapshot space already.")),
        (had, true) if had >= gb => {
            return Err(Exception::public("The snapshot space can only become larger."));
        }
        _ => {}
    }
    cloud.check_free(id)?;
    Ok(Purchase::SnapshotSpace { volume: id, gb })
}
