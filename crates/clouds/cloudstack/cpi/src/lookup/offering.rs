//! Service and disk offerings: which are meant, and what they allow.

use super::{cached_or, rows};
use crate::name_ref::{Found, LookupBy, NameRef, only};
use crate::properties::{CloudStackProperties, DiskProperties, PATH, given};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, GiB, MiB, Result};
use cloudstack::api::{
    DiskOffering, ListDiskOfferings, ListServiceOfferings, Other, ServiceOffering,
};
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The storage type of an offering whose disks stand on a host.
pub(super) const LOCAL: &str = "local";

/// Tells tags from a name of the same letters, in the cache's words.
const BY_TAGS: &str = "by tags";

/// A service offering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OfferingFacts {
    pub id: String,
    pub name: String,
    /// The caller says cores and memory.
    pub custom: bool,
    /// A constrained custom offering fixes the speed, and refuses to be told one.
    pub fixes_speed: bool,
    pub cpu: Option<u64>,
    pub ram: Option<MiB>,
    /// The least and the most cores of a constrained custom offering.
    pub cpu_limits: Limits,
    /// The least and the most memory in MiB, likewise.
    pub ram_limits: Limits,
    /// Whether root disks stand on the host's own storage.
    pub local: bool,
    /// Ids and names of the zones that it is bound to; none if it is for all.
    pub zones: Vec<String>,
}

/// A disk offering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DiskOfferingFacts {
    pub id: String,
    pub name: String,
    /// The caller says the size.
    pub custom: bool,
    /// The size of a fixed one.
    pub size: GiB,
    /// Whether the caller says the IOPS.
    pub custom_iops: bool,
    /// Whether disks stand on the host's own storage.
    pub local: bool,
    /// Ids and names of the zones that it is bound to; none if it is for all.
    pub zones: Vec<String>,
}

/// What an offering allows; none where it sets no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Limits {
    pub least: Option<u64>,
    pub most: Option<u64>,
}

impl Limits {
    fn of(offering: &ServiceOffering, least: &str, most: &str) -> Self {
        let limit = |key: &str| match offering.serviceofferingdetails.as_ref()?.get(key)? {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        Self { least: limit(least), most: limit(most) }
    }

    /// Whether a value is allowed.
    pub(crate) fn allow(self, value: u64) -> bool {
        self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most)
    }
}

/// All of one name: which one is meant, the zone tells.
impl Cacheable for OfferingFacts {
    const NOUN: &'static str = "service offering";
}

/// All of one name: which one is meant, the zone tells.
impl Cacheable for DiskOfferingFacts {
    const NOUN: &'static str = "disk offering";
}

impl From<&ServiceOffering> for OfferingFacts {
    fn from(offering: &ServiceOffering) -> Self {
        Self {
            id: offering.id.clone(),
            name: offering.name.clone(),
            custom: offering.iscustomized,
            fixes_speed: offering.cpuspeed.is_some(),
            cpu: offering.cpunumber,
            ram: offering.memory.map(MiB),
            cpu_limits: Limits::of(offering, "mincpunumber", "maxcpunumber"),
            ram_limits: Limits::of(offering, "minmemory", "maxmemory"),
            local: offering.storagetype == LOCAL,
            zones: zones(&offering.other),
        }
    }
}

impl From<&DiskOffering> for DiskOfferingFacts {
    fn from(offering: &DiskOffering) -> Self {
        Self {
            id: offering.id.clone(),
            name: offering.name.clone(),
            custom: offering.iscustomized,
            size: GiB(offering.disksize),
            custom_iops: offering.iscustomizediops == Some(true),
            local: offering.storagetype == LOCAL,
            zones: zones(&offering.other),
        }
    }
}

/// Something that is bound to zones, or to none.
pub(crate) trait Offered {
    /// What an error calls it.
    const WHAT: &'static str;
    fn id(&self) -> &str;
    fn name(&self) -> &str;
    fn zones(&self) -> &[String];
}

