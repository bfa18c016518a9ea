//! Which prices an order for storage names: SoftLayer sells a volume as a set of prices that
//! must fit together (package 759, storage as a service).

use crate::errors::CloudResult;
use crate::properties::{Speed, Tier};
use crate::session::SoftLayer;
use bosh_cpi::{CpiError, Result};
use softlayer::Filter;
use softlayer::api::product_package::GetItems;
use softlayer::api::{ItemPrice, ProductItem};

/// The package of storage as a service.
pub(crate) const PACKAGE: u64 = 759;

const SPACE: &str = "performance_storage_space";
const IOPS: &str = "performance_storage_iops";
const TIER: &str = "storage_tier_level";
const SNAPSHOTS: &str = "storage_snapshot_space";

/// A volume as it can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Priced {
    /// In GB; the smallest that can be had for less.
    pub(crate) size: u64,
    /// Of a performance volume.
    pub(crate) iops: Option<u64>,
    /// The prices.
    pub(crate) prices: Vec<u64>,
}

/// Everything that is sold as storage.
pub(crate) async fn items(cloud: &SoftLayer) -> CloudResult<Vec<ProductItem>> {
    cloud.list(&GetItems { id: PACKAGE }, &Filter::everything()).await
}

/// The volume of at least `size` GB. `path` is where its properties stand, for errors.
pub(crate) fn volume(items: &[ProductItem], size: u64, speed: Speed, path: &str) -> Result<Priced> {
    let service = single_price(items, "storage_as_a_service", |_| true);
    let block = single_price(items, "storage_block", |_| true);
    let (Some(service), Some(block)) = (service, block) else { return Err(unexpected()) };
    let (size, iops, mut own) = match speed {
        Speed::Iops(iops) => performance(items, size, iops, path)?,
        Speed::Tier(tier) => endurance(items, size, tier)?,
    };
    let mut prices = vec![service, block];
    prices.append(&mut own);
    Ok(Priced { size, iops, prices })
}

/// What an upgrade to that volume orders: the same, without what does not change.
pub(crate) fn upgrade(
    items: &[ProductItem],
    size: u64,
    speed: Speed,
    path: &str,
) -> Result<Priced> {
    let block = single_price(items, "storage_block", |_| true);
    let mut priced = volume(items, size, speed, path)?;
    priced.prices.retain(|price| Some(*price) != block);
    Ok(priced)
}

/// The smallest space for snapshots of at least `wanted` GB, as size and price.
pub(crate) fn snapshot_space(
    items: &[ProductItem],
    wanted: u64,
    speed: Speed,
) -> Option<(u64, u64)> {
    let fits = |price: &&ItemPrice| match speed {
        Speed::Iops(iops) => is_within(price, "IOPS", iops.unwrap_or_default()),
        Speed::Tier(tier) => is_within(price, "STORAGE_TIER_LEVEL", tier.code()),
    };
    let spaces = items.iter().filter_map(|item| {
        let size = item.capacity.map(|size| size as u64).filter(|size| *size >= wanted)?;
        Some((size, everywhere(item, SNAPSHOTS).find(fits)?.id))
    });
    spaces.min()
}

/// The size, the IOPS and the prices of a performance volume.
fn performance(
    items: &[ProductItem],
    wanted: u64,
    iops: Option<u64>,
    path: &str,
) -> Result<(u64, Option<u64>, Vec<u64>)> {
    // Those for a tier, which are ranges too, are named STORAGE_SPACE_FOR_….
    let spaces = ranges(items, SPACE).filter(|(item, ..)| key(item).ends_with("_GBS"));
    let (space, least, _) = smallest(spaces, wanted)
        .ok_or_else(|| too_large(wanted, ranges(items, SPACE).map(|(_, _, most)| most).max()))?;
    let size = wanted.max(least);
    let speeds: Vec<_> = ranges(items, IOPS)
        .filter(|(item, ..)| {
            everywhere(item, IOPS).any(|price| is_within(price, "STORAGE_SPACE", size))
        })
        .collect();
    let least = speeds.iter().map(|(_, least, _)| *least).min().ok_or_else(unexpected)?;
    let most = speeds.iter().map(|(_, _, most)| *most).max().ok_or_else(unexpected)?;
    let iops = iops.unwrap_or(least);
    let speed = speeds.iter().find(|(_, least, most)| (*least..=*most).contains(&iops));
    let (Some((speed, ..)), 0) = (speed, iops % 100) else {
        return Err(CpiError::cpi(format!(
            "{path}.iops: {iops}; a volume of {size} GB can have {least} to {most}, in hundreds"
        )));
    };
    let limited = |price: &&ItemPrice| {
        price.capacity_restriction_type.is_none() || is_within(price, "IOPS", iops)
    };
    let space = everywhere(space, SPACE).find(limited).ok_or_else(unexpected)?.id;
    let speed = everywhere(speed, IOPS).find(|price| is_within(price, "STORAGE_SPACE", size));
    Ok((size, Some(iops), vec![space, speed.ok_or_else(unexpected)?.id]))
}

