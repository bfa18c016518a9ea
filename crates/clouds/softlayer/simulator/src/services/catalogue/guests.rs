//! What a virtual guest can be made of.

use crate::services::catalogue::builder::Builder;
use crate::state::catalogue::{FLAVORS, GUESTS, Item};

const CORES: &[u64] = &[1, 2, 4, 8, 12, 16, 32, 48, 56];
const MEMORY: &[u64] = &[1, 2, 4, 6, 8, 12, 16, 32, 48, 64, 96, 128, 192, 242];
const SPEEDS: &[u64] = &[10, 100, 1000];
const DISKS: &[u64] = &[
    10, 20, 25, 30, 40, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 750, 1000, 1500,
    2000,
];

/// Fills the packages.
pub fn fill(packages: &mut Builder) {
    packages.package(GUESTS, "CLOUD_SERVER", "Cloud Server", "VIRTUAL_SERVER_INSTANCE");
    packages.package(
        FLAVORS,
        "PUBLIC_CLOUD_SERVER",
        "Public Virtual Multi Tenant",
        "VIRTUAL_SERVER_INSTANCE",
    );
    for n in CORES {
        let item = Item::of(
            format!("GUEST_CORES_{n}"),
            format!("{n} x 2.0 GHz or higher Cores"),
            n,
            "CORE",
            "guest_core",
        );
        packages.add(GUESTS, item, &[("guest_core", None)]);
    }
    for gb in MEMORY {
        let item = Item::of(format!("RAM_{gb}_GB"), format!("{gb} GB"), gb, "GB", "ram");
        packages.add(GUESTS, item, &[("ram", None)]);
    }
    for n in SPEEDS {
        let item = Item::of(
            format!("{n}_MBPS_PUBLIC_PRIVATE_NETWORK_UPLINKS"),
            format!("{n} Mbps Public & Private Network Uplinks"),
            n,
            "Mbps",
            "port_speed",
        );
        packages.add(GUESTS, item, &[("port_speed", None)]);
    }
    let categories = ["guest_disk0", "guest_disk1", "guest_disk2", "guest_disk3", "guest_disk4"];
    for gb in DISKS {
        for place in ["LOCAL", "SAN"] {
            let item = Item::of(
                format!("GUEST_DISK_{gb}_GB_{place}"),
                format!("{gb} GB ({place})"),
                gb,
                "GB",
                "guest_disk0",
            );
            packages.add(GUESTS, item, &categories.map(|category| (category, None)));
        }
    }
}