impl Offered for OfferingFacts {
    const WHAT: &'static str = "service offering";
    fn id(&self) -> &str {
        &self.id
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn zones(&self) -> &[String] {
        &self.zones
    }
}

impl Offered for DiskOfferingFacts {
    const WHAT: &'static str = "disk offering";
    fn id(&self) -> &str {
        &self.id
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn zones(&self) -> &[String] {
        &self.zones
    }
}

impl<T: Offered + Clone> Found<Vec<T>> {
    /// The only one of them that can be used in this zone.
    pub(crate) fn in_zone(self, wanted: &NameRef, zone: &str) -> Result<Found<T>> {
        let told = if wanted.by == LookupBy::Tags { T::name } else { T::id };
        self.try_map(|all| {
            let fits = all.into_iter().filter(|one| serves(one.zones(), zone)).collect();
            only(wanted, T::WHAT, fits, told)
        })
    }
}

/// Since 4.13 an offering may be bound to zones: ids and names, comma-separated.
pub(crate) fn zones(other: &Other) -> Vec<String> {
    let names = |key: &str| other.get(key).and_then(|list| list.as_str()).unwrap_or_default();
    let all = ["zoneid", "zone"].into_iter().flat_map(|key| names(key).split(','));
    all.map(str::trim).filter(|zone| !zone.is_empty()).map(str::to_owned).collect()
}

/// Whether what is bound to `zones` can be used in this one. Without a zone nobody can tell.
pub(crate) fn serves(zones: &[String], zone: &str) -> bool {
    zone.is_empty() || zones.is_empty() || zones.iter().any(|one| one == zone)
}

/// Finds the service offerings of a name or id, for whichever zones.
pub(crate) async fn service_offerings(
    cloud: &CloudStack,
    wanted: &NameRef,
) -> Result<Found<Vec<OfferingFacts>>> {
    cached_or(cloud, wanted, "", async || {
        let (id, name) = wanted.as_filter();
        let of = ListServiceOfferings { id, name, ..ListServiceOfferings::default() };
        let all = rows(cloud, wanted, of).await?;
        let all = all.iter().filter(|row| wanted.matches(&row.id, &row.name));
        some(wanted, all.map(OfferingFacts::from).collect())
    })
    .await
}

/// Finds the disk offerings of a name or id, for whichever zones; or those of any size that have
/// the tags.
pub(crate) async fn disk_offerings(
    cloud: &CloudStack,
    wanted: &NameRef,
) -> Result<Found<Vec<DiskOfferingFacts>>> {
    let (place, id, name) = match wanted.by {
        LookupBy::Name => {
            let (id, name) = wanted.as_filter();
            ("", id, name)
        }
        LookupBy::Tags => (BY_TAGS, None, None),
    };
    cached_or(cloud, wanted, place, async || {
        let of = ListDiskOfferings { id, name, ..ListDiskOfferings::default() };
        let all = rows(cloud, wanted, of).await?;
        let all = all.iter().filter(|row| match wanted.by {
            LookupBy::Name => wanted.matches(&row.id, &row.name),
            LookupBy::Tags => row.iscustomized && has_tags(row, &wanted.text),
        });
        some(wanted, all.map(DiskOfferingFacts::from).collect())
    })
    .await
}

/// Whether a disk offering has all of these tags.
fn has_tags(offering: &DiskOffering, wanted: &str) -> bool {
    let has: Vec<_> = offering.tags.as_deref().unwrap_or_default().split(',').collect();
    wanted.split(',').all(|tag| has.iter().any(|one| one.trim() == tag.trim()))
}

/// Nothing is not worth remembering: an offering may be made a minute later.
fn some<T: Offered>(wanted: &NameRef, found: Vec<T>) -> Result<Vec<T>> {
    if found.is_empty() { Err(wanted.not_found(T::WHAT)) } else { Ok(found) }
}

/// The offering of a persistent disk: by name or tags, else the configured one.
pub(crate) fn of_disk(
    config: &CloudStackProperties,
    disk: &DiskProperties,
    path: &str,
) -> Result<NameRef> {
    if let Some(text) = given(&disk.disk_offering) {
        if !disk.storage_tags.0.is_empty() {
            return Err(name_and_tags(&format!("{path}.storage_tags"), "disk_offering"));
        }
        return Ok(NameRef::new(text, format!("{path}.disk_offering")));
    }
    if !disk.storage_tags.0.is_empty() {
        return Ok(NameRef::tagged(&disk.storage_tags.0, format!("{path}.storage_tags")));
    }
    match config.disk_offering().or_else(|| config.custom_offering()) {
        Some((text, name)) => Ok(NameRef::new(text, format!("{PATH}.{name}"))),
        None => Err(CpiError::cpi(format!(
            "{path}.disk_offering is required, as neither {PATH}.default_offer.disk nor \
             {PATH}.default_offer.custom_disk is set"
        ))),
    }
}

/// An offering is both named and chosen by tags.
pub(crate) fn name_and_tags(tags: &str, name: &str) -> CpiError {
    CpiError::cpi(format!(
        "{tags} and {name} exclude each other: tags choose the disk offering, the other names it"
    ))
}

/// An offering on local storage in a zone that has none.
pub(crate) fn no_local_storage(path: &str, what: &str, offering: &str, zone: &str) -> CpiError {
    CpiError::cloud(format!(
        "{path}: {what} '{offering}' is on local storage, which zone '{zone}' does not allow"
    ))
}

impl DiskOfferingFacts {
    /// The size to say for a disk that shall hold `size`: None for a fixed offering, which has
    /// its own, and which must be large enough.
    pub(crate) fn size_for(&self, size: MiB, wanted: &NameRef) -> Result<Option<GiB>> {
        if self.custom {
            return Ok(Some(size.ceil_gib()));
        }
        if MiB::from(self.size) >= size {
            return Ok(None);
        }
        Err(CpiError::cloud(format!(
            "{}: disk offering '{}' has {}, {size} are wanted: name a larger or a custom one",
            wanted.path, self.name, self.size
        )))
    }

