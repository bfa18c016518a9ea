//! Ranges of addresses.

use std::net::Ipv4Addr;

/// A range: `10.50.0.0/26`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Its first address.
    pub network: Ipv4Addr,
    /// The length of its mask.
    pub bits: u32,
}

impl Range {
    /// Reads `10.50.0.0/26`; host bits have to be 0.
    pub fn parse(text: &str) -> Option<Self> {
        let (network, bits) = text.split_once('/')?;
        let range = Self { network: network.parse().ok()?, bits: bits.parse().ok()? };
        let fits = range.bits <= 32 && range.first() & !range.mask() == 0;
        fits.then_some(range)
    }

    fn first(self) -> u32 {
        u32::from(self.network)
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - self.bits).unwrap_or(0)
    }

    /// How many addresses there are.
    pub fn size(self) -> u32 {
        1_u32.checked_shl(32 - self.bits).unwrap_or(u32::MAX)
    }

    /// Its mask as an address.
    pub fn netmask(self) -> Ipv4Addr {
        self.mask().into()
    }

    /// The address at a place, counted from 0.
    pub fn at(self, place: u32) -> Ipv4Addr {
        (self.first() + place).into()
    }

    /// Its last address.
    pub fn broadcast(self) -> Ipv4Addr {
        self.at(self.size() - 1)
    }
}
