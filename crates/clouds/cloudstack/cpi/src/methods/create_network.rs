//! `create_network`: a network that BOSH manages, isolated or a tier of a VPC.

use crate::api::change;
use crate::errors::{Activity, ResultExt};
use crate::intent::Intent;
use crate::lookup;
use crate::name_ref::NameRef;
use crate::properties::{self, CloudStackProperties, NetworkProperties, PATH, Wait, given};
use crate::resources::network;
use crate::session::CloudStack;
use bosh_cpi::answer::NetworkCreated;
use bosh_cpi::method::{CreateNetwork as Call, Hash};
use bosh_cpi::{CloudProperties, CpiError, NetworkCid, Result};
use cloudstack::api::{CreateNetwork, ListNetworks, Network, Object, Vpc};
use cpi_kit::{Owned, Provider};
use ipnet::Ipv4Net;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// What an isolated network is made of where nobody says.
const ISOLATED: &str = "DefaultIsolatedNetworkOfferingWithSourceNatService";

/// The same of a tier.
const TIER: &str = "DefaultIsolatedNetworkOfferingForVpcNetworks";

/// Where CloudStack itself puts a network of which it is told nothing.
const USUAL_GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 1, 1, 1);

/// How large a tier is of which nobody says it.
const USUAL_BITS: u32 = 24;

/// A gateway and a netmask.
type Span = (Ipv4Addr, Ipv4Addr);

pub(crate) async fn run(cloud: &CloudStack, call: Call) -> Result<NetworkCreated> {
    let Definition { properties, raw, path, span, bits } =
        Definition::read(&call.definition, cloud.properties.strict)?;
    let zone = zone(&cloud.properties, &properties, &path)?;
    let offering = match (given(&properties.network_offering), given(&properties.vpc)) {
        (Some(named), _) => named,
        (None, Some(_)) => TIER,
        (None, None) => ISOLATED,
    };
    let offering = NameRef::new(offering, format!("{path}.network_offering"));
    let (zone, offering, vpc) = tokio::join!(
        lookup::zone::find(cloud, &zone),
        lookup::network_parts::network_offering(cloud, &offering),
        vpc(cloud, &properties, &path)
    );
    let (zone, offering, vpc) = (zone?, offering?, vpc?);
    let span = match (&vpc, span) {
        (_, Some(span)) => Some(span),
        (Some(vpc), None) => Some(free_span(cloud, vpc, bits.unwrap_or(USUAL_BITS)).await?),
        (None, None) => bits.map(|bits| (USUAL_GATEWAY, mask(bits).into())),
    };
    let acl = match (given(&properties.acl), &vpc) {
        (None, _) => None,
        (Some(acl), Some(vpc)) => Some(
            lookup::network_parts::acl(cloud, &NameRef::new(acl, format!("{path}.acl")), &vpc.id)
                .await?,
        ),
        (Some(_), None) => {
            return Err(CpiError::cpi(format!("{path}.acl: only a tier of a VPC has one")));
        }
    };
    let made = cloud.operation("create_network", async |operation| {
        let name = cloud.names.network(operation.id());
        let text = given(&properties.name).unwrap_or(&name).to_owned();
        let create = CreateNetwork {
            name: name.clone(),
            displaytext: Some(text),
            zoneid: zone.id.clone(),
            networkofferingid: offering.clone(),
            gateway: span.map(|(gateway, _)| gateway.to_string()),
            netmask: span.map(|(_, netmask)| netmask.to_string()),
            vpcid: vpc.as_ref().map(|vpc| vpc.id.clone()),
            aclid: acl.clone(),
        };
        let until = cloud.deadline(Wait::CreateVm);
        let send = async || cloud.call(&create, until).await.map(|Object(network)| network);
        let probe = async || {
            let owned = network::owned_by_name(cloud, &name).await?;
            Ok(owned.into_iter().next().map(Owned::into_row))
        };
        let network = change(operation, Intent::Network { name: name.clone() }, send, probe).await;
        let tried = || format!("creating network {name}");
        let network = network.during(Activity::CreateNetwork, tried)?;
        let id = network.id.clone();
        Ok((network, Some(id)))
    });
    answer(made.await?, raw)
}

/// What the director wants to know of a network, and by which properties it names it to
/// create_vm.
fn answer(network: Network, mut properties: Hash) -> Result<NetworkCreated> {
    let mut addresses = Hash::new();
    let told = [("range", &network.cidr), ("gateway", &network.gateway)];
    for (key, text) in told {
        addresses.extend(text.as_ref().map(|text| (key.to_owned(), json!(text))));
    }
    addresses.insert("reserved".into(), json!([]));
    // It is named by its id; what it was made of means nothing any more.
    for key in ["network_offering", "acl", "vpc", "network_name", "network_id", "net_id"] {
        properties.remove(key);
    }
    properties.insert("name".into(), json!(network.name));
    properties.insert("id".into(), json!(network.id));
    let cid = NetworkCid::new(&network.id).map_err(|e| CpiError::cloud(e.to_string()))?;
    Ok(NetworkCreated { cid, addresses, cloud_properties: properties })
}

