//! How each noun is looked up: one call, or none.

use super::rows::{DiskOfferingRow, NetworkRow, Offered, OfferingRow, TemplateRow, ZoneRow};
use super::{By, Found, NetworkWanted, Source, Wanted, only};
use crate::CloudStack;
use crate::errors::{self, Activity};
use bosh_cpi::Result;
use cloudstack::Paged;
use cloudstack::api::{
    DiskOffering, ListDiskOfferings, ListNetworks, ListServiceOfferings, ListTemplates, ListZones,
    Network, Other,
};
use cpi_kit::Cacheable;

impl CloudStack {
    /// A zone.
    pub(crate) async fn zone(&self, wanted: &Wanted) -> Result<Found<ZoneRow>> {
        self.found(wanted, "", async || {
            let (id, name) = id_or_name(wanted);
            let zones = self.rows(wanted, ListZones { id, name }).await?;
            let zones = zones.iter().filter(|zone| is(wanted, &zone.id, &zone.name));
            only(wanted, "zone", zones.map(ZoneRow::from).collect(), |zone| &zone.id)
        })
        .await
    }

    /// The service offerings of this name or id, for whichever zones.
    pub(crate) async fn service_offerings(
        &self,
        wanted: &Wanted,
    ) -> Result<Found<Vec<OfferingRow>>> {
        self.found(wanted, "", async || {
            let (id, name) = id_or_name(wanted);
            let of = ListServiceOfferings { id, name, ..ListServiceOfferings::default() };
            let rows = self.rows(wanted, of).await?;
            let rows = rows.iter().filter(|row| is(wanted, &row.id, &row.name));
            some(wanted, rows.map(OfferingRow::from).collect())
        })
        .await
    }

    /// The disk offerings of this name or id, for whichever zones; or those of any size that have
    /// the tags.
    pub(crate) async fn disk_offerings(
        &self,
        wanted: &Wanted,
    ) -> Result<Found<Vec<DiskOfferingRow>>> {
        let (place, id, name) = match wanted.by {
            By::Name => {
                let (id, name) = id_or_name(wanted);
                ("", id, name)
            }
            By::Tags => (BY_TAGS, None, None),
        };
        self.found(wanted, place, async || {
            let of = ListDiskOfferings { id, name, ..ListDiskOfferings::default() };
            let rows = self.rows(wanted, of).await?;
            let rows = rows.iter().filter(|row| match wanted.by {
                By::Name => is(wanted, &row.id, &row.name),
                By::Tags => row.iscustomized && has_tags(row, &wanted.text),
            });
            some(wanted, rows.map(DiskOfferingRow::from).collect())
        })
        .await
    }

