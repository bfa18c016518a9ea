//! Versions of CloudStack.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A version, as far as it tells what a cloud knows: `4.22.0.0-SNAPSHOT` is 4.22.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// The first release of a line: 4.12 is `Version::new(4, 12)`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor, patch: 0 }
    }

    /// Reads what `listCapabilities` and `since` say; None for what is no version. What stands
    /// behind the third number says nothing of what is known.
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let mut numbers = text[..end].split('.').map(str::parse::<u32>);
        let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        let patch = numbers.next().and_then(Result::ok).unwrap_or_default();
        Some(Self { major, minor, patch })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            0 => write!(f, "{}.{}", self.major, self.minor),
            patch => write!(f, "{}.{}.{patch}", self.major, self.minor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number_and_not_by_letter() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("4.9.3.1") < version("4.11.3.0"));
        assert_eq!(version("4.22.0.0-SNAPSHOT"), Version::new(4, 22));
        assert_eq!(version("4.9+"), Version::new(4, 9));
        assert!(version("4.20.2") > Version::new(4, 20) && version("4.20.2") < version("4.21"));
        assert_eq!(version("4.20.1.0").to_string(), "4.20.1");
        assert_eq!(Version::parse("four"), None);
        assert_eq!(Version::parse("4"), None);
    }
}
