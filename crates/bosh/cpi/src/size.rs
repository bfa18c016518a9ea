//! Sizes with their unit in the type. BOSH speaks MiB, most clouds speak GiB.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A size in MiB, BOSH's unit for disks and memory.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct MiB(pub u64);

/// A size in GiB, the unit in which clouds sell disks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct GiB(pub u64);

impl MiB {
    /// The smallest whole number of GiB that holds this size: 1 MiB is 1 GiB.
    pub fn ceil_gib(self) -> GiB {
        GiB(self.0.div_ceil(1024))
    }
}

impl GiB {
    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0.saturating_mul(1 << 30)
    }

    /// The smallest whole number of GiB that holds `bytes`.
    pub fn ceil_bytes(bytes: u64) -> GiB {
        GiB(bytes.div_ceil(1 << 30))
    }
}

impl From<GiB> for MiB {
    fn from(size: GiB) -> MiB {
        MiB(size.0.saturating_mul(1024))
    }
}

impl std::fmt::Display for MiB {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} MiB", self.0)
    }
}

impl std::fmt::Display for GiB {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} GiB", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_up_and_never_to_zero() {
        assert_eq!(MiB(1).ceil_gib(), GiB(1));
        assert_eq!(MiB(1024).ceil_gib(), GiB(1));
        assert_eq!(MiB(1500).ceil_gib(), GiB(2));
        assert_eq!(GiB::ceil_bytes((3 << 30) + 1), GiB(4));
    }
}