    /// Networks of a zone, in order, with one call for all of them at most.
    pub(crate) async fn networks(
        &self,
        wanted: &[NetworkWanted],
        zone: &Wanted,
    ) -> Result<Vec<Found<NetworkRow>>> {
        let known: Vec<_> = wanted.iter().map(|wanted| self.known_network(wanted, zone)).collect();
        let unknown: Vec<_> = wanted
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none())
            .map(|(w, _)| w)
            .collect();
        let listed = match unknown.as_slice() {
            [] => Vec::new(),
            // The filter by name is younger than the CPIs; the keyword filters as well.
            [one] => self.list_networks(&one.network, Some(one.network.text.clone())).await?,
            [first, ..] => self.list_networks(&first.network, None).await?,
        };
        let find = |(wanted, known): (&NetworkWanted, Option<Found<NetworkRow>>)| match known {
            Some(found) => Ok(found),
            None => self.pick_network(wanted, zone, &listed),
        };
        wanted.iter().zip(known).map(find).collect()
    }

    fn known_network(&self, wanted: &NetworkWanted, zone: &Wanted) -> Option<Found<NetworkRow>> {
        if wanted.network.is_id() {
            return Some(Found::given(NetworkRow {
                id: wanted.network.text.clone(),
                user_data: None,
            }));
        }
        self.remembered(&wanted.network, &wanted.place(zone))
    }

    async fn list_networks(
        &self,
        wanted: &Wanted,
        keyword: Option<String>,
    ) -> Result<Vec<Network>> {
        self.rows(wanted, ListNetworks { keyword, ..ListNetworks::default() }).await
    }

    fn pick_network(
        &self,
        wanted: &NetworkWanted,
        zone: &Wanted,
        listed: &[Network],
    ) -> Result<Found<NetworkRow>> {
        let NetworkWanted { network: named, vpc } = wanted;
        let fits = |network: &&Network| {
            is(named, &network.id, &network.name)
                && is_in(zone, network.zoneid.as_deref(), &network.other)
                && vpc.as_deref().is_none_or(|vpc| is_tier(vpc, network))
        };
        let rows: Vec<_> = listed.iter().filter(fits).map(NetworkRow::from).collect();
        let what = match vpc {
            Some(vpc) => format!("tier of VPC '{vpc}' in zone '{}' called", zone.text),
            None => format!("network of zone '{}' called", zone.text),
        };
        let row = only(named, &what, rows, |row| &row.id)?;
        Ok(self.remember(named, &wanted.place(zone), row))
    }

    /// A template, by name. An id needs no lookup: a deploy refuses one that is unknown.
    pub(crate) async fn template(
        &self,
        wanted: &Wanted,
        zone: &Wanted,
    ) -> Result<Found<TemplateRow>> {
        if wanted.is_id() {
            return Ok(Found::given(TemplateRow { id: wanted.text.clone() }));
        }
        self.found(wanted, &zone.text, async || {
            let of = ListTemplates {
                templatefilter: "executable".into(),
                name: Some(wanted.text.clone()),
                ..ListTemplates::default()
            };
            let templates = self.rows(wanted, of).await?;
            let mut rows: Vec<_> = templates
                .iter()
                .filter(|row| row.name == wanted.text)
                .filter(|row| is_in_zone(zone, row.zoneid.as_deref(), row.zonename.as_deref()))
                .map(TemplateRow::from)
                .collect();
            rows.dedup(); // a row per zone
            only(wanted, "template", rows, |row| &row.id)
        })
        .await
    }

    /// What the cache holds, or what `look` finds in the cloud.
    pub(super) async fn found<T: Cacheable>(
        &self,
        wanted: &Wanted,
        zone: &str,
        look: impl AsyncFnOnce() -> Result<T>,
    ) -> Result<Found<T>> {
        if let Some(found) = self.remembered(wanted, zone) {
            return Ok(found);
        }
        let row = look().await?;
        Ok(self.remember(wanted, zone, row))
    }

    pub(crate) fn remembered<T: Cacheable>(&self, wanted: &Wanted, zone: &str) -> Option<Found<T>> {
        let key = key::<T>(wanted, zone);
        let row = self.cache.get(&key)?;
        Some(Found { row, key, source: Source::Cache })
    }

    pub(crate) fn remember<T: Cacheable>(&self, wanted: &Wanted, zone: &str, row: T) -> Found<T> {
        let key = key::<T>(wanted, zone);
        self.cache.put(&key, &row);
        Found { row, key, source: Source::Cloud }
    }

    /// All rows of a list. An id that the cloud does not know gives none.
    pub(super) async fn rows<C: Paged>(&self, wanted: &Wanted, of: C) -> Result<Vec<C::Item>> {
        match self.list(of).await {
            Ok(rows) => Ok(rows),
            Err(failure) if wanted.is_id() && failure.is_gone() => Ok(Vec::new()),
            Err(failure) => {
                let tried = format!("{}: looking up '{}'", wanted.path, wanted.text);
                Err(errors::answer(Activity::Lookup, tried, failure))
            }
        }
    }
}

/// Tells tags from a name of the same letters, in the cache's words.
const BY_TAGS: &str = "by tags";

/// Whether a disk offering has all of these tags.
fn has_tags(offering: &DiskOffering, wanted: &str) -> bool {
    let has: Vec<_> = offering.tags.as_deref().unwrap_or_default().split(',').collect();
    wanted.split(',').all(|tag| has.iter().any(|one| one.trim() == tag.trim()))
}

pub(super) fn key<T: Cacheable>(wanted: &Wanted, zone: &str) -> String {
    format!("{}\n{zone}\n{}", T::NOUN, wanted.text)
}

pub(super) fn id_or_name(wanted: &Wanted) -> (Option<String>, Option<String>) {
    let text = Some(wanted.text.clone());
    if wanted.is_id() { (text, None) } else { (None, text) }
}

/// Whether this is what was asked for. CloudStack's filter by name ignores case.
pub(super) fn is(wanted: &Wanted, id: &str, name: &str) -> bool {
    wanted.text == id || wanted.text == name
}

fn is_tier(vpc: &str, network: &Network) -> bool {
    let name = network.other.get("vpcname").and_then(|name| name.as_str());
    network.vpcid.as_deref() == Some(vpc) || name == Some(vpc)
}

fn is_in(zone: &Wanted, id: Option<&str>, other: &Other) -> bool {
    is_in_zone(zone, id, other.get("zonename").and_then(|name| name.as_str()))
}

/// A row that names no zone is in every one.
fn is_in_zone(zone: &Wanted, id: Option<&str>, name: Option<&str>) -> bool {
    match (id, name) {
        (None, None) => true,
        (id, name) => id == Some(&zone.text) || name == Some(&zone.text),
    }
}

/// Nothing is not worth remembering: an offering may be made a minute later.
fn some<T: Offered>(wanted: &Wanted, rows: Vec<T>) -> Result<Vec<T>> {
    if rows.is_empty() { Err(wanted.missing(T::WHAT)) } else { Ok(rows) }
}
