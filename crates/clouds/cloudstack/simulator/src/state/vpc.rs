//! VPCs, and the ACL lists of their tiers.

use super::Range;
use super::rule::Traffic;
use super::{Cloud, Entity};
use jiff::Timestamp;

/// A VPC.
#[derive(Debug, Clone)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is called.
    pub displaytext: String,
    /// Its zone.
    pub zone: String,
    /// The account that it belongs to.
    pub owner: String,
    /// Its range.
    pub range: Range,
    /// Its offering.
    pub offering: String,
    /// The DNS domain of its VMs.
    pub domain: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A VPC offering.
#[derive(Debug, Clone)]
pub struct VpcOffering {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: &'static str,
    /// Whether it is the one to take.
    pub is_default: bool,
    /// `NATTED` or `ROUTED`, where it says so.
    pub mode: Option<&'static str>,
    /// What it offers, and who provides that.
    pub services: Vec<(&'static str, &'static [&'static str])>,
    /// When it was made.
    pub created: Timestamp,
}

/// A list of ACL rules.
#[derive(Debug, Clone)]
pub struct AclList {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its VPC; None for the two that are every VPC's.
    pub vpc: Option<String>,
}

/// A rule of an ACL list.
#[derive(Debug, Clone)]
pub struct AclRule {
    /// Its id.
    pub id: String,
    /// Its list.
    pub list: String,
    /// Its place in the list.
    pub number: i64,
    /// What it is about.
    pub traffic: Traffic,
    /// From or to where, comma-separated.
    pub cidrs: String,
    /// Whether it lets through what it is about.
    pub allows: bool,
    /// Whether it is about what comes in.
    pub ingress: bool,
    /// Why it is there.
    pub reason: Option<String>,
}

impl Entity for Vpc {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity for VpcOffering {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity for AclList {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Entity for AclRule {
    fn id(&self) -> &str {
        &self.id
    }
}

type Services = &'static [(&'static str, &'static [&'static str])];

const ROUTER: &[&str] = &["VpcVirtualRouter"];
const NSX: &[&str] = &["Nsx"];
const NETRIS: &[&str] = &["Netris"];

/// The VPC offerings that every CloudStack comes with: name, whether it is a default one, network
/// mode, services.
const VPC_OFFERINGS: &[(&str, bool, Option<&str>, Services)] = &[
    ("Default VPC offering", true, None, &routed_by(&["InternalLbVm", "VpcVirtualRouter"])),
    (
        "Default VPC  offering with Netscaler",
        false,
        None,
        &routed_by(&["InternalLbVm", "Netscaler"]),
    ),
    ("Redundant VPC offering", true, None, &routed_by(&["InternalLbVm", "VpcVirtualRouter"])),
    ("VPC offering with NSX - NAT Mode", false, Some("NATTED"), &natted_by(NSX, NSX)),
    ("VPC offering with NSX - Route Mode", false, Some("ROUTED"), &routed_outside(NSX)),
    ("VPC offering with Netris - Route Mode", false, Some("ROUTED"), &routed_outside(NETRIS)),
    ("VPC offering with Netris - NAT Mode", false, Some("NATTED"), &natted_by(NETRIS, ROUTER)),
];

const fn routed_by(lb: &'static [&'static str]) -> [(&'static str, &'static [&'static str]); 9] {
    [
        ("NetworkACL", ROUTER),
        ("StaticNat", ROUTER),
        ("PortForwarding", ROUTER),
        ("Vpn", ROUTER),
        ("UserData", ROUTER),
        ("Lb", lb),
        ("Dns", ROUTER),
        ("Dhcp", ROUTER),
        ("SourceNat", ROUTER),
    ]
}

const fn natted_by(
    by: &'static [&'static str],
    vpn: &'static [&'static str],
) -> [(&'static str, &'static [&'static str]); 9] {
    [
        ("NetworkACL", by),
        ("StaticNat", by),
        ("PortForwarding", by),
        ("Vpn", vpn),
        ("UserData", ROUTER),
        ("Lb", by),
        ("Dns", ROUTER),
        ("Dhcp", ROUTER),
        ("SourceNat", by),
    ]
}

const fn routed_outside(
    by: &'static [&'static str],
) -> [(&'static str, &'static [&'static str]); 5] {
    [("NetworkACL", by), ("UserData", ROUTER), ("Dns", ROUTER), ("Dhcp", ROUTER), ("SourceNat", by)]
}

impl Cloud {
    /// The VPC offering and the ACL lists that every CloudStack comes with.
    pub(super) fn add_vpc_basics(&mut self) {
        for (name, is_default, mode, services) in VPC_OFFERINGS {
            let (id, created) = (self.new_id(), self.now());
            let services: Vec<_> = services.iter().map(|(name, by)| (*name, *by)).collect();
            let (is_default, mode) = (*is_default, *mode);
            self.routing.vpc_offerings.insert(VpcOffering {
                id,
                name,
                is_default,
                mode,
                created,
                services,
            });
        }
        for (name, verb) in [("default_deny", "denies"), ("default_allow", "allows")] {
            let (list, rule) = (self.new_id(), self.new_id());
            self.routing.acl_lists.insert(AclList {
                id: list.clone(),
                name: name.to_owned(),
                description: format!("{verb} everything"),
                vpc: None,
            });
            for ingress in [true, false] {
                let id = if ingress { rule.clone() } else { self.new_id() };
                self.routing.acl_rules.insert(AclRule {
                    id,
                    list: list.clone(),
                    number: if ingress { 1 } else { 2 },
                    traffic: Traffic { protocol: "all".into(), ports: None, icmp: None },
                    cidrs: "0.0.0.0/0".into(),
                    allows: name == "default_allow",
                    ingress,
                    reason: None,
                });
            }
        }
    }

    /// The tiers of a VPC.
    pub fn tiers(&self, vpc: &str) -> impl Iterator<Item = &super::Network> {
        self.networks.iter().filter(move |network| network.vpc.as_deref() == Some(vpc))
    }

    /// The ACL list of this name that is every VPC's.
    pub fn acl_list_named(&self, name: &str) -> Option<&AclList> {
        self.routing.acl_lists.iter().find(|list| list.name == name && list.vpc.is_none())
    }

    /// Removes a VPC with its addresses and ACL lists.
    pub fn remove_vpc(&mut self, id: &str) {
        let its = |address: &&super::address::PublicAddress| {
            address.lease.as_ref().is_some_and(|lease| lease.vpc.as_deref() == Some(id))
        };
        let addresses: Vec<String> =
            self.routing.addresses.iter().filter(its).map(|address| address.id.clone()).collect();
        for address in addresses {
            self.free_address(&address);
        }
        let lists: Vec<String> = self
            .routing
            .acl_lists
            .iter()
            .filter(|list| list.vpc.as_deref() == Some(id))
            .map(|list| list.id.clone())
            .collect();
        self.routing.acl_rules.retain(|rule| !lists.contains(&rule.list));
        self.routing.acl_lists.retain(|list| !lists.contains(&list.id));
        self.drop_tags(id);
        self.routing.vpcs.remove(id);
    }
}
