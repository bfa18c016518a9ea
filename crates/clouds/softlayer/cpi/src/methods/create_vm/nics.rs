//! What the agent is told of the networks, once the machine has its NICs. SoftLayer gives no
//! addresses by DHCP, so the agent must know every NIC, also one that no network asked for.

use super::find::Found;
use super::impossible;
use super::wishes::Wishes;
use crate::SoftLayer;
use crate::connect::Answer;
use crate::properties::PATH;
use bosh_cpi::{Network, NetworkKind, Networks};
use serde_json::{Map, Value, json};
use softlayer::api::{HardwareNetworks, NetworkComponent};
use std::net::Ipv4Addr;

/// The networks as they became.
pub(super) struct Told {
    /// For the caller: those that were asked for.
    pub answer: Networks,
    /// For the agent.
    pub agent: Networks,
}

/// A NIC that is there.
#[derive(Debug, Clone)]
struct Nic {
    name: &'static str,
    mac: String,
    ip: String,
    netmask: String,
    gateway: Option<String>,
}

pub(super) fn tell(
    cloud: &SoftLayer,
    wishes: &Wishes,
    found: &Found,
    networks: &Networks,
    seen: &HardwareNetworks,
) -> Answer<Told> {
    let private = nic(seen.primary_backend_network_component.as_ref(), "eth0");
    let private = private.ok_or_else(|| impossible("the VM has no private NIC".to_owned()))?;
    let public = nic(seen.primary_network_component.as_ref(), "eth1");
    let public = public.filter(|_| found.public.is_some());
    let (mut answer, mut agent) = (networks.clone(), networks.clone());
    let (mut has_private, mut has_public, mut aliases) = (false, false, 0);
    for ((name, told), (_, answered)) in agent.iter_mut().zip(answer.iter_mut()) {
        let side = found.sides.get(name).copied().unwrap_or_default();
        let on_public = side.public && public.is_some();
        let nic = match public.as_ref().filter(|_| on_public) {
            Some(public) => public,
            None => &private,
        };
        match told.kind {
            NetworkKind::Vip => continue,
            NetworkKind::Dynamic => {
                // Two of one NIC are one to the agent.
                let taken = if on_public { &mut has_public } else { &mut has_private };
                *taken = true;
                own(told, nic);
                told.set("type", json!("manual"));
                told.set("alias", json!(nic.name));
                own(answered, nic);
            }
            NetworkKind::Manual => {
                aliases += 1;
                told.set_mac(&nic.mac);
                told.set("alias", json!(format!("{}:{aliases}", nic.name)));
                answered.set_mac(&nic.mac);
            }
        }
    }
    if !has_private {
        agent.add("generated-private", generated(&private));
    }
    if let Some(public) = public.as_ref().filter(|_| !has_public) {
        agent.add("generated-public", generated(public));
    }
    if public.is_some() {
        route_private(cloud, &private, &mut agent)?;
    }
    if wishes.vm.preconfigured {
        agent.iter_mut().for_each(|(_, network)| network.set("preconfigured", json!(true)));
    }
    Ok(Told { answer, agent })
}

fn nic(component: Option<&NetworkComponent>, name: &'static str) -> Option<Nic> {
    let component = component?;
    let subnet = component.primary_subnet.as_ref()?;
    Some(Nic {
        name,
        mac: component.mac_address.clone()?.to_lowercase(),
        ip: component.primary_ip_address.clone()?,
        netmask: subnet.netmask.clone()?,
        gateway: subnet.gateway.clone(),
    })
}

/// The NIC's own address.
fn own(network: &mut Network, nic: &Nic) {
    network.set_mac(&nic.mac);
    network.set("ip", json!(nic.ip));
    network.set("netmask", json!(nic.netmask));
    if let Some(gateway) = &nic.gateway {
        network.set("gateway", json!(gateway));
    }
}

/// A NIC that no network asked for. It is the default for nothing.
fn generated(nic: &Nic) -> Map<String, Value> {
    let told = json!({
        "type": "manual", "ip": nic.ip, "netmask": nic.netmask, "gateway": nic.gateway,
        "mac": nic.mac, "alias": nic.name, "default": [], "dns": [],
    });
    match told {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Where the default gateway is the public one, SoftLayer's own services are reached by the private
/// one.
fn route_private(cloud: &SoftLayer, private: &Nic, agent: &mut Networks) -> Answer<()> {
    let Some(gateway) = &private.gateway else { return Ok(()) };
    let routes = &cloud.properties.private_routes;
    let routes: Vec<Value> = routes
        .iter()
        .enumerate()
        .map(|(i, range)| {
            let (network, netmask) = parsed(range).ok_or_else(|| {
                impossible(format!(
                    "{PATH}.private_routes[{i}]: '{range}' is no range such as 10.0.0.0/8"
                ))
            })?;
            Ok(json!({"Destination": network, "Gateway": gateway, "Netmask": netmask}))
        })
        .collect::<Answer<_>>()?;
    let on_private = |network: &Network| {
        network.settings().get("alias").and_then(Value::as_str) == Some(private.name)
    };
    let first = agent.iter_mut().find(|(_, network)| on_private(network));
    if let Some((_, network)) = first.filter(|_| !routes.is_empty()) {
        network.set("routes", Value::Array(routes));
    }
    Ok(())
}

/// The network's own address and the netmask.
fn parsed(range: &str) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let (base, bits) = range.trim().split_once('/')?;
    let (base, bits): (Ipv4Addr, u32) = (base.parse().ok()?, bits.parse().ok()?);
    let shift = 32u32.checked_sub(bits)?;
    let mask = u32::MAX.checked_shl(shift).unwrap_or_default();
    Some((Ipv4Addr::from(u32::from(base) & mask), Ipv4Addr::from(mask)))
}
