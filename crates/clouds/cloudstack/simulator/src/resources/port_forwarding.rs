//! Port forwarding rules.

use super::firewall::ports;
use crate::engine::{Answer, Call, Command, Job, Refusal, fields, live_id};
use crate::state::rule::{PortForwarding, Traffic};
use crate::state::{Caller, Cloud};
use serde_json::{Map, Value, json};

/// What a rule is called where it is gone.
const KIND: &str = "PortForwardingRule";

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listPortForwardingRules", list),
    Command::sync("listIpForwardingRules", list_ip_forwarding),
    Command::job("createPortForwardingRule", "user.firewall.CreatePortForwardingRuleCmd", create)
        .on("FirewallRule"),
    Command::job("deletePortForwardingRule", "user.firewall.DeletePortForwardingRuleCmd", delete),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let scope = cloud.scope(call)?;
    let id = call.params.id("id", &cloud.routing.forwardings)?;
    let address = call.params.id("ipaddressid", &cloud.routing.addresses)?;
    let network = call.params.id("networkid", &cloud.networks)?;
    let rows: Vec<Value> = cloud
        .routing
        .forwardings
        .iter()
        .rev()
        .filter(|rule| cloud.shows(&scope, owner(cloud, rule)))
        .filter(|rule| id.is_none_or(|id| rule.id == id))
        .filter(|rule| address.is_none_or(|address| rule.address == address))
        .filter(|rule| network.is_none_or(|network| rule.network == network))
        .map(|rule| view(cloud, call.caller, rule).into())
        .collect();
    Ok(Answer::list("portforwardingrule", rows))
}

/// `listIpForwardingRules`: the static NAT of addresses has no rules of its own here.
fn list_ip_forwarding(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.params.id("ipaddressid", &cloud.routing.addresses)?;
    call.params.id("virtualmachineid", &cloud.vms)?;
    Ok(Answer::list("ipforwardingrule", Vec::<Value>::new()))
}

fn owner<'c>(cloud: &'c Cloud, rule: &PortForwarding) -> &'c str {
    let lease = cloud.routing.addresses.get(&rule.address).and_then(|it| it.lease.as_ref());
    lease.map_or("", |lease| &lease.owner)
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let (address, lease) = super::address::find(cloud, call, "ipaddressid")?;
    let vm = cloud.need_vm(call, "virtualmachineid")?;
    let protocol = params.need("protocol")?.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp") {
        return Err(Refusal::invalid(format!("protocol {protocol} is none of tcp, udp")));
    }
    params.need("publicport")?;
    params.need("privateport")?;
    let public = ports(params, "publicport", "publicendport")?.unwrap_or_default();
    let private = ports(params, "privateport", "privateendport")?.unwrap_or_default();
    let traffic = Traffic::to_ports(&protocol, public);
    if lease.static_nat.is_some() {
        let text = format!("Unable to create port forwarding rule; ip {address} has static NAT");
        return Err(Refusal::invalid(text));
    }
    if cloud.port_is_used(&address, &traffic) {
        let text = format!("port {} of address {address} is in use", public.0);
        return Err(Refusal::new(537, 4360, text));
    }
    let named = params.id("networkid", &cloud.networks)?.map(str::to_owned);
    let network = named.or(lease.network.clone());
    let nics = cloud.vms.get(&vm).map(|vm| vm.nics.as_slice()).unwrap_or_default();
    let nic = nics.iter().find(|nic| network.as_ref().is_none_or(|it| nic.network == *it));
    let nic = nic.ok_or_else(|| Refusal::invalid(format!("VM {vm} has no NIC in that network")))?;
    let (network, guest) = (nic.network.clone(), nic.address);
    let rule = PortForwarding {
        id: cloud.new_id(),
        address,
        network,
        vm,
        guest,
        protocol,
        public,
        private,
    };
    if params.flag("openfirewall").unwrap_or(true) && lease.vpc.is_none() {
        cloud.open_firewall(&rule.address, &rule.network, traffic, None, &rule.id);
    }
    let (id, made) = (rule.id.clone(), rule.id.clone());
    cloud.routing.forwardings.insert(rule);
    let caller = call.caller.clone();
    Ok(Job::new(move |cloud| {
        let rule = cloud.routing.forwardings.get(&id).map(|rule| view(cloud, &caller, rule));
        Ok(json!({"portforwardingrule": rule}))
    })
    .making(made))
}

fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = live_id(call, "id", KIND, &cloud.routing.forwardings)?;
    let owner = cloud.routing.forwardings.get(&id).map_or("", |rule| owner(cloud, rule));
    cloud.check_owner(call.caller, owner)?;
    Ok(Job::new(move |cloud| {
        cloud.routing.firewall.retain(|rule| rule.goes_with.as_ref() != Some(&id));
        cloud.routing.forwardings.forget(&id);
        cloud.drop_tags(&id);
        Ok(json!({"success": true}))
    }))
}

fn view(cloud: &Cloud, caller: &Caller, rule: &PortForwarding) -> Map<String, Value> {
    let vm = cloud.vms.get(&rule.vm);
    fields(json!({
        "id": rule.id,
        "privateport": rule.private.0.to_string(),
        "privateendport": rule.private.1.to_string(),
        "protocol": rule.protocol,
        "publicport": rule.public.0.to_string(),
        "publicendport": rule.public.1.to_string(),
        "virtualmachineid": rule.vm,
        "virtualmachinename": vm.map(|vm| &vm.name),
        "virtualmachinedisplayname": vm.map(|vm| &vm.display_name),
        "ipaddressid": rule.address,
        "ipaddress": cloud.routing.addresses.get(&rule.address).map(|address| address.address),
        "state": "Active",
        "cidrlist": "",
        "tags": super::tag::of(cloud, &rule.id),
        "vmguestip": rule.guest,
        "networkid": rule.network,
        "fordisplay": caller.is_admin().then_some(true),
    }))
}
