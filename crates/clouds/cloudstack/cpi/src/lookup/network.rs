//! Networks of a zone, and who gives their VMs user-data.

use super::{rows, zone};
use crate::name_ref::{Found, NameRef, NetworkRef, only};
use crate::properties::{PATH, UserDataSource};
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{ListNetworks, Network, NetworkService};
use cpi_kit::Cacheable;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// A network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NetworkFacts {
    pub id: String,
    /// Who gives VMs their user-data; None where an id spared us to ask.
    pub user_data: Option<UserDataProvider>,
    /// Its range of IPv4 addresses.
    #[serde(default)]
    pub cidr: Option<String>,
    /// Its gateway, which no VM can have.
    #[serde(default)]
    pub gateway: Option<Ipv4Addr>,
    /// Whether it is a tier of a VPC.
    #[serde(default)]
    pub is_tier: bool,
}

/// Who gives the VMs of a network their user-data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum UserDataProvider {
    /// A virtual router, over HTTP.
    Router,
    /// A disk that CloudStack adds to the VM.
    ConfigDrive,
    /// Something that we do not know, by its name.
    Other(String),
    /// Nobody.
    Nobody,
}

impl Cacheable for NetworkFacts {
    const NOUN: &'static str = "network";
}

impl NetworkFacts {
    /// A network of which the id alone is known.
    fn of_id(id: String) -> Self {
        Self { id, user_data: None, cidr: None, gateway: None, is_tier: false }
    }

    /// Why no VM in this network can have an address; None if it can, or nobody knows.
    pub(crate) fn cannot_have(&self, address: Ipv4Addr) -> Option<String> {
        let cidr: Ipv4Net = self.cidr.as_ref()?.parse().ok()?;
        let why = match address {
            _ if !cidr.contains(&address) => "is outside of",
            _ if self.gateway == Some(address) => "is the gateway of",
            // A range of two addresses or one has neither of these.
            _ if cidr.prefix_len() > 30 => return None,
            _ if address == cidr.network() => "is the network address of",
            _ if address == cidr.broadcast() => "is the broadcast address of",
            _ => return None,
        };
        Some(format!("{address} {why} {cidr}"))
    }
}

impl From<&Network> for NetworkFacts {
    fn from(network: &Network) -> Self {
        Self {
            id: network.id.clone(),
            user_data: Some(UserDataProvider::of(network)),
            cidr: network.cidr.clone(),
            gateway: network.gateway.as_ref().and_then(|gateway| gateway.parse().ok()),
            is_tier: network.vpcid.is_some(),
        }
    }
}

impl UserDataProvider {
    /// The provider of the service `UserData`.
    pub(crate) fn of(network: &Network) -> Self {
        let service = network.service.iter().find(|service| service.name == "UserData");
        let provider = |service: &NetworkService| {
            service.other.get("provider")?.get(0)?.get("name")?.as_str().map(str::to_owned)
        };
        match service.map(|service| provider(service).unwrap_or_default()).as_deref() {
            None => Self::Nobody,
            Some("VirtualRouter" | "VpcVirtualRouter") => Self::Router,
            Some("ConfigDrive") => Self::ConfigDrive,
            Some(other) => Self::Other(other.to_owned()),
        }
    }

    /// Why a network will not do for agents that want their settings from `wanted`; None if it
    /// will.
    pub(crate) fn mismatch(&self, wanted: UserDataSource) -> Option<String> {
        use UserDataSource::{Auto, ConfigDrive, VirtualRouter};
        let wants = |what: &str, has: &str| {
            Some(format!("has user-data from {has}, but {PATH}.user_data says {what}"))
        };
        match (wanted, self) {
            (_, Self::Nobody) => Some(
                "gives no user-data: its offering has the service UserData from neither a virtual \
                 router nor a config drive"
                    .to_owned(),
            ),
            (Auto, _) => None,
            (VirtualRouter, Self::Router) | (ConfigDrive, Self::ConfigDrive) => None,
            (VirtualRouter, Self::ConfigDrive) => wants("virtual_router", "a config drive"),
            (VirtualRouter, Self::Other(other)) => wants("virtual_router", other),
            (ConfigDrive, Self::Router) => wants("config_drive", "a virtual router"),
            (ConfigDrive, Self::Other(other)) => wants("config_drive", other),
        }
    }
}

/// Finds networks of a zone, in order, with one call for all of them at most.
pub(crate) async fn find_all(
    cloud: &CloudStack,
    wanted: &[NetworkRef],
    zone: &NameRef,
) -> Result<Vec<Found<NetworkFacts>>> {
    let known: Vec<_> = wanted.iter().map(|wanted| known(cloud, wanted, zone)).collect();
    let unknown: Vec<_> =
        wanted.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(w, _)| w).collect();
    let listed = match unknown.as_slice() {
        [] => Vec::new(),
        // The filter by name is younger than the CPIs; the keyword filters as well.
        [one] => list(cloud, &one.network, Some(one.network.text.clone())).await?,
        [first, ..] => list(cloud, &first.network, None).await?,
    };
    let find = |(wanted, known): (&NetworkRef, Option<Found<NetworkFacts>>)| match known {
        Some(found) => Ok(found),
        None => pick(cloud, wanted, zone, &listed),
    };
    wanted.iter().zip(known).map(find).collect()
}

fn known(cloud: &CloudStack, wanted: &NetworkRef, zone: &NameRef) -> Option<Found<NetworkFacts>> {
    if wanted.network.is_id() {
        let id = wanted.network.text.clone();
        return Some(Found::literal(NetworkFacts::of_id(id)));
    }
    cloud.cached(&wanted.network, &wanted.place(zone))
}

async fn list(
    cloud: &CloudStack,
    wanted: &NameRef,
    keyword: Option<String>,
) -> Result<Vec<Network>> {
    rows(cloud, wanted, ListNetworks { keyword, ..ListNetworks::default() }).await
}

fn pick(
    cloud: &CloudStack,
    wanted: &NetworkRef,
    zone: &NameRef,
    listed: &[Network],
) -> Result<Found<NetworkFacts>> {
    let NetworkRef { network: named, vpc } = wanted;
    let zone_name = |network: &Network| {
        network.other.get("zonename").and_then(|name| name.as_str()).map(str::to_owned)
    };
    let fits = |network: &&Network| {
        named.matches(&network.id, &network.name)
            && zone::is_in(zone, network.zoneid.as_deref(), zone_name(network).as_deref())
            && vpc.as_deref().is_none_or(|vpc| is_tier(vpc, network))
    };
    let found: Vec<_> = listed.iter().filter(fits).map(NetworkFacts::from).collect();
    let what = match vpc {
        Some(vpc) => format!("tier of VPC '{vpc}' in zone '{}' named", zone.text),
        None => format!("network of zone '{}' named", zone.text),
    };
    let facts = only(named, &what, found, |row| &row.id)?;
    Ok(cloud.remember(named, &wanted.place(zone), facts))
}

fn is_tier(vpc: &str, network: &Network) -> bool {
    let name = network.other.get("vpcname").and_then(|name| name.as_str());
    network.vpcid.as_deref() == Some(vpc) || name == Some(vpc)
}
