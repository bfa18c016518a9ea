//! Every row of the table can be asked for, and the recorded catalogue can be read.

use serde_json::Value;
use softlayer::api::ProductItem;
use softlayer::field::Field;
use softlayer::{CALLS, CallInfo, Effect};

/// Only what reads is named get, verify or generate, and only that is sent again freely.
#[test]
fn names_and_effects_agree() {
    for row in CALLS {
        let reads = ["get", "verify", "generate"].iter().any(|verb| row.method.starts_with(verb));
        assert_eq!(reads, row.effect == Effect::Read, "{}::{}", row.service, row.method);
        assert!(CallInfo::named(row.service, row.method).is_some());
        assert_ne!((row.mask)().as_deref(), Some("mask[]"));
    }
}

/// Where it is there: `../shared/softlayer` beside the repository.
#[test]
fn the_recorded_catalogue_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../../../shared/softlayer/staas_759_catalog_min.json"
    );
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let mut catalogue: Value = serde_json::from_str(&text).unwrap();
    let items = Vec::<ProductItem>::read(catalogue["items"].take()).unwrap();
    assert!(items.len() > 50);
    let iops = items.iter().find(|it| it.key_name.as_deref() == Some("300_48000_IOPS")).unwrap();
    assert_eq!((iops.capacity_minimum, iops.capacity_maximum), (Some(300), Some(48000)));
    let price = &iops.prices[0];
    assert_eq!(price.capacity_restriction_type.as_deref(), Some("STORAGE_SPACE"));
    assert_eq!(price.categories[0].category_code, "performance_storage_iops");
}
