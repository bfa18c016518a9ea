//! The networks as the agent gets them, once the machine has its NICs. SoftLayer gives no
//! addresses by DHCP, so the agent must know every NIC, also one that no network asked for.

use super::resolve::ResolvedVm;
use super::spec::VmSpec;
use crate::errors::{CloudResult, vm_not_possible};
use crate::properties::PATH;
use crate::session::SoftLayer;
use bosh_cpi::{Network, NetworkKind, Networks};
use ipnet::Ipv4Net;
use serde_json::{Map, Value, json};
use softlayer::api::{HardwareNetworks, NetworkComponent};

/// The networks as they became.
pub(super) struct CompletedNetworks {
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

pub(super) fn complete(
    cloud: &SoftLayer,
    spec: &VmSpec,
    resolved: &ResolvedVm,
    networks: &Networks,
    nics: &HardwareNetworks,
) -> CloudResult<CompletedNetworks> {
    let private = nic(nics.primary_backend_network_component.as_ref(), "eth0");
    let private = private.ok_or_else(|| vm_not_possible("the VM has no private NIC"))?;
    let public = nic(nics.primary_network_component.as_ref(), "eth1");
    let public = public.filter(|_| resolved.public.is_some());
    let (mut answer, mut agent) = (networks.clone(), networks.clone());
    let (mut has_private, mut has_public, mut aliases) = (false, false, 0);
    for ((name, network), (_, answered)) in agent.iter_mut().zip(answer.iter_mut()) {
        let side = resolved.sides.get(name).copied().unwrap_or_default();
        let on_public = side.public && public.is_some();
        let nic = match public.as_ref().filter(|_| on_public) {
            Some(public) => public,
            None => &private,
        };
        match network.kind {
            NetworkKind::Vip => continue,
            NetworkKind::Dynamic => {
                // Two of one NIC are one to the agent.
                let taken = if on_public { &mut has_public } else { &mut has_private };
                *taken = true;
                own(network, nic);
                network.set("type", json!("manual"));
                network.set("alias", json!(nic.name));
                own(answered, nic);
            }
            NetworkKind::Manual => {
                aliases += 1;
                network.set_mac(&nic.mac);
                network.set("alias", json!(format!("{}:{aliases}", nic.name)));
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
    if spec.vm.preconfigured {
        agent.iter_mut().for_each(|(_, network)| network.set("preconfigured", json!(true)));
    }
    Ok(CompletedNetworks { answer, agent })
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
    let network = json!({
        "type": "manual", "ip": nic.ip, "netmask": nic.netmask, "gateway": nic.gateway,
        "mac": nic.mac, "alias": nic.name, "default": [], "dns": [],
    });
    match network {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Where the default gateway is the public one, SoftLayer's own services are reached by the private
/// one.
fn route_private(cloud: &SoftLayer, private: &Nic, agent: &mut Networks) -> CloudResult<()> {
    let Some(gateway) = &private.gateway else { return Ok(()) };
    let routes = &cloud.properties.private_routes;
    let routes: Vec<Value> = routes
        .iter()
        .enumerate()
        .map(|(i, range)| {
            let range: Ipv4Net = range.trim().parse().map_err(|_| {
                vm_not_possible(format!(
                    "{PATH}.private_routes[{i}]: '{range}' is invalid; expected a range such as \
                     10.0.0.0/8"
                ))
            })?;
            let (network, netmask) = (range.network(), range.netmask());
            Ok(json!({"Destination": network, "Gateway": gateway, "Netmask": netmask}))
        })
        .collect::<CloudResult<_>>()?;
    let on_private = |network: &Network| {
        network.settings().get("alias").and_then(Value::as_str) == Some(private.name)
    };
    let first = agent.iter_mut().find(|(_, network)| on_private(network));
    if let Some((_, network)) = first.filter(|_| !routes.is_empty()) {
        network.set("routes", Value::Array(routes));
    }
    Ok(())
}
