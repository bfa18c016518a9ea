//! Storage as a service: sizes, speeds and snapshot space, and which fit one another.

use crate::services::catalogue::builder::Builder;
use crate::state::catalogue::{Item, STAAS};

/// Sizes in GB, and the IOPS that each may have (a multiple of 100).
const PERFORMANCE: &[(u64, u64, u64, u64)] = &[
    (20, 39, 100, 1000),
    (40, 79, 100, 2000),
    (80, 99, 100, 4000),
    (100, 499, 100, 6000),
    (500, 999, 100, 10000),
    (1000, 1999, 100, 20000),
    (2000, 2999, 200, 40000),
    (3000, 3999, 200, 48000),
    (4000, 7999, 300, 48000),
    (8000, 9999, 500, 48000),
    (10000, 12000, 1000, 48000),
];

/// Tiers: key name, IOPS for each GB, the code that stands for it, and the largest size in GB.
const ENDURANCE: &[(&str, &str, u64, u64)] = &[
    ("LOW_INTENSITY_TIER", "0.25", 100, 12000),
    ("READHEAVY_TIER", "2", 200, 12000),
    ("WRITEHEAVY_TIER", "4", 300, 12000),
    ("10_IOPS_PER_GB", "10", 1000, 4000),
];

/// The sizes of snapshot space in GB.
const SNAPSHOTS: &[u64] = &[
    5, 10, 20, 40, 60, 80, 100, 150, 200, 250, 300, 350, 400, 450, 500, 600, 700, 1000, 2000, 4000,
];

/// Those of them that older packages sold as space for volumes, and are still called so.
const OF_OLD: &[u64] = &[20, 40, 80, 100, 250, 500, 1000, 2000, 4000];

const SPACE: &str = "performance_storage_space";
const IOPS: &str = "performance_storage_iops";
const TIER: &str = "storage_tier_level";
const SNAPSHOT: &str = "storage_snapshot_space";
const REPLICATION: &str = "performance_storage_replication";

/// Some data centres have prices of their own.
const ELSEWHERE: u64 = 503;

/// Fills the package.
pub fn fill(packages: &mut Builder) {
    packages.package(
        STAAS,
        "STORAGE_AS_A_SERVICE_STAAS",
        "Storage As A Service (StaaS)",
        "STORAGE_AS_A_SERVICE",
    );
    for (key_name, description, category) in [
        ("STORAGE_AS_A_SERVICE", "Storage as a Service", "storage_as_a_service"),
        ("BLOCK_STORAGE_2", "Block Storage", "storage_block"),
        ("FILE_STORAGE_2", "File Storage", "storage_file"),
    ] {
        let item = Item::of(key_name, description, 0, "N/A", category);
        let id = packages.add(STAAS, item, &[(category, None)]);
        packages.add_local_price(STAAS, id, category, ELSEWHERE);
    }
    performance(packages);
    endurance(packages);
    snapshots(packages);
}

fn performance(packages: &mut Builder) {
    for (from, to, least, most) in PERFORMANCE {
        let space =
            Item::of(format!("{from}_{to}_GBS"), format!("{from} - {to} GBs"), 0, "GBs", SPACE);
        let fits = Some(("IOPS", *least, *most));
        packages.add(STAAS, space.between(*from, *to), &[(SPACE, fits)]);
        let speed = Item::of(
            format!("{least}_{most}_IOPS"),
            format!("{least} - {most} IOPS"),
            0,
            "IOPS",
            IOPS,
        );
        let fits = Some(("STORAGE_SPACE", *from, *to));
        packages.add(STAAS, speed.between(*least, *most), &[(IOPS, fits)]);
    }
    let item = Item::of(
        "REPLICATION_FOR_IOPSBASED_PERFORMANCE",
        "Replication for IOPS-based performance",
        0,
        "GB",
        REPLICATION,
    );
    packages.add(STAAS, item, &[(REPLICATION, Some(("IOPS", 1, 48000)))]);
}

fn endurance(packages: &mut Builder) {
    for (key_name, iops, code, most) in ENDURANCE {
        let mut tier = Item::of(*key_name, format!("{iops} IOPS per GB"), code, "N/A", TIER);
        tier.attributes = vec![code.to_string()];
        packages.add(STAAS, tier, &[(TIER, Some(("STORAGE_SPACE", 1, *most)))]);
        let space = Item::of(
            format!("STORAGE_SPACE_FOR_{}_IOPS_PER_GB", iops.replace('.', "_")),
            format!("Storage space for {iops} IOPS per GB"),
            0,
            "GBs",
            SPACE,
        );
        let fits = Some(("STORAGE_TIER_LEVEL", *code, *code));
        packages.add(STAAS, space.between(1, *most), &[(SPACE, fits)]);
    }
    let item = Item::of(
        "REPLICATION_FOR_TIERBASED_PERFORMANCE",
        "Replication for tier-based performance",
        0,
        "GB",
        REPLICATION,
    );
    let each = |code: u64| (REPLICATION, Some(("STORAGE_TIER_LEVEL", code, code)));
    let prices: Vec<_> = ENDURANCE.iter().map(|(_, _, code, _)| each(*code)).collect();
    packages.add(STAAS, item, &prices);
}

/// An item of space is sold as snapshot space of any speed, each at a price of its own.
fn snapshots(packages: &mut Builder) {
    for gb in SNAPSHOTS {
        let middle = if OF_OLD.contains(gb) { "_PERFORMANCE" } else { "" };
        let item = Item::of(
            format!("{gb}_GB{middle}_STORAGE_SPACE"),
            format!("{gb} GB Storage Space"),
            gb,
            "GB",
            SPACE,
        );
        let tiers = ENDURANCE
            .iter()
            .map(|(_, _, code, _)| (SNAPSHOT, Some(("STORAGE_TIER_LEVEL", *code, *code))));
        let iops = (SNAPSHOT, Some(("IOPS", 100, 48000)));
        let prices: Vec<_> = tiers.chain([iops]).collect();
        packages.add(STAAS, item, &prices);
    }
}
