//! `routes`: what the agent is to reach by another way than the default gateway.

use super::spec::VmSpec;
use crate::properties::Route;
use bosh_cpi::{CpiError, Networks, Result};
use ipnet::IpNet;
use serde_json::{Value, json};
use std::net::IpAddr;

/// Tells each network its routes, as the agent wants them (bosh-agent `settings.go`, `Route`).
pub(super) fn add(spec: &VmSpec, networks: &mut Networks) -> Result<()> {
    for (name, routes) in &spec.vm.routes {
        let path = format!("{}.routes.{name}", spec.path);
        let mut all = networks.iter_mut();
        let Some((_, network)) = all.find(|(known, _)| known == name) else {
            return Err(CpiError::cpi(format!("{path}: network '{name}' is not one of the VM's")));
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
        CpiError::cpi(format!("{path}.{what}: '{text}' is not a valid {expected}"))
    };
    let range: IpNet = route
        .cidr
        .trim()
        .parse()
        .map_err(|_| wrong("cidr", &route.cidr, "range (such as 10.9.0.0/16)"))?;
    let gateway: IpAddr =
        route.gateway.trim().parse().map_err(|_| wrong("gateway", &route.gateway, "IP address"))?;
    if gateway.is_ipv4() != range.network().is_ipv4() {
        return Err(wrong("gateway", &route.gateway, "address of the version of its range"));
    }
    Ok(json!({"Destination": range.network(), "Gateway": gateway, "Netmask": range.netmask()}))
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
