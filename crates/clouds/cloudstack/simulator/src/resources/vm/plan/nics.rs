//! Which networks a VM is to be in.

use super::Plan;
use crate::engine::{Params, Refusal, gone};
use crate::resources::vm::nic::{self, WantedNic};
use crate::state::{Cloud, Network};
use crate::world::{NetworkKind, ZoneKind};
use cloudstack::phrases;
use std::collections::BTreeMap;

/// The NICs that a call wants. The same network twice makes one NIC.
pub(super) fn nics(
    cloud: &Cloud,
    params: &Params,
    zone: &str,
    owner: &str,
) -> Result<Vec<WantedNic>, Refusal> {
    let zone_row = cloud.zones.get(zone);
    let basic = zone_row.is_some_and(|zone| zone.spec.kind == ZoneKind::Basic);
    let rows = params.rows("iptonetworklist");
    let ids = params.ids("networkids", &cloud.networks)?;
    if basic && !(rows.is_empty() && ids.is_empty()) {
        return Err(Refusal::invalid("Can't specify network Ids in Basic zone"));
    }
    let also = !ids.is_empty() || params.has("ipaddress");
    if !rows.is_empty() && also {
        return Err(Refusal::invalid("ipToNetworkList can't go with networkIds or ipAddress"));
    }
    let mut wanted: Vec<WantedNic> = Vec::new();
    for row in rows {
        let one = from_row(cloud, params, row)?;
        if !wanted.iter().any(|known| known.network == one.network) {
            wanted.push(one);
        }
    }
    for id in ids {
        if !wanted.iter().any(|known| known.network == id) {
            wanted.push(WantedNic { network: id.to_owned(), ..Default::default() });
        }
    }
    if wanted.is_empty() {
        wanted.push(own_network(cloud, zone, owner, basic)?);
    }
    if let Some(first) = wanted.first_mut().filter(|_| params.rows("iptonetworklist").is_empty()) {
        first.address = params.text("ipaddress").map(nic::parse).transpose()?;
        first.mac = params.text("macaddress").map(str::to_owned);
    }
    check_macs(cloud, &wanted)?;
    Ok(wanted)
}

fn check_macs(cloud: &Cloud, wanted: &[WantedNic]) -> Result<(), Refusal> {
    let macs: Vec<&str> = wanted.iter().filter_map(|nic| nic.mac.as_deref()).collect();
    for (at, mac) in macs.iter().enumerate() {
        cloud.check_mac(mac)?;
        if macs[..at].iter().any(|before| before.eq_ignore_ascii_case(mac)) {
            return Err(Refusal::invalid(format!("{}: {mac}", phrases::MAC_TAKEN)));
        }
    }
    Ok(())
}

fn from_row(
    cloud: &Cloud,
    params: &Params,
    row: &BTreeMap<String, String>,
) -> Result<WantedNic, Refusal> {
    let get = |wanted: &str| {
        row.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let Some(id) = get("networkid") else { return Err(params.missing("networkid")) };
    Ok(WantedNic {
        network: match cloud.networks.get(id) {
            Some(network) => network.id.clone(),
            None => {
                let text = format!("Unable to translate and find entity with networkId: {id}");
                return Err(Refusal::invalid(text));
            }
        },
        address: get("ip").filter(|ip| !ip.is_empty()).map(|ip| nic::parse(ip)).transpose()?,
        address6: get("ipv6").filter(|ip| !ip.is_empty()).map(|ip| nic::parse6(ip)).transpose()?,
        mac: get("mac").filter(|mac| !mac.is_empty()).cloned(),
    })
}

/// Without a network in the call: the zone's own in a basic zone, else the account's only one.
fn own_network(cloud: &Cloud, zone: &str, owner: &str, basic: bool) -> Result<WantedNic, Refusal> {
    let mut here = cloud.networks.iter().filter(|network| network.zone == zone).filter(|network| {
        basic || (network.kind == NetworkKind::Isolated && network.owner.as_deref() == Some(owner))
    });
    match (here.next(), here.next()) {
        (Some(one), None) => Ok(WantedNic { network: one.id.clone(), ..Default::default() }),
        (None, _) => Err(Refusal::invalid("no network to put the VM in; name one in networkids")),
        (Some(_), Some(_)) => Err(Refusal::invalid(
            "More than 1 default Isolated networks are found; name one in networkids",
        )),
    }
}

/// Refuses networks of another zone or account, a host name that is taken there, and user data
/// or keys where the default network cannot serve them.
pub(super) fn check_networks(
    cloud: &Cloud,
    plan: &Plan,
    needs_userdata: bool,
) -> Result<(), Refusal> {
    for (at, nic) in plan.nics.iter().enumerate() {
        let Some(network) = cloud.networks.get(&nic.network) else {
            return Err(gone("Network", cloud.networks.number(&nic.network)));
        };
        check_place(cloud, plan, network)?;
        check_name(cloud, network, &plan.name)?;
        if at == 0 && needs_userdata && !cloud.network_offers(&nic.network, "UserData") {
            return Err(Refusal::invalid(format!(
                "Unable to deploy VM: {} in the default network {}/{}",
                phrases::NO_USER_DATA_SERVICE,
                network.name,
                network.id
            )));
        }
    }
    Ok(())
}

fn check_place(cloud: &Cloud, plan: &Plan, network: &Network) -> Result<(), Refusal> {
    if network.zone != plan.zone {
        let zone = cloud.zone_name(&plan.zone);
        let text = format!("network {} ({}) is not in zone {zone}", network.name, network.id);
        return Err(Refusal::invalid(text));
    }
    match &network.owner {
        Some(owner) if *owner != plan.owner => Err(Refusal::denied(format!(
            "Unable to use network {} ({}): it belongs to another account",
            network.name, network.id
        ))),
        _ => Ok(()),
    }
}

/// A host name is taken until its VM is expunged.
pub fn check_name(cloud: &Cloud, network: &Network, name: &str) -> Result<(), Refusal> {
    let mut there = cloud.vms.iter().filter(|vm| vm.name.eq_ignore_ascii_case(name));
    if there.any(|vm| vm.nics.iter().any(|nic| nic.network == network.id)) {
        return Err(Refusal::invalid(format!(
            "The vm with hostName {name} {}: {}; network={}",
            phrases::NAME_TAKEN,
            network.domain,
            network.name
        )));
    }
    Ok(())
}
