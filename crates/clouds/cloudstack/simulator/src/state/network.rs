//! Guest networks and their addresses.

use super::{Cloud, Entity};
use crate::engine::Refusal;
use crate::world::{NetworkKind, World};
use cloudstack::phrases;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A guest network.
#[derive(Debug, Clone)]
pub struct Network {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What people see.
    pub display_text: String,
    /// Its zone.
    pub zone: String,
    /// What it is.
    pub kind: NetworkKind,
    /// Its network offering, by name.
    pub offering: String,
    /// The account that owns it; None for one of everybody's.
    pub owner: Option<String>,
    /// Its addresses; None for an L2 network.
    pub range: Option<Range>,
    /// Its IPv6 addresses, where it has such.
    pub range6: Option<Range6>,
    /// Its VLAN; an isolated one has one while it is implemented.
    pub vlan: Option<String>,
    /// Its DNS domain.
    pub domain: String,
    /// The VPC whose tier it is.
    pub vpc: Option<String>,
    /// The network ACL of a VPC tier.
    pub acl: Option<String>,
    /// Whether a VM has started in it since it was made: `Implemented`, not `Allocated`.
    pub implemented: bool,
    /// Whether its router starts, for its first VM.
    pub implementing: bool,
    /// When it was made.
    pub created: Timestamp,
    /// The last MAC that it gave out.
    pub last_mac: u16,
}

impl Entity for Network {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The addresses of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The network's own address.
    pub base: Ipv4Addr,
    /// The length of the prefix.
    pub prefix: u8,
    /// The gateway: the virtual router where there is one.
    pub gateway: Ipv4Addr,
    /// The first address that is given out.
    pub start: Ipv4Addr,
    /// The last one.
    pub end: Ipv4Addr,
}

impl Range {
    /// Reads `10.50.0.0/24`; the first address is the gateway, the rest are given out.
    pub fn parse(cidr: &str) -> Option<Self> {
        let (base, prefix) = cidr.split_once('/')?;
        let (base, prefix): (Ipv4Addr, u8) = (base.parse().ok()?, prefix.parse().ok()?);
        if !(8..=30).contains(&prefix) {
            return None;
        }
        let base = u32::from(base) & mask(prefix);
        Some(Self {
            base: base.into(),
            prefix,
            gateway: (base + 1).into(),
            start: (base + 2).into(),
            end: ((base | !mask(prefix)) - 1).into(),
        })
    }

    /// The range that `gateway` stands in; None if that can be no host's address, or if the mask
    /// is none.
    pub fn around(gateway: Ipv4Addr, netmask: Ipv4Addr) -> Option<Self> {
        let (bits, prefix) = (u32::from(netmask), u32::from(netmask).leading_ones());
        if bits.count_ones() != prefix {
            return None;
        }
        let range = Self::parse(&format!("{gateway}/{prefix}"))?;
        let start = Ipv4Addr::from(u32::from(range.base) + 1);
        (start <= gateway && gateway <= range.end).then_some(Self { gateway, start, ..range })
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == u32::from(self.base)
    }

    /// `10.50.0.0/24`.
    pub fn cidr(&self) -> String {
        format!("{}/{}", self.base, self.prefix)
    }

    /// `255.255.255.0`.
    pub fn netmask(&self) -> Ipv4Addr {
        mask(self.prefix).into()
    }

    /// Every address that can be given out.
    pub fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        let gateway = self.gateway;
        (u32::from(self.start)..=u32::from(self.end))
            .map(Ipv4Addr::from)
            .filter(move |address| *address != gateway)
    }
}

/// The IPv6 addresses of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range6 {
    /// The network's own address.
    pub base: Ipv6Addr,
    /// The length of the prefix.
    pub prefix: u8,
}

impl Range6 {
    /// Reads `fd00:4::/64`.
    pub fn parse(cidr: &str) -> Option<Self> {
        let (base, prefix) = cidr.split_once('/')?;
        let (base, prefix): (Ipv6Addr, u8) = (base.parse().ok()?, prefix.parse().ok()?);
        (8..=120).contains(&prefix).then(|| Self { base: base_of(base, prefix), prefix })
    }

    /// The first address: the router.
    pub fn gateway(&self) -> Ipv6Addr {
        (u128::from(self.base) + 1).into()
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        base_of(address, self.prefix) == self.base
    }

    /// `fd00:4::/64`.
    pub fn cidr(&self) -> String {
        format!("{}/{}", self.base, self.prefix)
    }
}

fn base_of(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or_default();
    (u128::from(address) & mask).into()
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or_default()
}

impl Network {
    /// `Allocated`, `Implemented` or `Setup`.
    pub fn state(&self) -> &'static str {
        match (self.kind, self.implemented) {
            (NetworkKind::Shared, _) => "Setup",
            (_, true) => "Implemented",
            (_, false) => "Allocated",
        }
    }
}

impl Cloud {
    pub(super) fn add_networks(&mut self, world: &World) {
        // CloudStack lists the newest first, and so does the world.
        for spec in world.networks.iter().rev() {
            let zone = self.zones.iter().find(|zone| zone.name() == spec.zone);
            let zone = zone.map(|zone| zone.id.clone()).unwrap_or_default();
            let owner = spec.account.as_deref().and_then(|name| self.account_named(name));
            let owner = owner.map(|account| account.id.clone());
            let project = self.projects.iter().find(|it| Some(&it.name) == spec.project.as_ref());
            let owner = project.map(|project| project.account.clone()).or(owner);
            let range = Range::parse(&spec.cidr).map(|range| Range {
                start: spec.start.unwrap_or(range.start),
                end: spec.end.unwrap_or(range.end),
                ..range
            });
            let network = Network {
                id: self.id_or_new(spec.id.as_ref()),
                name: spec.name.clone(),
                display_text: spec.display_text.clone().unwrap_or_else(|| spec.name.clone()),
                zone,
                kind: spec.kind,
                offering: spec.offering.clone(),
                owner,
                range,
                range6: spec.cidr6.as_deref().and_then(Range6::parse),
                vlan: spec.vlan.clone(),
                domain: spec.domain.clone(),
                vpc: None,
                acl: None,
                implemented: false,
                implementing: false,
                created: self.now(),
                last_mac: 0,
            };
            self.networks.insert(network);
        }
    }

