//! Firewall rules of public addresses, and egress rules of networks.

use crate::engine::{Answer, Call, Command, Job, Params, Refusal, fields, live_id};
use crate::state::rule::{ANYWHERE, FirewallRule, Traffic};
use crate::state::{Caller, Cloud, Entity};
use serde_json::{Map, Value, json};

/// What a rule is called where it is gone.
const KIND: &str = "FirewallRule";

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listFirewallRules", list_ingress),
    Command::sync("listEgressFirewallRules", list_egress),
    Command::job("createFirewallRule", "user.firewall.CreateFirewallRuleCmd", create_ingress)
        .on(KIND),
    Command::job("deleteFirewallRule", "user.firewall.DeleteFirewallRuleCmd", delete),
    Command::job(
        "createEgressFirewallRule",
        "user.firewall.CreateEgressFirewallRuleCmd",
        create_egress,
    )
    .on(KIND),
    Command::job("deleteEgressFirewallRule", "user.firewall.DeleteEgressFirewallRuleCmd", delete)
        .on(KIND),
];

/// What the parameters say is let through. A rule for one port has no `endport`.
pub fn traffic(params: &Params, protocols: &[&str]) -> Result<Traffic, Refusal> {
    let protocol = params.need("protocol")?.to_ascii_lowercase();
    if !protocols.contains(&protocol.as_str()) {
        let text = format!("protocol {protocol} is none of {}", protocols.join(", "));
        return Err(Refusal::invalid(text));
    }
    let icmp = match (params.number("icmptype")?, params.number("icmpcode")?) {
        (None, None) => None,
        (kind, code) if protocol == "icmp" => Some((kind.unwrap_or(-1), code.unwrap_or(-1))),
        _ => return Err(Refusal::invalid("icmptype and icmpcode go with protocol icmp")),
    };
    let ports = ports(params, "startport", "endport")?;
    if ports.is_some() && !matches!(protocol.as_str(), "tcp" | "udp") {
        return Err(Refusal::invalid("ports go with protocols tcp and udp"));
    }
    Ok(Traffic { protocol, ports, icmp })
}

/// The ports from `first` to `last`, which is the same without.
pub fn ports(params: &Params, first: &str, last: &str) -> Result<Option<(u16, u16)>, Refusal> {
    let port = |name: &str| match params.number(name)? {
        None => Ok(None),
        Some(number) => match u16::try_from(number) {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(Refusal::invalid(format!("{name} {number} is no port"))),
        },
    };
    match (port(first)?, port(last)?) {
        (Some(from), Some(to)) if to < from => {
            Err(Refusal::invalid(format!("{first} {from} is greater than {last} {to}")))
        }
        (Some(from), to) => Ok(Some((from, to.unwrap_or(from)))),
        (None, Some(_)) => Err(Refusal::invalid(format!("{first} is missing"))),
        (None, None) => Ok(None),
    }
}

/// `cidrlist`, checked: `10.0.0.0/8,192.168.1.0/24`.
pub fn cidrs(params: &Params, name: &str) -> Result<Option<String>, Refusal> {
    let list = params.list(name);
    for cidr in &list {
        let valid = cidr.split_once('/').is_some_and(|(address, bits)| {
            let address = address.parse::<std::net::IpAddr>();
            let most = address.as_ref().map_or(0, |it| if it.is_ipv4() { 32 } else { 128 });
            address.is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
        });
        if !valid {
            return Err(Refusal::invalid(format!("{name}: {cidr} is no CIDR")));
        }
    }
    Ok((!list.is_empty()).then(|| list.join(",")))
}

fn list_ingress(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    list(cloud, call, |rule| rule.address.is_some())
}

fn list_egress(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    list(cloud, call, |rule| rule.address.is_none())
}

fn list(
    cloud: &Cloud,
    call: &Call<'_>,
    wanted: fn(&FirewallRule) -> bool,
) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.routing.firewall)?;
    let address = params.id("ipaddressid", &cloud.routing.addresses)?;
    let network = params.id("networkid", &cloud.networks)?;
    let rows: Vec<Value> = cloud
        .routing
        .firewall
        .iter()
        .rev()
        .filter(|rule| wanted(rule))
        .filter(|rule| owner(cloud, rule).is_some_and(|owner| cloud.shows(&scope, owner)))
        .filter(|rule| id.is_none_or(|id| rule.id == id))
        .filter(|rule| address.is_none_or(|address| rule.address.as_deref() == Some(address)))
        .filter(|rule| network.is_none_or(|network| rule.network == network))
        .map(|rule| view(cloud, call.caller, rule).into())
        .collect();
    Ok(Answer::list("firewallrule", rows))
}

fn owner<'c>(cloud: &'c Cloud, rule: &FirewallRule) -> Option<&'c str> {
    cloud.networks.get(&rule.network)?.owner.as_deref()
}

