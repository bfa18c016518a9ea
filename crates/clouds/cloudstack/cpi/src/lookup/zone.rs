//! Zones.

use super::{cached_or, rows};
use crate::name_ref::{Found, NameRef, only};
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{ListZones, Zone};
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};

/// A zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ZoneFacts {
    pub id: String,
    pub name: String,
    /// A basic zone has one network per pod, and takes none in the deploy call.
    pub basic: bool,
    /// Whether it has security groups.
    #[serde(rename = "guarded")]
    pub has_security_groups: bool,
    /// Whether it has local storage.
    pub local_storage: bool,
    /// An edge zone has no secondary storage: neither uploads nor downloads of templates.
    #[serde(default)]
    pub edge: bool,
}

impl Cacheable for ZoneFacts {
    const NOUN: &'static str = "zone";
}

impl From<&Zone> for ZoneFacts {
    fn from(zone: &Zone) -> Self {
        let basic = zone.networktype.eq_ignore_ascii_case("basic");
        Self {
            id: zone.id.clone(),
            name: zone.name.clone(),
            basic,
            has_security_groups: zone.securitygroupsenabled,
            local_storage: zone.localstorageenabled,
            edge: zone.is_edge(),
        }
    }
}

/// Finds a zone.
pub(crate) async fn find(cloud: &CloudStack, wanted: &NameRef) -> Result<Found<ZoneFacts>> {
    cached_or(cloud, wanted, "", async || {
        let (id, name) = wanted.as_filter();
        let zones = rows(cloud, wanted, ListZones { id, name }).await?;
        let zones = zones.iter().filter(|zone| wanted.matches(&zone.id, &zone.name));
        only(wanted, "zone", zones.map(ZoneFacts::from).collect(), |zone| &zone.id)
    })
    .await
}

/// Whether an earlier call has found a zone, and it is a basic one.
pub(crate) fn is_known_as_basic(cloud: &CloudStack, zone: &NameRef) -> bool {
    cloud.cached::<ZoneFacts>(zone, "").is_some_and(|zone| zone.basic)
}

/// Whether a row that names a zone by these is in the zone that is wanted. One that names none is
/// in every zone.
pub(super) fn is_in(wanted: &NameRef, id: Option<&str>, name: Option<&str>) -> bool {
    match (id, name) {
        (None, None) => true,
        (id, name) => id == Some(&wanted.text) || name == Some(&wanted.text),
    }
}