    /// Refuses IOPS that the offering would not honour, and one of the two alone. `before` is
    /// what stands before `min_iops` in its path.
    pub(crate) fn check_iops(&self, iops: (Option<u64>, Option<u64>), before: &str) -> Result<()> {
        match iops {
            (None, None) => Ok(()),
            _ if !self.custom_iops => Err(CpiError::cpi(format!(
                "{before}min_iops, {before}max_iops: disk offering '{}' does not let the caller \
                 choose",
                self.name
            ))),
            (Some(least), Some(most)) if least <= most => Ok(()),
            (Some(_), Some(_)) => {
                Err(CpiError::cpi(format!("{before}min_iops: more than {before}max_iops")))
            }
            _ => Err(CpiError::cpi(format!("{before}min_iops and {before}max_iops go together"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn offering(id: &str, zones: &[&str]) -> DiskOfferingFacts {
        let zones = zones.iter().map(ToString::to_string).collect();
        DiskOfferingFacts {
            id: id.into(),
            name: "fast".into(),
            custom: true,
            size: GiB(0),
            custom_iops: false,
            local: false,
            zones,
        }
    }

    fn in_zone(rows: Vec<DiskOfferingFacts>, zone: &str) -> Result<String> {
        let found = Found::literal(rows);
        let wanted = NameRef::new("fast", "arguments[1].disk_offering");
        Ok(found.in_zone(&wanted, zone)?.id.clone())
    }

    /// Since 4.13 two offerings of one name may be bound to two zones.
    #[test]
    fn the_zone_tells_which_offering_is_meant() {
        let rows = || vec![offering("1", &["id-a", "a"]), offering("2", &["id-b", "b"])];
        assert_eq!(in_zone(rows(), "b").unwrap(), "2");
        assert_eq!(in_zone(rows(), "id-a").unwrap(), "1");
        assert!(
            in_zone(rows(), "c").unwrap_err().message.contains("disk offering 'fast' not found")
        );
        assert_eq!(in_zone(vec![offering("3", &[])], "c").unwrap(), "3");
    }

    /// To take the wrong one is worse than to ask.
    #[test]
    fn two_of_one_name_are_refused_with_their_ids() {
        let error = in_zone(vec![offering("1", &[]), offering("2", &["a"])], "a").unwrap_err();
        for part in ["arguments[1].disk_offering", "'fast'", "1, 2"] {
            assert!(error.message.contains(part), "{error}");
        }
    }
}
