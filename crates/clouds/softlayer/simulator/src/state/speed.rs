//! How fast a volume is.

/// How fast a volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// So many IOPS, whatever its size.
    Iops(u64),
    /// So many for each GB.
    Tier(Tier),
}

/// IOPS for each GB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// 0.25.
    Low,
    /// 2.
    ReadHeavy,
    /// 4.
    WriteHeavy,
    /// 10.
    Ten,
}

impl Tier {
    /// The tier that the catalogue means with this code.
    pub fn of_code(code: &str) -> Option<Self> {
        let all = [Self::Low, Self::ReadHeavy, Self::WriteHeavy, Self::Ten];
        all.into_iter().find(|tier| tier.code().to_string() == code)
    }

    /// The code with which the catalogue means it.
    pub fn code(self) -> u64 {
        match self {
            Self::Low => 100,
            Self::ReadHeavy => 200,
            Self::WriteHeavy => 300,
            Self::Ten => 1000,
        }
    }

    /// As volumes tell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW_INTENSITY_TIER",
            Self::ReadHeavy => "READHEAVY_TIER",
            Self::WriteHeavy => "WRITEHEAVY_TIER",
            Self::Ten => "10_IOPS_PER_GB",
        }
    }

    fn iops(self, gb: u64) -> u64 {
        match self {
            Self::Low => gb / 4,
            Self::ReadHeavy => gb * 2,
            Self::WriteHeavy => gb * 4,
            Self::Ten => gb * 10,
        }
    }
}

impl Speed {
    /// What prices that depend on the speed call it.
    pub fn restriction(self) -> &'static str {
        match self {
            Self::Iops(_) => "IOPS",
            Self::Tier(_) => "STORAGE_TIER_LEVEL",
        }
    }

    /// The number by which they depend on it.
    pub fn number(self) -> u64 {
        match self {
            Self::Iops(iops) => iops,
            Self::Tier(tier) => tier.code(),
        }
    }

    /// The IOPS of a volume of so many GB.
    pub fn iops(self, gb: u64) -> u64 {
        match self {
            Self::Iops(iops) => iops,
            Self::Tier(tier) => tier.iops(gb),
        }
    }
}
