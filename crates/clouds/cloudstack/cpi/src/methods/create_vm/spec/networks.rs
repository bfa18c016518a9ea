//! The networks argument: which of it makes NICs, and which are addresses in front of them.

use super::network_ref::named_network;
use super::security_groups;
use super::vip::VipSpec;
use crate::name_ref::{NameRef, NetworkRef};
use crate::properties::{self, NetworkProperties, given};
use bosh_cpi::{CpiError, Network, NetworkKind, Networks, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A NIC.
pub(in crate::methods::create_vm) struct NicSpec {
    /// The names of its networks in the manifest: one, or those that share it.
    pub names: Vec<String>,
    /// The networks' `nic_group`.
    pub group: Option<String>,
    /// The network in the cloud; an empty text where none is named, which is for basic zones.
    pub network: NetworkRef,
    /// The address, where the director chose one.
    pub ip: Option<Ipv4Addr>,
    /// More addresses of the same NIC, of further networks of its group.
    pub more: Vec<Ipv4Addr>,
    /// The IPv6 address, where the director chose one.
    pub ipv6: Option<Ipv6Addr>,
    /// Whether it is the VM's default one.
    default: bool,
}

/// What the networks argument asks for.
#[derive(Default)]
pub(in crate::methods::create_vm) struct NetworksSpec {
    /// In the order of the NICs: the default one first, as CloudStack has it.
    pub nics: Vec<NicSpec>,
    /// Public addresses in front of them.
    pub vips: Vec<VipSpec>,
    /// Every zone that a network names.
    pub zones: Vec<NameRef>,
    /// Every security group that a network names.
    pub security_groups: Vec<NameRef>,
}

impl NetworksSpec {
    pub(super) fn read(networks: &Networks, strict: bool) -> Result<Self> {
        let mut spec = Self::default();
        for (name, network) in networks.iter() {
            let properties: NetworkProperties =
                properties::read(&network.cloud_properties, strict)?;
            let path = network.cloud_properties.path();
            let zone = given(&properties.zone);
            spec.zones.extend(zone.map(|zone| NameRef::new(zone, format!("{path}.zone"))));
            match network.kind {
                NetworkKind::Vip => spec.vips.push(VipSpec::read(name, network, &properties)?),
                NetworkKind::Manual | NetworkKind::Dynamic => {
                    spec.add(nic(name, network, &properties)?)?;
                }
            }
            let at = format!("{path}.security_groups");
            spec.security_groups.extend(security_groups::named(&properties.security_groups, at));
        }
        if spec.nics.is_empty() {
            return Err(CpiError::cpi(
                "arguments[3]: no manual or dynamic network; every VM needs one",
            ));
        }
        spec.check_vips()?;
        // The first NIC of a VM is its default one; the others keep their order.
        spec.nics.sort_by_key(|nic| !nic.default);
        Ok(spec)
    }

    /// CloudStack leads one public address to a NIC.
    fn check_vips(&self) -> Result<()> {
        for (at, vip) in self.vips.iter().enumerate() {
            let same =
                |other: &&VipSpec| (&other.network, &other.group) == (&vip.network, &vip.group);
            if let Some(other) = self.vips.iter().take(at).find(same) {
                return Err(CpiError::not_supported(format!(
                    "arguments[3]: {} and {} lead to the same NIC, to which CloudStack leads one \
                     public address; name another network of the VM in one of them",
                    other.name, vip.name
                )));
            }
        }
        Ok(())
    }

    /// Adds a NIC, or what it has to the one of its group.
    fn add(&mut self, nic: NicSpec) -> Result<()> {
        let same = |known: &&mut NicSpec| nic.group.is_some() && known.group == nic.group;
        match self.nics.iter_mut().find(same) {
            Some(known) => known.merge(nic),
            None => {
                self.nics.push(nic);
                Ok(())
            }
        }
    }
}

impl NicSpec {
    /// A NIC has several IPv4 addresses, and one IPv6 address.
    fn merge(&mut self, other: Self) -> Result<()> {
        let refuse = |why: String| {
            Err(CpiError::not_supported(format!(
                "arguments[3]: networks {} and {} share nic_group '{}': {why}",
                self.names.join(", "),
                other.names.join(", "),
                other.group.as_deref().unwrap_or_default()
            )))
        };
        if self.network.network.text != other.network.network.text {
            return refuse(format!(
                "a NIC is in one network, but they name '{}' and '{}'",
                self.network.network.text, other.network.network.text
            ));
        }
        if self.ipv6.is_some() && other.ipv6.is_some() {
            return refuse("a NIC has one IPv6 address".into());
        }
        match self.ip {
            None => self.ip = other.ip,
            // The default network's is the first, which is the one that the gateway knows.
            Some(own) if other.default && !self.default => {
                self.more.extend(other.ip.map(|_| own));
                self.ip = other.ip.or(self.ip);
            }
            Some(_) => self.more.extend(other.ip),
        }
        self.ipv6 = self.ipv6.or(other.ipv6);
        self.default |= other.default;
        self.names.extend(other.names);
        Ok(())
    }

    /// The addresses that the director chose, for people.
    pub(in crate::methods::create_vm) fn addresses(&self) -> impl Iterator<Item = String> {
        let (ip, ipv6) = (self.ip.map(|ip| ip.to_string()), self.ipv6.map(|ip| ip.to_string()));
        ip.into_iter().chain(ipv6).chain(self.more.iter().map(ToString::to_string))
    }
}

fn nic(name: &str, network: &Network, properties: &NetworkProperties) -> Result<NicSpec> {
    let at = format!("arguments[3].{name}");
    let path = network.cloud_properties.path();
    check(network, &at)?;
    let unnamed = || NetworkRef { network: NameRef::new("", format!("{path}.name")), vpc: None };
    let ip = network.ip.filter(|_| network.kind == NetworkKind::Manual);
    Ok(NicSpec {
        names: vec![name.to_owned()],
        group: network.nic_group.clone(),
        network: named_network(properties, path).unwrap_or_else(unnamed),
        ip: ip.and_then(|ip| if let IpAddr::V4(ip) = ip { Some(ip) } else { None }),
        ipv6: ip.and_then(|ip| if let IpAddr::V6(ip) = ip { Some(ip) } else { None }),
        more: Vec::new(),
        default: network.default.iter().any(|what| what == "gateway"),
    })
}

/// What cannot be given is refused, or the VM would come up with less.
fn check(network: &Network, at: &str) -> Result<()> {
    if network.kind == NetworkKind::Manual && network.ip.is_none() {
        return Err(CpiError::cpi(format!("{at}.ip is required in a manual network")));
    }
    match network.prefix {
        None => Ok(()),
        Some(prefix) => Err(CpiError::not_supported(format!(
            "{at}.prefix: CloudStack delegates no prefixes to a NIC, so that none of /{prefix} can \
             be given; leave the prefix out for a single address"
        ))),
    }
}
