//! Guest networks.

use super::service;
use crate::engine::{Answer, Call, Command, Job, Refusal, fields, gone, live_id, value};
use crate::state::clock::stamp;
use crate::state::vpc::Vpc;
use crate::state::{Cloud, Network, NetworkOffering, Range};
use crate::world::NetworkKind;
use cloudstack::api;
use serde_json::{Map, Value, json};
use std::net::Ipv4Addr;

/// What a network is called where it is gone.
const KIND: &str = "Network";

/// The commands of this noun.
pub const COMMANDS: &[Command] = &[
    Command::sync("listNetworks", list),
    Command::sync("createNetwork", create),
    Command::job("updateNetwork", "user.network.UpdateNetworkCmd", update).by_admin().on("Network"),
    Command::job("restartNetwork", "user.network.RestartNetworkCmd", restart).on("Network"),
    Command::job("deleteNetwork", "user.network.DeleteNetworkCmd", delete).on("Network"),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.networks)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let vpc = params.id("vpcid", &cloud.routing.vpcs)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let kind = params.text("type").filter(|kind| !kind.eq_ignore_ascii_case("all"));
    let services = params.list("supportedservices");
    let tags = super::tag::wanted(params);
    let rows: Vec<Value> = cloud
        .networks
        .iter()
        .rev()
        .filter(|n| n.owner.as_ref().is_none_or(|owner| cloud.shows(&scope, owner)))
        .filter(|n| id.is_none_or(|id| n.id == id) && zone.is_none_or(|zone| n.zone == zone))
        .filter(|n| vpc.is_none_or(|vpc| n.vpc.as_deref() == Some(vpc)))
        .filter(|n| name.is_none_or(|name| n.name == name))
        .filter(|n| keyword.is_none_or(|word| n.name.contains(word) || n.id == word))
        .filter(|n| kind.is_none_or(|kind| n.kind.name().eq_ignore_ascii_case(kind)))
        .filter(|n| services.iter().all(|service| cloud.network_offers(&n.id, service)))
        .filter(|n| cloud.has_any_tag(&n.id, &tags))
        .map(|network| value(view(cloud, call, network)))
        .collect();
    Ok(Answer::list("network", rows))
}

/// Where a new network stands.
struct Place {
    range: Option<Range>,
    vpc: Option<String>,
    acl: Option<String>,
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
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
        (None, None) => format!("cs{}cloud.internal", cloud.accounts.number(&owner)),
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
        vlan: params.text("vlan").map(str::to_owned),
        domain,
        vpc: place.vpc,
        acl: place.acl,
        implemented: false,
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
        return Err(Refusal::denied("only an admin makes shared networks and chooses VLANs"));
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

/// The network that a call is about, if its caller may touch it.
fn find<'c>(cloud: &'c Cloud, call: &Call<'_>) -> Result<&'c Network, Refusal> {
    let id = live_id(call, "id", KIND, &cloud.networks)?;
    let network = cloud.networks.get(&id).ok_or_else(|| gone(KIND, cloud.networks.number(&id)))?;
    match &network.owner {
        Some(owner) => cloud.check_owner(call.caller, owner)?,
        None if call.caller.is_admin() => {}
        None => return Err(Refusal::denied(format!("{} belongs to an admin", network.name))),
    }
    Ok(network)
}

fn update(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?.id.clone();
    let own = |name: &str| call.params.text(name).map(str::to_owned);
    let (name, text) = (own("name"), own("displaytext"));
    let viewer = call.caller.clone();
    Ok(Job::new({
        let id = id.clone();
        move |cloud| {
            if let Some(network) = cloud.networks.get_mut(&id) {
                network.name = name.unwrap_or_else(|| network.name.clone());
                network.display_text = text.unwrap_or_else(|| network.display_text.clone());
            }
            let network = cloud.networks.get(&id);
            let network = network.ok_or_else(|| gone(KIND, cloud.networks.number(&id)))?;
            let params = Default::default();
            let call = Call { caller: &viewer, params: &params };
            Ok(json!({"network": view(cloud, &call, network)}))
        }
    })
    .on(id))
}

fn restart(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?.id.clone();
    Ok(Job::new(|_| Ok(json!({"success": true}))).on(id.clone()).queued(Some(id)))
}

/// A network goes only when no VM has a NIC in it, destroyed ones that are not expunged among them.
fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?.id.clone();
    let queue = id.clone();
    // Recorded: this job names no instance, since that is gone when it is asked.
    Ok(Job::new(move |cloud| {
        if cloud.vms.iter().flat_map(|vm| &vm.nics).any(|nic| nic.network == id) {
            return Err(Refusal::internal("Failed to delete network"));
        }
        cloud.remove_network(&id);
        Ok(json!({"success": true}))
    })
    .queued(Some(queue)))
}