/// The argument, read and checked.
struct Definition {
    properties: NetworkProperties,
    raw: Hash,
    path: String,
    span: Option<Span>,
    bits: Option<u32>,
}

impl Definition {
    fn read(definition: &Hash, strict: bool) -> Result<Self> {
        const AT: &str = "arguments[0]";
        let raw = match definition.get("cloud_properties") {
            None | Some(Value::Null) => Hash::new(),
            Some(Value::Object(raw)) => raw.clone(),
            Some(_) => {
                return Err(CpiError::cpi(format!("{AT}.cloud_properties: expected a hash")));
            }
        };
        let path = format!("{AT}.cloud_properties");
        let properties = CloudProperties::new(&path, raw.clone());
        let properties: NetworkProperties = properties::read(&properties, strict)?;
        if let Some(kind) = definition.get("type").and_then(Value::as_str)
            && kind != "manual"
        {
            return Err(CpiError::not_supported(format!(
                "{AT}.type: BOSH manages manual networks only, not '{kind}'"
            )));
        }
        let bits = match definition.get("netmask_bits") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let bits = text.parse().ok().filter(|bits| (8..=29).contains(bits));
                Some(bits.ok_or_else(|| {
                    CpiError::cpi(format!(
                        "{AT}.netmask_bits: expected a number from 8 to 29, got {text}"
                    ))
                })?)
            }
        };
        let text = |key: &str| {
            let text = definition.get(key).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty())
        };
        let span = match text("range") {
            None => None,
            Some(cidr) => Some(span(cidr, text("gateway"), AT)?),
        };
        Ok(Self { properties, raw, path, span, bits })
    }
}

fn span(cidr: &str, gateway: Option<&str>, at: &str) -> Result<Span> {
    let range: Ipv4Net = cidr.parse().map_err(|_| {
        CpiError::cpi(format!("{at}.range: '{cidr}' is not a valid IPv4 range (10.0.0.0/24)"))
    })?;
    let Some(gateway) = gateway else {
        return Ok((Ipv4Addr::from(u32::from(range.network()) + 1), range.netmask()));
    };
    let gateway = gateway.parse().ok().filter(|gateway| range.contains(gateway));
    let gateway = gateway
        .ok_or_else(|| CpiError::cpi(format!("{at}.gateway: must be an address of {cidr}")))?;
    Ok((gateway, range.netmask()))
}

fn zone(
    config: &CloudStackProperties,
    properties: &NetworkProperties,
    path: &str,
) -> Result<NameRef> {
    match (given(&properties.zone), config.default_zone()) {
        (Some(zone), _) => Ok(NameRef::new(zone, format!("{path}.zone"))),
        (None, Some(zone)) => Ok(NameRef::new(zone, format!("{PATH}.default_zone"))),
        (None, None) => Err(CpiError::cpi(format!(
            "{path}.zone is required, as {PATH}.default_zone is not set"
        ))),
    }
}

async fn vpc(
    cloud: &CloudStack,
    properties: &NetworkProperties,
    path: &str,
) -> Result<Option<Vpc>> {
    match given(&properties.vpc) {
        Some(vpc) => lookup::network_parts::vpc(cloud, &NameRef::new(vpc, format!("{path}.vpc")))
            .await
            .map(Some),
        None => Ok(None),
    }
}

/// The first part of a VPC's range of that size in which there is no tier yet.
async fn free_span(cloud: &CloudStack, vpc: &Vpc, bits: u32) -> Result<Span> {
    let of = ListNetworks { vpcid: Some(vpc.id.clone()), ..ListNetworks::default() };
    let tiers = cloud.list(of).await;
    let tried = || format!("looking up the tiers of VPC {}", vpc.name);
    let tiers = tiers.during(Activity::Lookup, tried)?;
    let taken: Vec<_> = tiers.iter().filter_map(|tier| ends(tier.cidr.as_deref()?)).collect();
    let none =
        || CpiError::cloud(format!("VPC {} ({}) has no room for a /{bits}", vpc.name, vpc.cidr));
    let (first, last) = ends(&vpc.cidr).ok_or_else(none)?;
    let size = 1u64 << (32 - bits);
    let mut at = first;
    while at + size - 1 <= last {
        match taken.iter().find(|(from, to)| *from < at + size && at <= *to) {
            None => {
                let base = u32::try_from(at).map_err(|_| none())?;
                return Ok((Ipv4Addr::from(base + 1), mask(bits).into()));
            }
            Some((_, to)) => at = (to + 1).div_ceil(size) * size,
        }
    }
    Err(none())
}

/// The first and the last address of a range.
fn ends(cidr: &str) -> Option<(u64, u64)> {
    let range: Ipv4Net = cidr.parse().ok()?;
    Some((u32::from(range.network()).into(), u32::from(range.broadcast()).into()))
}

fn mask(bits: u32) -> u32 {
    u32::MAX.checked_shl(32 - bits).unwrap_or_default()
}
