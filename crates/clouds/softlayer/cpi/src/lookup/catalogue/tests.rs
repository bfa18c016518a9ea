//! Prices, picked from the catalogue as it was recorded (where that is there).

use super::*;

/// The recorded catalogue; None in a clone without it.
fn items() -> Option<Vec<ProductItem>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../../shared/softlayer/staas_759_catalog_min.json"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: no recorded catalogue at {path}");
        return None;
    };
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    Some(serde_json::from_value(value["items"].clone()).unwrap())
}

fn price_of(items: &[ProductItem], name: &str, category: &'static str) -> u64 {
    let item = items.iter().find(|item| key(item) == name).unwrap();
    everywhere(item, category).next().unwrap().id
}

/// The most IOPS are the most expensive: whoever says nothing pays for the least.
#[test]
fn without_iops_a_volume_has_the_least_that_its_size_can_have() {
    let Some(items) = items() else { return };
    for (wanted, size, iops, space, speed) in [
        (1, 20, 100, "20_39_GBS", "100_1000_IOPS"),
        (20, 20, 100, "20_39_GBS", "100_1000_IOPS"),
        (101, 101, 100, "100_499_GBS", "100_6000_IOPS"),
        (2500, 2500, 200, "2000_2999_GBS", "200_40000_IOPS"),
        (12000, 12000, 1000, "10000_12000_GBS", "1000_48000_IOPS"),
    ] {
        let priced = volume(&items, wanted, Speed::Iops(None), "x").unwrap();
        assert_eq!((priced.size, priced.iops), (size, Some(iops)), "{wanted} GB");
        assert_eq!(priced.prices.len(), 4);
        assert_eq!(priced.prices[2], price_of(&items, space, SPACE), "{wanted} GB");
        assert_eq!(priced.prices[3], price_of(&items, speed, IOPS), "{wanted} GB");
    }
}

#[test]
fn iops_that_a_size_cannot_have_are_refused_with_those_it_can() {
    let Some(items) = items() else { return };
    for iops in [50, 150, 7000] {
        let error = volume(&items, 101, Speed::Iops(Some(iops)), "arguments[1]").unwrap_err();
        for part in ["arguments[1].iops", "100 to 6000", "101 GB"] {
            assert!(error.message.contains(part), "{error}");
        }
    }
    assert_eq!(volume(&items, 101, Speed::Iops(Some(6000)), "x").unwrap().iops, Some(6000));
    let error = volume(&items, 12_001, Speed::Iops(None), "x").unwrap_err();
    assert!(error.message.contains("at most 12000 GB"), "{error}");
}

#[test]
fn tiers_have_their_own_space() {
    let Some(items) = items() else { return };
    let priced = volume(&items, 7, Speed::Tier(Tier::Quarter), "x").unwrap();
    assert_eq!((priced.size, priced.iops), (7, None));
    let space = price_of(&items, "STORAGE_SPACE_FOR_0_25_IOPS_PER_GB", SPACE);
    let level = price_of(&items, "LOW_INTENSITY_TIER", TIER);
    assert_eq!(priced.prices[2..], [space, level]);
    let error = volume(&items, 4001, Speed::Tier(Tier::Ten), "x").unwrap_err();
    assert!(error.message.contains("at most 4000 GB"), "{error}");
}

#[test]
fn the_smallest_space_for_snapshots_that_fits_is_bought() {
    let Some(items) = items() else { return };
    let size = |wanted, speed| snapshot_space(&items, wanted, speed).map(|(size, _)| size);
    assert_eq!(size(1, Speed::Iops(Some(100))), Some(5));
    assert_eq!(size(41, Speed::Iops(Some(1000))), Some(60));
    assert_eq!(size(20, Speed::Tier(Tier::Two)), Some(20));
    assert_eq!(size(4001, Speed::Tier(Tier::Two)), None);
}