    /// The addresses of a network that somebody has.
    pub fn taken_addresses(&self, network: &str) -> BTreeSet<Ipv4Addr> {
        let nics = self.vms.iter().flat_map(|vm| &vm.nics);
        let here = nics.filter(|nic| nic.network == network);
        here.flat_map(|nic| {
            nic.address.into_iter().chain(nic.secondary.iter().map(|it| it.address))
        })
        .collect()
    }

    /// An address of a network: the wanted one, or any that is free; None in an L2 network.
    pub fn pick_address(
        &mut self,
        network: &str,
        wanted: Option<Ipv4Addr>,
    ) -> Result<Option<Ipv4Addr>, Refusal> {
        let Some(found) = self.networks.get(network) else { return Ok(None) };
        let Some(range) = found.range else { return Ok(wanted) };
        let refusal = no_address(found, self.networks.number(network));
        let taken = self.taken_addresses(network);
        let free = |address: &Ipv4Addr| !taken.contains(address);
        let picked = match wanted {
            Some(wanted) => range.addresses().find(|address| *address == wanted).filter(free),
            None => {
                let free: Vec<Ipv4Addr> = range.addresses().filter(free).collect();
                self.choose(&free)
            }
        };
        picked.map(Some).ok_or(refusal)
    }

    /// The IPv6 address of a new NIC: the wanted one, or the lowest that is free; None in a
    /// network without such.
    pub fn pick_address6(
        &self,
        network: &str,
        wanted: Option<Ipv6Addr>,
    ) -> Result<Option<Ipv6Addr>, Refusal> {
        let Some(found) = self.networks.get(network) else { return Ok(None) };
        let Some(range) = found.range6 else {
            return match wanted {
                None => Ok(None),
                Some(_) => Err(Refusal::invalid(format!("{} has no IPv6 range", found.name))),
            };
        };
        let nics = || self.vms.iter().flat_map(|vm| &vm.nics).filter(|nic| nic.network == network);
        let free = |address: &Ipv6Addr| {
            *address != range.gateway() && nics().all(|nic| nic.address6 != Some(*address))
        };
        let picked = match wanted {
            Some(wanted) => Some(wanted).filter(|it| range.contains(*it)).filter(free),
            None => (2..u128::from(u16::MAX))
                .map(|host| Ipv6Addr::from(u128::from(range.base) + host))
                .find(free),
        };
        let refusal = || no_address(found, self.networks.number(network));
        picked.map(Some).ok_or_else(refusal)
    }

    /// A MAC that nobody has, in the network's own series.
    pub fn pick_mac(&mut self, network: &str) -> String {
        let number = self.networks.number(network);
        loop {
            let Some(found) = self.networks.get_mut(network) else { return String::new() };
            found.last_mac = found.last_mac.wrapping_add(1);
            let ([.., high, low], [seq_high, seq_low]) =
                (number.to_be_bytes(), found.last_mac.to_be_bytes());
            let mac = format!("02:01:{high:02x}:{low:02x}:{seq_high:02x}:{seq_low:02x}");
            if !self.mac_is_taken(&mac) {
                return mac;
            }
        }
    }

    /// Whether a NIC has this MAC.
    pub fn mac_is_taken(&self, mac: &str) -> bool {
        self.vms.iter().flat_map(|vm| &vm.nics).any(|nic| nic.mac.eq_ignore_ascii_case(mac))
    }
}

/// The recorded 530 with cserrorcode 0; the words differ by the kind of network.
fn no_address(network: &Network, number: u64) -> Refusal {
    let text = match network.kind {
        NetworkKind::Shared => phrases::NO_ADDRESS.into(),
        NetworkKind::Isolated | NetworkKind::L2 => format!(
            "{} address for network {} ({}, id {number})",
            phrases::NO_GUEST_ADDRESS,
            network.name,
            network.id
        ),
    };
    Refusal::new(530, 0, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A range gives out everything but its own address, the gateway and the broadcast address.
    #[test]
    fn ranges_keep_their_ends() {
        let range = Range::parse("10.50.0.9/29").unwrap();
        assert_eq!(range.cidr(), "10.50.0.8/29");
        assert_eq!(range.netmask().to_string(), "255.255.255.248");
        let addresses: Vec<String> = range.addresses().map(|a| a.to_string()).collect();
        assert_eq!(
            addresses,
            ["10.50.0.10", "10.50.0.11", "10.50.0.12", "10.50.0.13", "10.50.0.14"]
        );
        let gateway = |gateway: [u8; 4], mask: [u8; 4]| Range::around(gateway.into(), mask.into());
        let range = gateway([10, 60, 0, 9], [255, 255, 255, 0]).unwrap();
        assert!(range.addresses().all(|address| address != range.gateway));
        assert!(range.contains([10, 60, 0, 200].into()) && !range.contains([10, 60, 1, 1].into()));
        assert_eq!(gateway([10, 60, 0, 1], [255, 0, 255, 0]), None);
        assert_eq!(gateway([10, 60, 0, 255], [255, 255, 255, 0]), None);
        assert_eq!(Range::parse("10.0.0.0"), None);
        assert_eq!(Range::parse("10.0.0.0/33"), None);
    }
}
