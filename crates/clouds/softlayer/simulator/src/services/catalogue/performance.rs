//! The package of volumes of before: sizes come in steps, and nothing can be changed later.

use crate::services::catalogue::builder::Builder;
use crate::state::catalogue::{Item, PERFORMANCE};

/// Sizes in GB, and the most IOPS that each may have.
const STEPS: &[(u64, u64)] = &[
    (20, 1000),
    (40, 2000),
    (80, 4000),
    (100, 6000),
    (250, 6000),
    (500, 6000),
    (1000, 6000),
    (2000, 6000),
    (4000, 6000),
    (8000, 6000),
    (12000, 6000),
];

const IOPS: &[u64] = &[100, 200, 500, 1000, 2000, 4000, 6000];

/// Fills the package.
pub fn fill(packages: &mut Builder) {
    packages.package(PERFORMANCE, "PERFORMANCE", "Performance", "ADDITIONAL_SERVICES_PERFORMANCE");
    let item =
        Item::of("ISCSI", "Block Storage (Performance)", 0, "N/A", "performance_storage_iscsi");
    packages.add(PERFORMANCE, item, &[("performance_storage_iscsi", None)]);
    for (gb, _) in STEPS {
        let item = Item::of(
            format!("{gb}_GB_PERFORMANCE_STORAGE_SPACE"),
            format!("{gb} GB Storage Space"),
            gb,
            "GB",
            "performance_storage_space",
        );
        packages.add(PERFORMANCE, item, &[("performance_storage_space", None)]);
    }
    for iops in IOPS {
        let mut item = Item::of(
            format!("{iops}_IOPS"),
            format!("{iops} IOPS"),
            iops,
            "IOPS",
            "performance_storage_iops",
        );
        let fitting: Vec<u64> =
            STEPS.iter().filter(|(_, most)| iops <= most).map(|(gb, _)| *gb).collect();
        item.attributes = fitting.iter().map(u64::to_string).collect();
        let fits = fitting.first().zip(fitting.last());
        let fits = fits.map(|(from, to)| ("STORAGE_SPACE", *from, *to));
        packages.add(PERFORMANCE, item, &[("performance_storage_iops", fits)]);
    }
}
