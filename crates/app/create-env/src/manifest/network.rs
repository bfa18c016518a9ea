//! `networks`.

use super::cidr::Cidr;
use super::fields::Fields;
use serde_json::{Map, Value};
use std::net::IpAddr;

/// A network of the manifest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Network {
    pub name: String,
    pub kind: Kind,
    /// Given by the manifest for dynamic and VIP networks, by the subnet for manual ones.
    pub cloud_properties: Map<String, Value>,
    pub dns: Vec<String>,
}

/// How a network gives addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The manifest gives them.
    Manual {
        /// The subnet's range; nothing where it is not valid.
        range: Option<Cidr>,
        /// The subnet's gateway, as written.
        gateway: String,
    },
    /// The cloud gives them.
    Dynamic,
    /// A public address beside another network's.
    Vip,
}

pub(super) fn read(root: &Fields<'_>) -> Vec<Network> {
    root.maps("networks").iter().map(network).collect()
}

fn network(fields: &Fields<'_>) -> Network {
    let name = fields.required_text("name");
    let cloud_properties = fields.json("cloud_properties").unwrap_or_default();
    let dns = fields.texts("dns");
    let kind = fields.text("type");
    match kind.as_str() {
        "manual" => manual(fields, name),
        "dynamic" => Network { name, kind: Kind::Dynamic, cloud_properties, dns },
        "vip" => Network { name, kind: Kind::Vip, cloud_properties, dns: Vec::new() },
        _ => {
            fields.problem("type", "must be manual, dynamic or vip");
            Network { name, kind: Kind::Dynamic, cloud_properties, dns }
        }
    }
}

fn manual(fields: &Fields<'_>, name: String) -> Network {
    let subnets = fields.maps("subnets");
    let [subnet] = subnets.as_slice() else {
        fields.problem("subnets", format!("must have exactly one item, found {}", subnets.len()));
        let kind = Kind::Manual { range: None, gateway: String::new() };
        return Network { name, kind, cloud_properties: Map::new(), dns: Vec::new() };
    };
    let range = subnet.required_text("range");
    let gateway = subnet.required_text("gateway");
    let cidr = Cidr::parse(&range);
    if cidr.is_none() && !range.trim().is_empty() {
        subnet.problem("range", "must be a range of IP addresses such as 10.0.0.0/24");
    }
    if let (Some(cidr), false) = (cidr, gateway.trim().is_empty()) {
        check_gateway(subnet, &gateway, cidr, &range);
    }
    Network {
        name,
        kind: Kind::Manual { range: cidr, gateway },
        cloud_properties: subnet.json("cloud_properties").unwrap_or_default(),
        dns: subnet.texts("dns"),
    }
}

fn check_gateway(subnet: &Fields<'_>, gateway: &str, cidr: Cidr, range: &str) {
    let Ok(address) = gateway.parse::<IpAddr>() else {
        subnet.problem("gateway", "must be an IP address");
        return;
    };
    if !cidr.contains(address) {
        subnet.problem("gateway", format!("'{gateway}' must be within the range {range}"));
    } else if cidr.network() == address {
        subnet.problem("gateway", format!("must not be the network's address {address}"));
    } else if cidr.last() == address {
        subnet.problem("gateway", format!("must not be the range's last address {address}"));
    }
}
