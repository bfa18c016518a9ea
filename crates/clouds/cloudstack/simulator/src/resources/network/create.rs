//! Making a network: where it stands, and what a zone takes.

use super::view::view;
use crate::engine::{Answer, Call, Refusal};
use crate::state::vpc::Vpc;
use crate::state::{Cloud, Network, NetworkOffering, Range};
use crate::world::NetworkKind;
use std::net::Ipv4Addr;

/// Where a new network stands.
struct Place {
    range: Option<Range>,
    vpc: Option<String>,
    acl: Option<String>,
}

/// `createNetwork`: done when it is answered; a VLAN and a router come with the first VM.
pub fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let name = params.need("name")?.to_owned();
    let zone = params.need_id("zoneid", &cloud.zones)?.to_owned();
    let offering = params.need_id("networkofferingid", &cloud.routing.offerings)?;
    let offering = cloud.routing.offerings.get(offering).cloned();
    let offering = offering.ok_or_else(|| Refusal::invalid("this network offering is no more"))?;
    check_zone(cloud, &zone, &offering, call)?;
    let owner = cloud.new_owner(call)?;
    cloud.check_limit(&owner, "network", 1)?;
    let place = place(cloud, call, &zone, &offering)?;
    let domain = match (params.text("networkdomain"), &place.vpc) {
        (Some(domain), _) => domain.to_owned(),
        (None, Some(vpc)) => {
            cloud.routing.vpcs.get(vpc).map(|vpc| vpc.domain.clone()).unwrap_or_default()
        }
        (None, None) => format!("cs{:x}cloud.internal", cloud.accounts.number(&owner)),
    };
    let shared = offering.kind() == NetworkKind::Shared;
    let network = Network {
        id: cloud.new_id(),
        display_text: params.text("displaytext").unwrap_or(&name).to_owned(),
        name,
        zone,
        kind: offering.kind(),
        offering: offering.spec.name.clone(),
        owner: (!shared).then_some(owner),
        range: place.range,
        range6: None,
        vlan: params.text("vlan").map(str::to_owned),
        domain,
        vpc: place.vpc,
        acl: place.acl,
        implemented: false,
        implementing: false,
        created: cloud.now(),
        last_mac: 0,
    };
    let row = view(cloud, call, &network);
    cloud.networks.insert(network);
    Ok(Answer::object("network", row))
}

/// Which networks a zone takes (`cloudstack-api` 3.1).
fn check_zone(
    cloud: &Cloud,
    zone: &str,
    offering: &NetworkOffering,
    call: &Call<'_>,
) -> Result<(), Refusal> {
    let Some(zone) = cloud.zones.get(zone) else { return Ok(()) };
    let shared = offering.kind() == NetworkKind::Shared;
    if zone.is_basic() {
        return Err(Refusal::invalid(format!(
            "{} is a basic zone: it has its network",
            zone.name()
        )));
    }
    if zone.has_security_groups() && offering.kind() == NetworkKind::Isolated {
        let text = format!("{} has security groups: it takes no isolated network", zone.name());
        return Err(Refusal::invalid(text));
    }
    if (shared || call.params.has("vlan")) && !call.caller.is_admin() {
        return Err(Refusal::invalid(
            "This user can only create an Isolated network, a L2 network or a Shared network \
             with specifyVlan=false.",
        ));
    }
    Ok(())
}

fn place(
    cloud: &Cloud,
    call: &Call<'_>,
    zone: &str,
    offering: &NetworkOffering,
) -> Result<Place, Refusal> {
    let params = call.params;
    let vpc = params.id("vpcid", &cloud.routing.vpcs)?.and_then(|id| cloud.routing.vpcs.get(id));
    let mut range = match offering.kind() {
        NetworkKind::L2 => None,
        kind => range(call, kind, cloud, zone)?,
    };
    match vpc {
        Some(vpc) => {
            let range =
                range.ok_or_else(|| Refusal::invalid("a tier needs gateway and netmask"))?;
            check_tier(cloud, vpc, offering, range)?;
            let acl = match params.id("aclid", &cloud.routing.acl_lists)? {
                Some(acl) => Some(acl.to_owned()),
                None => cloud.acl_list_named("default_deny").map(|list| list.id.clone()),
            };
            Ok(Place { range: Some(range), vpc: Some(vpc.id.clone()), acl })
        }
        None if offering.is_for_vpc() => Err(Refusal::invalid(format!(
            "{} is for tiers of VPCs: vpcid is missing",
            offering.spec.name
        ))),
        None => {
            if let Some(range) = &mut range {
                narrow(range, call)?;
            }
            Ok(Place { range, vpc: None, acl: None })
        }
    }
}

/// What `gateway` and `netmask` say; without them the zone's own guest range.
fn range(
    call: &Call<'_>,
    kind: NetworkKind,
    cloud: &Cloud,
    zone: &str,
) -> Result<Option<Range>, Refusal> {
    let params = call.params;
    match (params.text("gateway"), params.text("netmask")) {
        (None, None) if kind == NetworkKind::Isolated => {
            let cidr = cloud.zones.get(zone).and_then(|zone| zone.spec.guest_cidr.as_deref());
            Ok(Range::parse(cidr.unwrap_or("10.1.1.0/24")))
        }
        (Some(gateway), Some(netmask)) => {
            let refusal = || {
                Refusal::invalid(format!(
                    "gateway {gateway} with netmask {netmask} makes no network"
                ))
            };
            let gateway: Ipv4Addr = gateway.parse().map_err(|_| refusal())?;
            let netmask: Ipv4Addr = netmask.parse().map_err(|_| refusal())?;
            Range::around(gateway, netmask).map(Some).ok_or_else(refusal)
        }
        _ => Err(Refusal::invalid("gateway and netmask go together")),
    }
}

/// The part of a range that VMs get: `startip` and `endip`.
fn narrow(range: &mut Range, call: &Call<'_>) -> Result<(), Refusal> {
    let whole = *range;
    let mut set = |name: &str, slot: fn(&mut Range) -> &mut Ipv4Addr| -> Result<(), Refusal> {
        let Some(text) = call.params.text(name) else { return Ok(()) };
        let address = text.parse().ok().filter(|address| whole.contains(*address));
        *slot(range) = address.ok_or_else(|| {
            Refusal::invalid(format!("{name} {text} does not lie in {}", whole.cidr()))
        })?;
        Ok(())
    };
    set("startip", |range| &mut range.start)?;
    set("endip", |range| &mut range.end)
}

fn check_tier(
    cloud: &Cloud,
    vpc: &Vpc,
    offering: &NetworkOffering,
    range: Range,
) -> Result<(), Refusal> {
    if !offering.is_for_vpc() {
        return Err(Refusal::invalid(format!("{} is not for tiers of VPCs", offering.spec.name)));
    }
    if !(vpc.range.contains(range.base) && range.prefix >= vpc.range.prefix) {
        let text = format!("{} does not lie in {} of the VPC", range.cidr(), vpc.range.cidr());
        return Err(Refusal::invalid(text));
    }
    let taken = cloud.tiers(&vpc.id).find(|tier| {
        tier.range.is_some_and(|other| other.contains(range.base) || range.contains(other.base))
    });
    match taken {
        Some(tier) => {
            Err(Refusal::invalid(format!("{} is that of tier {}", range.cidr(), tier.name)))
        }
        None => Ok(()),
    }
}
