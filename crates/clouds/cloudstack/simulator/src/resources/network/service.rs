//! What networks and their offerings say of their services. A network shows what its provider can
//! do, an offering only what it settles.

use crate::engine::fields;
use crate::state::NetworkOffering;
use cloudstack::api::NetworkService;
use serde_json::{Value, json};

/// Who offers a network's services, where CloudStack can do it itself.
const ROUTERS: &[&str] = &["VirtualRouter", "VpcVirtualRouter"];

/// The load balancer's way to keep a client at one member, by method and parameters.
const STICKINESS: &str = r#"[{"methodname":"LbCookie","paramlist":[]},{"methodname":"AppCookie","paramlist":[]},{"methodname":"SourceBased","paramlist":[]}]"#;

/// By what groups of VMs grow and shrink.
const COUNTERS: &str = r#"[{"methodname":"CPU","paramlist":[]},{"methodname":"MEMORY","paramlist":[]},{"methodname":"VIRTUALROUTER","paramlist":[]}]"#;

/// `service` of a network.
pub fn of_network(offering: &NetworkOffering) -> Vec<NetworkService> {
    let services = offering.spec.services.iter();
    services
        .map(|(name, provider)| NetworkService {
            name: name.clone(),
            other: fields(json!({
                "provider": [{"name": provider}],
                "capability": provided(name, provider, offering),
            })),
        })
        .collect()
}

/// `service` of an offering.
pub fn of_offering(offering: &NetworkOffering) -> Vec<Value> {
    let services = offering.spec.services.iter();
    services
        .map(|(name, provider)| {
            let mut service = json!({"name": name, "provider": [{"name": provider}]});
            let settled = settled(name, offering);
            if !settled.is_empty() {
                service["capability"] = settled.into();
            }
            service
        })
        .collect()
}

fn capability(name: &str, value: impl ToString, choose: bool) -> Value {
    json!({"name": name, "value": value.to_string(), "canchooseservicecapability": choose})
}

fn fixed(name: &str, value: impl ToString) -> Value {
    capability(name, value, false)
}

/// What a provider can do.
fn provided(service: &str, provider: &str, offering: &NetworkOffering) -> Vec<Value> {
    if !ROUTERS.contains(&provider) {
        return Vec::new();
    }
    match service {
        "Firewall" => vec![
            fixed("SupportedProtocols", "tcp,udp,icmp"),
            fixed("MultipleIps", true),
            fixed("SupportedEgressProtocols", "tcp,udp,icmp, all"),
            fixed("TrafficStatistics", "per public ip"),
            fixed("SupportedTrafficDirection", "ingress, egress"),
        ],
        "NetworkACL" => vec![fixed("SupportedProtocols", "tcp,udp,icmp")],
        "PortForwarding" => vec![fixed("SupportedProtocols", "tcp,udp")],
        "Vpn" => {
            let kind = if offering.is_for_vpc() { "s2svpn" } else { "remoteaccessvpn" };
            vec![fixed("SupportedVpnTypes", "pptp,l2tp,ipsec"), fixed("VpnTypes", kind)]
        }
        "Dns" => vec![fixed("AllowDnsSuffixModification", true)],
        "Dhcp" => vec![fixed("DhcpAccrossMultipleSubnets", true)],
        "SourceNat" => vec![
            capability("SupportedSourceNatTypes", "peraccount", true),
            capability("RedundantRouter", false, true),
        ],
        "StaticNat" => settled(service, offering),
        "Lb" => vec![
            fixed("SupportedStickinessMethods", STICKINESS),
            fixed("VmAutoScaling", true),
            capability("SupportedLBIsolation", "dedicated", true),
            fixed("AutoScaleCounters", COUNTERS),
            fixed("SupportedProtocols", "tcp, udp, tcp-proxy, ssl"),
            fixed("SupportedLbAlgorithms", "roundrobin,leastconn,source"),
            fixed("LbSchemes", "Public"),
            fixed("SslTermination", true),
            fixed("ElasticLb", false),
            fixed("InlineMode", false),
        ],
        _ => Vec::new(),
    }
}

/// What an offering settles.
fn settled(service: &str, offering: &NetworkOffering) -> Vec<Value> {
    let has = |flag| offering.spec.has(flag);
    match service {
        "StaticNat" => {
            // One that somebody made has neither of these as CloudStack's own do.
            let public = offering.builtin;
            vec![fixed("ElasticIp", has("elasticip")), fixed("AssociatePublicIP", public)]
        }
        "SourceNat" => {
            vec![fixed("SupportedSourceNatTypes", "peraccount"), fixed("RedundantRouter", false)]
        }
        "Lb" => vec![
            fixed(
                "SupportedLBIsolation",
                if has("elasticlb") || !offering.builtin { "shared" } else { "dedicated" },
            ),
            fixed("ElasticLb", has("elasticlb")),
            fixed("InlineMode", false),
            fixed("VmAutoScaling", has("autoscaling")),
        ],
        _ => Vec::new(),
    }
}
