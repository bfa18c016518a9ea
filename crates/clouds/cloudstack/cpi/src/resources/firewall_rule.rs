//! Firewall rules of public addresses. The VM remembers those that were made for it in the detail
//! `bosh.firewall`, so that whoever deletes it knows them: an address that is not ours to give
//! back would keep them.

use super::find_own;
use crate::errors::CloudResult;
use crate::properties::{FirewallRule, Ports, Protocol};
use crate::session::CloudStack;
use cloudstack::api::{
    CreateFirewallRule, FirewallRule as FirewallRow, ListFirewallRules, VirtualMachine,
};
use cpi_kit::{Claim, Owned};

/// The detail in which a VM remembers its firewall rules.
const DETAIL: &str = "bosh.firewall";

/// The range that CloudStack takes where none is given.
const ANYWHERE: &str = "0.0.0.0/0";

/// The call that creates a rule.
pub(crate) fn create_call(address: &str, rule: &FirewallRule) -> CreateFirewallRule {
    let Ports(first, last) = rule.ports;
    let has_ports = matches!(rule.protocol, Protocol::Tcp | Protocol::Udp);
    let icmp = |value: Option<i16>| {
        (rule.protocol == Protocol::Icmp).then(|| i32::from(value.unwrap_or(-1)))
    };
    CreateFirewallRule {
        ipaddressid: address.to_owned(),
        protocol: rule.protocol.as_str().to_owned(),
        startport: has_ports.then_some(first),
        endport: has_ports.then_some(last),
        cidrlist: rule.cidr.0.clone(),
        icmptype: icmp(rule.icmp_type),
        icmpcode: icmp(rule.icmp_code),
    }
}

/// The detail for a VM with these rules; None if it has none.
pub(crate) fn detail<'a>(
    rules: impl Iterator<Item = &'a FirewallRule>,
) -> Option<(String, String)> {
    let rules: Vec<_> = rules.map(|rule| key(&create_call("", rule))).collect();
    (!rules.is_empty()).then(|| (DETAIL.to_owned(), rules.join(";")))
}

/// Those of an address's rules that were made for the VM that it leads to.
pub(crate) fn made_for(vm: &VirtualMachine, rules: Vec<FirewallRow>) -> Vec<FirewallRow> {
    let details = vm.other.get("details").and_then(|details| details.get(DETAIL));
    let ours: Vec<&str> =
        details.and_then(|text| text.as_str()).unwrap_or_default().split(';').collect();
    rules.into_iter().filter(|rule| ours.contains(&key_of_row(rule).as_str())).collect()
}

fn key_of_row(rule: &FirewallRow) -> String {
    key(&CreateFirewallRule {
        protocol: rule.protocol.clone(),
        startport: rule.startport,
        endport: rule.endport,
        cidrlist: vec![rule.cidrlist.clone()],
        icmptype: rule.icmptype,
        icmpcode: rule.icmpcode,
        ..CreateFirewallRule::default()
    })
}

/// A rule in a few letters: `tcp 80-443 0.0.0.0/0`.
fn key(rule: &CreateFirewallRule) -> String {
    let from = match rule.cidrlist.join(",") {
        empty if empty.is_empty() => ANYWHERE.to_owned(),
        list => list,
    };
    let number = |first: Option<i32>| first.map(|it| it.to_string()).unwrap_or_default();
    let (first, last) = match rule.protocol.as_str() {
        "icmp" => (number(rule.icmptype), number(rule.icmpcode)),
        _ => (number(rule.startport.map(i32::from)), number(rule.endport.map(i32::from))),
    };
    format!("{} {first}-{last} {from}", rule.protocol)
}

/// The rules of an address.
pub(crate) async fn of_address(cloud: &CloudStack, address: &str) -> CloudResult<Vec<FirewallRow>> {
    let of = ListFirewallRules {
        ipaddressid: Some(address.to_owned()),
        listall: Some(true),
        ..ListFirewallRules::default()
    };
    let mut rules = cloud.list(of).await?;
    let of_it = |rule: &FirewallRow| {
        rule.other.get("ipaddressid").and_then(|id| id.as_str()).is_none_or(|id| id == address)
    };
    rules.retain(of_it);
    Ok(rules)
}

/// The account's own rule of this id.
pub(super) async fn by_id(cloud: &CloudStack, id: &str) -> CloudResult<Option<Owned<FirewallRow>>> {
    let of = ListFirewallRules {
        id: Some(id.to_owned()),
        listall: Some(true),
        ..ListFirewallRules::default()
    };
    find_own(cloud, of, Claim::journaled_id(id)).await
}
