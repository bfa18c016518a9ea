//! What an account has.

use schemars::JsonSchema;
use serde::Deserialize;

/// A user of the account.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserSpec {
    /// Its id.
    pub id: u64,
    /// The name with which it calls.
    pub name: String,
    /// Its API key.
    pub api_key: String,
    /// Its IAM key, which comes with the name `apikey`, or buys a token.
    #[serde(default)]
    pub iam_key: Option<String>,
    /// What it may not do: services, or methods of them (`SoftLayer_Product_Order::placeOrder`).
    #[serde(default)]
    pub denied: Vec<String>,
}

/// A data centre.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatacenterSpec {
    /// Its id.
    pub id: u64,
    /// `dal13`.
    pub name: String,
    /// `Dallas 13`.
    pub long_name: String,
}

/// Which of the two networks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Space {
    /// The private one, behind port 0.
    #[default]
    Private,
    /// The public one, behind port 1.
    Public,
}

impl Space {
    /// As SoftLayer writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "PRIVATE",
            Self::Public => "PUBLIC",
        }
    }

    /// The port of machines that is in it.
    pub fn port(self) -> u64 {
        match self {
            Self::Private => 0,
            Self::Public => 1,
        }
    }
}

/// A VLAN.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VlanSpec {
    /// Its id.
    pub id: u64,
    /// Its number on the router.
    pub number: u64,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Which network.
    pub space: Space,
    /// Where it is.
    pub datacenter: String,
    /// Its router without the data centre: `bcr01a`.
    pub router: String,
    /// Its subnets; the first one is primary.
    pub subnets: Vec<SubnetSpec>,
}

/// A subnet.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubnetSpec {
    /// Its id.
    pub id: u64,
    /// `10.50.0.0/26`.
    pub cidr: String,
    /// Whether addresses of it may move between machines of the VLAN.
    #[serde(default)]
    pub portable: bool,
}

/// An image.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageSpec {
    /// Its id.
    pub id: u64,
    /// Its global identifier.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Whether every account sees it.
    #[serde(default)]
    pub public: bool,
    /// The data centres that have it.
    pub datacenters: Vec<String>,
    /// Its size in GiB.
    pub gib: u64,
}

/// A global address.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GlobalAddressSpec {
    /// Its id.
    pub id: u64,
    /// The address.
    pub address: String,
}

/// A dedicated host.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DedicatedHostSpec {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub datacenter: String,
    /// Its cores.
    pub cores: u64,
    /// Its memory in GiB.
    pub memory: u64,
}

/// A machine's size with a name: a flavor of guests, or a preset of hardware servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresetSpec {
    /// Its id.
    pub id: u64,
    /// `B1_4X8X100`.
    pub key_name: String,
    /// Cores.
    pub cores: u64,
    /// Memory in MiB for a flavor, as SoftLayer writes it.
    pub memory: u64,
    /// GB of the first disk.
    pub disk: u64,
    /// Whether its disks are on the host.
    #[serde(default)]
    pub local: bool,
}
