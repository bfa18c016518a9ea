//! What a hardware server is ordered with, beside its preset.

use crate::services::catalogue::builder::Builder;
use crate::state::catalogue::{HARDWARE, Item, PriceBilling};

/// The categories without which no server is sold.
pub const NEEDED: &[&str] =
    &["os", "port_speed", "bandwidth", "pri_ip_addresses", "remote_management", "vpn_management"];

const ITEMS: &[(&str, &str, u64, &str, &str)] = &[
    (
        "OS_UBUNTU_22_04_LTS_JAMMY_JELLYFISH_64_BIT",
        "Ubuntu Linux 22.04 LTS Jammy Jellyfish (64 bit)",
        0,
        "N/A",
        "os",
    ),
    (
        "OS_UBUNTU_24_04_LTS_NOBLE_NUMBAT_64_BIT",
        "Ubuntu Linux 24.04 LTS Noble Numbat (64 bit)",
        0,
        "N/A",
        "os",
    ),
    ("OS_DEBIAN_12_X_BOOKWORM_64_BIT", "Debian GNU/Linux 12.x Bookworm (64 bit)", 0, "N/A", "os"),
    (
        "1_GBPS_PUBLIC_PRIVATE_NETWORK_UPLINKS",
        "1 Gbps Public & Private Network Uplinks",
        1000,
        "Mbps",
        "port_speed",
    ),
    ("1_GBPS_PRIVATE_NETWORK_UPLINK", "1 Gbps Private Network Uplink", 1000, "Mbps", "port_speed"),
    (
        "10_GBPS_PUBLIC_PRIVATE_NETWORK_UPLINKS",
        "10 Gbps Public & Private Network Uplinks",
        10000,
        "Mbps",
        "port_speed",
    ),
    ("BANDWIDTH_0_GB_2", "0 GB Bandwidth Allotment", 0, "GB", "bandwidth"),
    ("BANDWIDTH_0_GB", "0 GB Bandwidth Allotment", 0, "GB", "bandwidth"),
    ("BANDWIDTH_20000_GB", "20000 GB Bandwidth Allotment", 20000, "GB", "bandwidth"),
    ("1_IP_ADDRESS", "1 IP Address", 1, "N/A", "pri_ip_addresses"),
    ("REBOOT_KVM_OVER_IP", "Reboot / KVM over IP", 0, "N/A", "remote_management"),
    (
        "UNLIMITED_SSL_VPN_USERS_1_PPTP_VPN_USER_PER_ACCOUNT",
        "Unlimited SSL VPN Users & 1 PPTP VPN User per account",
        0,
        "N/A",
        "vpn_management",
    ),
];

/// What can be paid for in one way only, as recorded.
const BILLING: &[(&str, PriceBilling)] =
    &[("BANDWIDTH_0_GB_2", PriceBilling::Hourly), ("BANDWIDTH_0_GB", PriceBilling::Monthly)];

/// Fills the package.
pub fn fill(packages: &mut Builder) {
    packages.package(
        HARDWARE,
        "BARE_METAL_SERVER",
        "Bare Metal Server",
        "BARE_METAL_CPU_FAST_PROVISION",
    );
    for (key_name, description, capacity, units, category) in ITEMS {
        let item = Item::of(*key_name, *description, capacity, units, category);
        let id = packages.add(HARDWARE, item, &[(category, None)]);
        let billing = BILLING.iter().find(|(name, _)| name == key_name);
        if let Some((_, billing)) = billing {
            packages.bill_only(id, *billing);
        }
    }
}