fn create_ingress(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let (id, lease) = super::address::find(cloud, call, "ipaddressid")?;
    let network = match (&lease.network, &lease.vpc) {
        (Some(network), None) => network.clone(),
        (_, Some(_)) => return Err(Refusal::invalid("a VPC has ACLs in place of firewall rules")),
        (None, None) => return Err(Refusal::invalid(format!("address {id} is of no network"))),
    };
    let traffic = traffic(params, &["tcp", "udp", "icmp"])?;
    let rule = FirewallRule {
        id: cloud.new_id(),
        address: Some(id),
        network,
        traffic,
        cidrs: cidrs(params, "cidrlist")?.unwrap_or_else(|| ANYWHERE.into()),
        to: String::new(),
        goes_with: None,
    };
    add(cloud, call, rule, 4360)
}

fn create_egress(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let id = live_id(call, "networkid", "Network", &cloud.networks)?;
    let network = cloud.networks.get(&id);
    let owner = network.and_then(|network| network.owner.as_deref()).unwrap_or_default();
    cloud.check_owner(call.caller, owner)?;
    let range = network.and_then(|network| network.range);
    if network.is_none_or(|network| network.vpc.is_some()) || !cloud.network_offers(&id, "Firewall")
    {
        return Err(Refusal::invalid(format!("network {id} has no firewall")));
    }
    let traffic = traffic(params, &["tcp", "udp", "icmp", "all"])?;
    let from = cidrs(params, "cidrlist")?;
    let outside = from.iter().flat_map(|list| list.split(',')).find(|cidr| {
        let base = cidr.split_once('/').and_then(|(base, _)| base.parse().ok());
        base.is_none_or(|base| !range.is_some_and(|range| range.contains(base)))
    });
    if let Some(cidr) = outside.filter(|cidr| *cidr != ANYWHERE) {
        return Err(Refusal::invalid(format!("cidrlist: {cidr} does not lie in the network")));
    }
    let rule = FirewallRule {
        id: cloud.new_id(),
        address: None,
        network: id,
        traffic,
        cidrs: from.or(range.map(|range| range.cidr())).unwrap_or_default(),
        to: cidrs(params, "destcidrlist")?.unwrap_or_default(),
        goes_with: None,
    };
    add(cloud, call, rule, 9999)
}

/// Adds a rule, unless another lets the same through already, which is refused with this
/// cserrorcode.
fn add(
    cloud: &mut Cloud,
    call: &Call<'_>,
    rule: FirewallRule,
    conflict: u16,
) -> Result<Job, Refusal> {
    let same = cloud.routing.firewall.iter().find(|known| {
        known.address == rule.address
            && known.network == rule.network
            && known.traffic.overlaps(&rule.traffic)
            && known.to == rule.to
            && rule.cidrs.split(',').any(|cidr| known.cidrs.split(',').any(|has| has == cidr))
    });
    if let Some(same) = same {
        let text = format!("The range specified conflicts with rule {}", same.id);
        return Err(Refusal::new(537, conflict, text));
    }
    let (id, made) = (rule.id.clone(), rule.id.clone());
    cloud.routing.firewall.insert(rule);
    let caller = call.caller.clone();
    Ok(Job::new(move |cloud| {
        let rule = cloud.routing.firewall.get(&id).map(|rule| view(cloud, &caller, rule));
        Ok(json!({"firewallrule": rule}))
    })
    .making(made))
}

fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = live_id(call, "id", KIND, &cloud.routing.firewall)?;
    let rule = cloud.routing.firewall.get(&id);
    let owner = rule.and_then(|rule| owner(cloud, rule)).unwrap_or_default();
    cloud.check_owner(call.caller, owner)?;
    Ok(Job::new(move |cloud| {
        cloud.routing.firewall.forget(&id);
        cloud.drop_tags(&id);
        Ok(json!({"success": true}))
    }))
}

fn view(cloud: &Cloud, caller: &Caller, rule: &FirewallRule) -> Map<String, Value> {
    let address = rule.address.as_ref().and_then(|id| cloud.routing.addresses.get(id));
    let (first, last) = rule.traffic.ports.unzip();
    let (kind, code) = rule.traffic.icmp.unzip();
    fields(json!({
        "id": rule.id,
        "protocol": rule.traffic.protocol,
        "startport": first,
        "endport": last,
        "ipaddressid": address.map(Entity::id),
        "networkid": rule.network,
        "ipaddress": address.map(|address| address.address),
        "state": "Active",
        "cidrlist": rule.cidrs,
        "icmptype": kind,
        "icmpcode": code,
        "tags": super::tag::of(cloud, &rule.id),
        "fordisplay": caller.is_admin().then_some(true),
        "destcidrlist": rule.to,
        "traffictype": if address.is_some() { "Ingress" } else { "Egress" },
    }))
}