/// The size and the prices of an endurance volume.
fn endurance(
    items: &[ProductItem],
    wanted: u64,
    tier: Tier,
) -> Result<(u64, Option<u64>, Vec<u64>)> {
    let named = format!("STORAGE_SPACE_FOR_{}_IOPS_PER_GB", tier.as_str().replace('.', "_"));
    let spaces = || ranges(items, SPACE).filter(|(item, ..)| key(item) == named);
    let (space, least, _) = smallest(spaces(), wanted)
        .ok_or_else(|| too_large(wanted, spaces().map(|(_, _, most)| most).max()))?;
    let level = single_price(items, TIER, |item| item.capacity == Some(tier.code() as f64));
    let space = everywhere(space, SPACE).next().ok_or_else(unexpected)?.id;
    Ok((wanted.max(least), None, vec![space, level.ok_or_else(unexpected)?]))
}

type Range<'a> = (&'a ProductItem, u64, u64);

/// The range that holds `wanted`, or the one above it.
fn smallest<'a>(ranges: impl Iterator<Item = Range<'a>>, wanted: u64) -> Option<Range<'a>> {
    ranges.filter(|(_, _, most)| *most >= wanted).min_by_key(|(_, least, _)| *least)
}

/// Items of a category that stand for a range.
fn ranges<'a>(items: &'a [ProductItem], category: &'static str) -> impl Iterator<Item = Range<'a>> {
    let in_category = move |item: &&ProductItem| {
        item.item_category.as_ref().is_some_and(|known| known.category_code == category)
    };
    items
        .iter()
        .filter(in_category)
        .filter_map(|item| Some((item, item.capacity_minimum?, item.capacity_maximum?)))
}

/// The price of the only item of a category that is meant.
fn single_price(
    items: &[ProductItem],
    category: &'static str,
    is_meant: impl Fn(&ProductItem) -> bool,
) -> Option<u64> {
    let meant = items.iter().filter(|item| is_meant(item));
    let mut prices = meant.flat_map(|item| everywhere(item, category));
    prices.next().map(|price| price.id)
}

/// An item's prices that are the same in every data center.
fn everywhere<'a>(
    item: &'a ProductItem,
    category: &'static str,
) -> impl Iterator<Item = &'a ItemPrice> {
    let of_category = move |price: &&ItemPrice| {
        price.categories.iter().any(|known| known.category_code == category)
    };
    item.prices.iter().filter(|price| price.location_group_id.is_none()).filter(of_category)
}

fn is_within(price: &ItemPrice, kind: &str, number: u64) -> bool {
    let least = price.capacity_restriction_minimum.unwrap_or(0);
    let most = price.capacity_restriction_maximum.unwrap_or(u64::MAX);
    price.capacity_restriction_type.as_deref() == Some(kind) && (least..=most).contains(&number)
}

fn key(item: &ProductItem) -> &str {
    item.key_name.as_deref().unwrap_or_default()
}

fn too_large(wanted: u64, most: Option<u64>) -> CpiError {
    match most {
        Some(most) => CpiError::cloud(format!(
            "a disk of {wanted} GB is too large: a volume of that kind has at most {most} GB"
        )),
        None => unexpected(),
    }
}

fn unexpected() -> CpiError {
    CpiError::cloud(format!(
        "the catalogue of block storage (package {PACKAGE}) is not as this CPI knows it: no such \
         volume was found in it; please report it"
    ))
}

#[cfg(test)]
mod tests;
