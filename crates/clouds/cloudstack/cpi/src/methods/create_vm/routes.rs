//! `routes`: what the agent is to reach by another way than the default gateway.

use super::wishes::Wishes;
use crate::properties::Route;
use bosh_cpi::{CpiError, Networks, Result};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Tells each network its routes, as the agent wants them (bosh-agent `settings.go`, `Route`).
pub(super) fn add(wishes: &Wishes, networks: &mut Networks) -> Result<()> {
    for (name, routes) in &wishes.vm.routes {
        let path = format!("{}.routes.{name}", wishes.path);
        let mut all = networks.iter_mut();
        let Some((_, network)) = all.find(|(known, _)| known == name) else {
            return Err(CpiError::cpi(format!("{path}: the VM has no network '{name}'")));
        };
        let routes: Vec<Value> = routes
            .iter()
            .enumerate()
            .map(|(at, one)| route(one, &format!("{path}[{at}]")))
            .collect::<Result<_>>()?;
        network.set("routes", Value::Array(routes));
    }
    Ok(())
}

fn route(route: &Route, path: &str) -> Result<Value> {
    let wrong = |what: &str, text: &str, expected: &str| {
        CpiError::cpi(format!("{path}.{what}: '{text}' is no {expected}"))
    };
    let (destination, netmask) = range(&route.cidr)
        .ok_or_else(|| wrong("cidr", &route.cidr, "range such as 10.9.0.0/16"))?;
    let gateway: IpAddr =
        route.gateway.trim().parse().map_err(|_| wrong("gateway", &route.gateway, "IP address"))?;
    if gateway.is_ipv4() != destination.is_ipv4() {
        return Err(wrong("gateway", &route.gateway, "address of the version of its range"));
    }
    Ok(json!({"Destination": destination, "Gateway": gateway, "Netmask": netmask}))
}

/// The network's own address and the netmask.
pub(crate) fn range(cidr: &str) -> Option<(IpAddr, IpAddr)> {
    let (base, bits) = cidr.trim().split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    match base.parse().ok()? {
        IpAddr::V4(base) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
            let base = Ipv4Addr::from(u32::from(base) & mask);
            Some((base.into(), Ipv4Addr::from(mask).into()))
        }
        IpAddr::V6(base) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or_default();
            let base = Ipv6Addr::from(u128::from(base) & mask);
            Some((base.into(), Ipv6Addr::from(mask).into()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The agent dies of a netmask that is none.
    #[test]
    fn a_route_is_told_in_the_agents_words() {
        let one = |cidr: &str, gateway: &str| {
            route(&Route { cidr: cidr.into(), gateway: gateway.into() }, "p.routes.a[0]")
        };
        assert_eq!(
            one("10.9.3.4/16", "10.0.0.9").unwrap(),
            json!({"Destination": "10.9.0.0", "Gateway": "10.0.0.9", "Netmask": "255.255.0.0"})
        );
        assert_eq!(one("0.0.0.0/0", "10.0.0.9").unwrap()["Netmask"], "0.0.0.0");
        assert_eq!(one("fd00::/64", "fd00::1").unwrap()["Netmask"], "ffff:ffff:ffff:ffff::");
        for (cidr, gateway, culprit) in [
            ("10.9.0.0", "10.0.0.9", "p.routes.a[0].cidr"),
            ("10.9.0.0/33", "10.0.0.9", "p.routes.a[0].cidr"),
            ("10.9.0.0/16", "router", "p.routes.a[0].gateway"),
            ("10.9.0.0/16", "fd00::1", "p.routes.a[0].gateway"),
        ] {
            let message = one(cidr, gateway).unwrap_err().message;
            assert!(message.starts_with(culprit), "{message}");
        }
    }
}
