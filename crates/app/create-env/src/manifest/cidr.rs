//! Ranges of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range such as `10.0.0.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// The network's address.
    network: IpAddr,
    /// The length of its prefix, in bits.
    prefix: u32,
}

impl Cidr {
    /// Reads `address/prefix`; the address may be any of the range.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let prefix: u32 = prefix.parse().ok()?;
        let cidr = Cidr { network: address, prefix };
        (prefix <= cidr.bits()).then(|| Cidr { network: cidr.first_of(address), prefix })
    }

    /// Whether the range has this address.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.network.is_ipv4() && self.first_of(address) == self.network
    }

    /// The network's address.
    pub fn network(&self) -> IpAddr {
        self.network
    }

    /// The last address, which is IPv4's broadcast.
    pub fn last(&self) -> IpAddr {
        match (self.network, self.mask()) {
            (IpAddr::V4(network), IpAddr::V4(mask)) => {
                Ipv4Addr::from(u32::from(network) | !u32::from(mask)).into()
            }
            (IpAddr::V6(network), IpAddr::V6(mask)) => {
                Ipv6Addr::from(u128::from(network) | !u128::from(mask)).into()
            }
            (network, _) => network,
        }
    }

    /// The mask as the CPI gets it: dotted, or eight groups of four digits.
    pub fn netmask(&self) -> String {
        match self.mask() {
            IpAddr::V4(mask) => mask.to_string(),
            IpAddr::V6(mask) => {
                let groups: Vec<String> =
                    mask.segments().iter().map(|group| format!("{group:04x}")).collect();
                groups.join(":")
            }
        }
    }

    fn bits(&self) -> u32 {
        if self.network.is_ipv4() { 32 } else { 128 }
    }

    fn mask(&self) -> IpAddr {
        match self.network {
            IpAddr::V4(_) => {
                Ipv4Addr::from(u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0)).into()
            }
            IpAddr::V6(_) => {
                Ipv6Addr::from(u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)).into()
            }
        }
    }

    fn first_of(&self, address: IpAddr) -> IpAddr {
        match (address, self.mask()) {
            (IpAddr::V4(address), IpAddr::V4(mask)) => {
                Ipv4Addr::from(u32::from(address) & u32::from(mask)).into()
            }
            (IpAddr::V6(address), IpAddr::V6(mask)) => {
                Ipv6Addr::from(u128::from(address) & u128::from(mask)).into()
            }
            (address, _) => address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_know_their_ends_and_their_mask() {
        let range = Cidr::parse("10.0.0.77/26").unwrap();
        assert_eq!(range.network().to_string(), "10.0.0.64");
        assert_eq!(range.last().to_string(), "10.0.0.127");
        assert_eq!(range.netmask(), "255.255.255.192");
        assert!(range.contains("10.0.0.100".parse().unwrap()));
        assert!(!range.contains("10.0.0.1".parse().unwrap()));
        assert!(!range.contains("::1".parse().unwrap()));
        let range = Cidr::parse("fd00::/64").unwrap();
        assert_eq!(range.netmask(), "ffff:ffff:ffff:ffff:0000:0000:0000:0000");
        assert_eq!(Cidr::parse("0.0.0.0/0").unwrap().last().to_string(), "255.255.255.255");
        for wrong in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/24", "10.0.0.0/+8", "::/129"] {
            assert_eq!(Cidr::parse(wrong), None, "{wrong}");
        }
    }
}
