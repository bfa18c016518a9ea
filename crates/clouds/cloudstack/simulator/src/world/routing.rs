//! Network offerings, public addresses and key pairs that are there from the start.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// The network offerings that every CloudStack comes with.
const BUILTIN: &str = include_str!("../../worlds/network_offerings.yaml");

/// Public addresses of a zone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicRangeSpec {
    /// Its zone, by name.
    pub zone: String,
    /// The first address.
    pub start: Ipv4Addr,
    /// The last address.
    pub end: Ipv4Addr,
    /// Its VLAN.
    pub vlan: u32,
}

/// An SSH key pair.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPairSpec {
    /// Its name.
    pub name: String,
    /// The account that owns it, by name.
    pub account: String,
    /// Its public half.
    pub public_key: String,
}

/// A network offering.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkOfferingSpec {
    /// Its name.
    pub name: String,
    /// What people see; its name without.
    #[serde(default)]
    pub display_text: Option<String>,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// `Isolated`, `Shared` or `L2`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `Optional` or `Required`.
    #[serde(default = "optional")]
    pub availability: String,
    /// The switches that are on, under the names of the API's answer; beside those `autoscaling`,
    /// `elasticip` and `elasticlb`.
    #[serde(default)]
    pub flags: Vec<String>,
    /// `NATTED` or `ROUTED`, where it says so.
    #[serde(default)]
    pub networkmode: Option<String>,
    /// What it offers, and who provides that: `UserData: VirtualRouter`.
    #[serde(default)]
    pub services: BTreeMap<String, String>,
}

impl NetworkOfferingSpec {
    /// The offerings that every CloudStack comes with.
    pub fn builtin() -> Vec<Self> {
        match serde_saphyr::from_str(BUILTIN) {
            Ok(offerings) => offerings,
            // A test reads it; it is part of the program.
            Err(error) => unreachable!("{error}"),
        }
    }

    /// Whether this switch is on.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }
}

fn optional() -> String {
    "Optional".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The built-in offerings can be read, and the one that isolated networks take is there.
    #[test]
    fn the_builtin_offerings_are_read() {
        let offerings = NetworkOfferingSpec::builtin();
        let isolated = "DefaultIsolatedNetworkOfferingWithSourceNatService";
        let found = offerings.iter().find(|offering| offering.name == isolated).unwrap();
        assert_eq!(found.services["UserData"], "VirtualRouter");
    }
}