/// How the caller sees a network.
pub fn view(cloud: &Cloud, call: &Call<'_>, network: &Network) -> api::Network {
    let offering = cloud.network_offering(&network.offering);
    api::Network {
        id: network.id.clone(),
        name: network.name.clone(),
        kind: network.kind.name().into(),
        state: network.state().into(),
        zoneid: Some(network.zone.clone()),
        gateway: network.range.map(|range| range.gateway.to_string()),
        netmask: network.range.map(|range| range.netmask().to_string()),
        cidr: network.range.map(|range| range.cidr()),
        vpcid: network.vpc.clone(),
        service: offering.map(service::of_network).unwrap_or_default(),
        tags: super::tag::of(cloud, &network.id),
        other: rest(cloud, call, network, offering),
    }
}

fn rest(
    cloud: &Cloud,
    call: &Call<'_>,
    network: &Network,
    offering: Option<&NetworkOffering>,
) -> Map<String, Value> {
    let admin = call.caller.is_admin();
    let zone = cloud.zones.ever(&network.zone);
    let vlan = network.vlan.as_deref().filter(|vlan| admin && *vlan != "untagged");
    let flag = |flag| offering.is_some_and(|offering| offering.spec.has(flag));
    let offers = |service| offering.is_some_and(|offering| offering.offers(service));
    let shared = network.kind == NetworkKind::Shared;
    let vpc = network.vpc.as_ref().and_then(|vpc| cloud.routing.vpcs.get(vpc));
    let acl = network.acl.as_ref().and_then(|acl| cloud.routing.acl_lists.get(acl));
    let name = offering.map(|offering| &offering.spec.name);
    let mut row = fields(json!({
        "displaytext": network.display_text,
        "broadcastdomaintype": if zone.is_some_and(|z| z.is_basic()) { "Native" } else { "Vlan" },
        "traffictype": "Guest",
        "zonename": cloud.zone_name(&network.zone),
        "networkofferingid": offering.map(|offering| &offering.id),
        "networkofferingname": name,
        "networkofferingdisplaytext": name,
        "networkofferingconservemode": flag("conservemode"),
        "networkofferingavailability": offering.map(|offering| &offering.spec.availability),
        "issystem": false,
        "related": network.id,
        "broadcasturi": vlan.map(|vlan| format!("vlan://{vlan}")),
        "vlan": vlan,
        "dns1": zone.map(|zone| &zone.spec.dns1),
        "acltype": if shared { "Domain" } else { "Account" },
        "subdomainaccess": shared.then_some(true),
        "networkdomain": network.range.map(|_| &network.domain),
        "physicalnetworkid": cloud.routing.physical.get(&network.zone),
        "restartrequired": false,
        "specifyvlan": flag("specifyvlan"),
        "specifyipranges": flag("specifyipranges"),
        "vpcname": vpc.map(|vpc| &vpc.name),
        "canusefordeploy": true,
        "ispersistent": false,
        "details": admin.then(|| json!({})),
        "displaynetwork": admin.then_some(true),
        "aclid": acl.map(|acl| &acl.id),
        "aclname": acl.map(|acl| &acl.name),
        "strechedl2subnet": false,
        "redundantrouter": false,
        "supportsvmautoscaling": flag("autoscaling"),
        "created": stamp(network.created),
        "receivedbytes": 0,
        "sentbytes": 0,
        "egressdefaultpolicy": offers("Firewall").then_some(flag("egressdefaultpolicy")),
        "publicmtu": 1500,
        "privatemtu": 1500,
        "hasannotations": false,
    }));
    match &network.owner {
        Some(owner) => row.extend(cloud.owner_fields(owner)),
        None => row.extend(fields(json!({
            "domainid": cloud.domain.id,
            "domain": cloud.domain.name,
            "domainpath": cloud.domain.name,
        }))),
    }
    row
}
