//! Where disks are, as earlier calls have met them: for the VMs that are made for them.

use super::offering::LOCAL;
use crate::name_ref::{Found, NameRef};
use crate::session::CloudStack;
use cloudstack::api::Volume;
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};

/// Where a disk is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DiskFacts {
    /// The zone's id.
    pub zone: String,
    pub zone_name: String,
    /// Whether it is on a host's own storage, once it stands anywhere.
    #[serde(default)]
    pub local: bool,
}

impl Cacheable for DiskFacts {
    const NOUN: &'static str = "disk";
}

impl From<&Volume> for DiskFacts {
    fn from(volume: &Volume) -> Self {
        let storage = volume.other.get("storagetype").and_then(|kind| kind.as_str());
        Self {
            zone: volume.zoneid.clone(),
            zone_name: volume.zonename.clone(),
            local: storage == Some(LOCAL),
        }
    }
}

impl DiskFacts {
    /// Whether it is in the zone of this name or id.
    pub(crate) fn is_in(&self, zone: &str) -> bool {
        self.zone == zone || self.zone_name == zone
    }
}

/// Where a disk is, if an earlier call has met it.
pub(crate) fn known(cloud: &CloudStack, cid: &str) -> Option<Found<DiskFacts>> {
    cloud.cached(&NameRef::new(cid, ""), "")
}

/// Remembers where a disk is. A plain user is never told the kind of its storage; what its
/// offering told when it was made still holds.
pub(crate) fn remember(cloud: &CloudStack, cid: &str, volume: &Volume) -> Found<DiskFacts> {
    let local = known(cloud, cid).is_some_and(|known| known.local);
    remember_new(cloud, cid, volume, local)
}

/// The same for one that was made from an offering on local storage, or on another one.
pub(crate) fn remember_new(
    cloud: &CloudStack,
    cid: &str,
    volume: &Volume,
    local: bool,
) -> Found<DiskFacts> {
    let mut facts = DiskFacts::from(volume);
    facts.local |= local && !volume.other.contains_key("storagetype");
    cloud.remember(&NameRef::new(cid, ""), "", facts)
}
