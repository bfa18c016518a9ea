//! Guest networks that are there from the start.

use schemars::JsonSchema;
use serde::Deserialize;
use std::net::Ipv4Addr;

/// A guest network.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Its name.
    pub name: String,
    /// What people see; its name without.
    #[serde(default)]
    pub display_text: Option<String>,
    /// Its id; a fresh one without.
    #[serde(default)]
    pub id: Option<String>,
    /// Its zone, by name.
    pub zone: String,
    /// What it is.
    pub kind: NetworkKind,
    /// Its network offering, by name.
    pub offering: String,
    /// The account that owns it, by name; without one it is everybody's.
    #[serde(default)]
    pub account: Option<String>,
    /// The project that owns it, by name, instead of an account.
    #[serde(default)]
    pub project: Option<String>,
    /// Its range, as `10.50.0.0/24`.
    pub cidr: String,
    /// Its IPv6 range, as `fd00:4::/64`; its first address is the gateway.
    #[serde(default)]
    pub cidr6: Option<String>,
    /// The first address that it gives out; the range's without.
    #[serde(default)]
    pub start: Option<Ipv4Addr>,
    /// The last address that it gives out.
    #[serde(default)]
    pub end: Option<Ipv4Addr>,
    /// Its VLAN; an isolated one gets one when it is first used.
    #[serde(default)]
    pub vlan: Option<String>,
    /// Its DNS domain.
    pub domain: String,
}

/// What a network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum NetworkKind {
    /// Of one account, behind a virtual router. VPC tiers are such.
    #[serde(rename = "isolated")]
    Isolated,
    /// Made by an admin for many.
    #[serde(rename = "shared")]
    Shared,
    /// Without addresses.
    #[serde(rename = "l2")]
    L2,
}

impl NetworkKind {
    /// As `type` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Isolated => "Isolated",
            Self::Shared => "Shared",
            Self::L2 => "L2",
        }
    }
}
