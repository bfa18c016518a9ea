//! Load balancer rules.

use super::firewall::{cidrs, ports};
use super::vm::view::{self, Details};
use crate::engine::{Answer, Call, Command, Job, Params, Refusal, fields, live_id, value};
use crate::state::rule::{LoadBalancer, Member};
use crate::state::{Caller, Cloud};
use serde_json::{Map, Value, json};

/// What a rule is called where it is gone.
const KIND: &str = "LoadBalancer";
const ALGORITHMS: &[&str] = &["roundrobin", "leastconn", "source"];

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listLoadBalancerRules", list),
    Command::sync("listLoadBalancerRuleInstances", list_instances),
    Command::job("createLoadBalancerRule", "user.loadbalancer.CreateLoadBalancerRuleCmd", create)
        .on("FirewallRule"),
    Command::job("deleteLoadBalancerRule", "user.loadbalancer.DeleteLoadBalancerRuleCmd", delete),
    Command::job(
        "assignToLoadBalancerRule",
        "user.loadbalancer.AssignToLoadBalancerRuleCmd",
        assign,
    ),
    Command::job(
        "removeFromLoadBalancerRule",
        "user.loadbalancer.RemoveFromLoadBalancerRuleCmd",
        remove,
    ),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.routing.balancers)?;
    let address = params.id("publicipid", &cloud.routing.addresses)?;
    let vm = params.id("virtualmachineid", &cloud.vms)?;
    let network = params.id("networkid", &cloud.networks)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let tags = super::tag::wanted(params);
    let rows: Vec<Value> = cloud
        .routing
        .balancers
        .iter()
        .filter(|rule| cloud.shows(&scope, owner(cloud, rule)))
        .filter(|rule| id.is_none_or(|id| rule.id == id))
        .filter(|rule| address.is_none_or(|address| rule.address == address))
        .filter(|rule| network.is_none_or(|network| rule.network == network))
        .filter(|rule| vm.is_none_or(|vm| rule.members.iter().any(|member| member.vm == vm)))
        .filter(|rule| name.is_none_or(|name| rule.name == name))
        .filter(|rule| keyword.is_none_or(|word| rule.name.contains(word)))
        .filter(|rule| cloud.has_any_tag(&rule.id, &tags))
        .map(|rule| self::view(cloud, call.caller, rule, state(rule)).into())
        .collect();
    Ok(Answer::list("loadbalancerrule", rows))
}

/// A rule is given to the router with its first member.
fn state(rule: &LoadBalancer) -> &'static str {
    if rule.applied { "Active" } else { "Add" }
}

fn owner<'c>(cloud: &'c Cloud, rule: &LoadBalancer) -> &'c str {
    let lease = cloud.routing.addresses.get(&rule.address).and_then(|it| it.lease.as_ref());
    lease.map_or("", |lease| &lease.owner)
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let name = params.need("name")?.to_owned();
    let algorithm = params.need("algorithm")?.to_owned();
    params.need("publicport")?;
    params.need("privateport")?;
    if !ALGORITHMS.contains(&algorithm.as_str()) {
        return Err(Refusal::parameter(format!("Invalid algorithm: {algorithm}")));
    }
    let public = ports(params, "publicport", "publicendport")?.unwrap_or_default();
    let private = ports(params, "privateport", "privateendport")?.unwrap_or_default();
    let (address, network, is_tier) = place(cloud, call)?;
    let rule = LoadBalancer {
        id: cloud.new_id(),
        name,
        description: params.text("description").map(str::to_owned),
        address,
        network,
        algorithm,
        protocol: params.text("protocol").map(str::to_owned),
        public,
        private,
        cidrs: cidrs(params, "cidrlist")?,
        applied: false,
        members: Vec::new(),
    };
    let (id, traffic) = (rule.id.clone(), rule.traffic());
    if cloud.port_is_used(&rule.address, &traffic) {
        let text = format!("port {} of address {} is in use", public.0, rule.address);
        return Err(Refusal::new(537, 9999, text));
    }
    if params.flag("openfirewall").unwrap_or(true) && !is_tier {
        cloud.open_firewall(&rule.address, &rule.network, traffic, rule.cidrs.as_deref(), &id);
    }
    cloud.routing.balancers.insert(rule);
    let (made, caller) = (id.clone(), call.caller.clone());
    Ok(Job::new(move |cloud| {
        // Recorded: the new rule says `Add`.
        let rule = cloud.routing.balancers.get(&id);
        let rule = rule.map(|rule| view(cloud, &caller, rule, "Add"));
        Ok(json!({"loadbalancer": rule}))
    })
    .making(made))
}

/// The address and the network of a new rule, and whether that is a VPC's tier.
fn place(cloud: &Cloud, call: &Call<'_>) -> Result<(String, String, bool), Refusal> {
    let (id, lease) = super::address::find(cloud, call, "publicipid")?;
    if lease.static_nat.is_some() {
        return Err(Refusal::new(537, 9999, format!("Can't do load balance on address {id}")));
    }
    let named = call.params.id("networkid", &cloud.networks)?.map(str::to_owned);
    let network = named.or(lease.network.clone());
    let network = network
        .ok_or_else(|| Refusal::invalid(format!("networkid is missing: {id} is of none")))?;
    if !cloud.network_offers(&network, "Lb") {
        return Err(Refusal::invalid(format!("network {network} has no load balancer")));
    }
    Ok((id, network, lease.vpc.is_some()))
}

/// The rule that a call is about.
fn find(cloud: &Cloud, call: &Call<'_>) -> Result<String, Refusal> {
    let id = live_id(call, "id", KIND, &cloud.routing.balancers)?;
    let owner = cloud.routing.balancers.get(&id).map_or("", |rule| owner(cloud, rule));
    cloud.check_owner(call.caller, owner)?;
    Ok(id)
}

fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?;
    Ok(Job::new(move |cloud| {
        cloud.routing.firewall.retain(|rule| rule.goes_with.as_ref() != Some(&id));
        cloud.routing.balancers.forget(&id);
        cloud.drop_tags(&id);
        Ok(json!({"success": true}))
    }))
}

/// The VMs that a call names: `virtualmachineids`, or `vmidipmap[0].vmid` and `.vmip`.
fn members(cloud: &Cloud, params: &Params) -> Result<Vec<Member>, Refusal> {
    let mut members = Vec::new();
    for id in params.ids("virtualmachineids", &cloud.vms)? {
        members.push(Member { vm: id.to_owned(), address: None });
    }
    for row in params.rows("vmidipmap") {
        let vm = row.get("vmid").map(String::as_str).unwrap_or_default();
        let address = row.get("vmip").map(|text| super::vm::nic::parse(text)).transpose()?;
        members.push(Member { vm: params.known("vmidipmap", vm, &cloud.vms)?.to_owned(), address });
    }
    if members.is_empty() {
        return Err(Refusal::invalid("virtualmachineids or vmidipmap says which VMs"));
    }
    Ok(members)
}

fn assign(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?;
    let members = members(cloud, call.params)?;
    Ok(Job::new(move |cloud| {
        check_members(cloud, &id, &members)?;
        if let Some(rule) = cloud.routing.balancers.get_mut(&id) {
            rule.members.extend(members);
            rule.applied = true;
        }
        Ok(json!({"success": true}))
    }))
}

fn check_members(cloud: &Cloud, id: &str, members: &[Member]) -> Result<(), Refusal> {
    let Some(rule) = cloud.routing.balancers.get(id) else {
        return Err(Refusal::invalid(format!("load balancer {id} is gone")));
    };
    for member in members {
        let vm = cloud.vms.get(&member.vm);
        let nic = vm.and_then(|vm| vm.nics.iter().find(|nic| nic.network == rule.network));
        if nic.is_none() {
            let text = format!("VM {} has no NIC in network {}", member.vm, rule.network);
            return Err(Refusal::invalid(text));
        }
        if rule.members.iter().any(|has| has.vm == member.vm && has.address == member.address) {
            return Err(Refusal::internal("Failed to assign load balancer rule"));
        }
    }
    Ok(())
}

fn remove(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find(cloud, call)?;
    let members = members(cloud, call.params)?;
    Ok(Job::new(move |cloud| {
        let Some(rule) = cloud.routing.balancers.get_mut(&id) else {
            return Err(Refusal::invalid(format!("load balancer {id} is gone")));
        };
        let hit = |has: &Member| {
            members.iter().any(|member| {
                has.vm == member.vm && (member.address.is_none() || has.address == member.address)
            })
        };
        rule.members.retain(|has| !hit(has));
        Ok(json!({"success": true}))
    }))
}

/// The VMs behind a rule; with `applied=false` those that are not, but could be.
fn list_instances(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = find(cloud, call)?;
    let Some(rule) = cloud.routing.balancers.get(&id) else { return Ok(no_instances()) };
    let behind = |vm: &str| rule.members.iter().any(|member| member.vm == vm);
    let applied = call.params.flag("applied").unwrap_or(true);
    let rows: Vec<Value> = cloud
        .vms
        .iter()
        .filter(|vm| behind(&vm.id) == applied)
        .filter(|vm| vm.nics.iter().any(|nic| nic.network == rule.network))
        .map(|vm| {
            let mut row = view::of(cloud, call.caller, vm, Details::ALL);
            // Recorded: this list tells nobody where a VM runs.
            for hidden in ["hostid", "hostname", "instancename", "arch"] {
                row.other.remove(hidden);
            }
            value(row)
        })
        .collect();
    Ok(Answer::list("loadbalancerruleinstance", rows))
}

fn no_instances() -> Answer {
    Answer::list("loadbalancerruleinstance", Vec::<Value>::new())
}

fn view(cloud: &Cloud, caller: &Caller, rule: &LoadBalancer, state: &str) -> Map<String, Value> {
    let address = cloud.routing.addresses.get(&rule.address);
    let zone = address.map(|address| &address.zone);
    let mut row = fields(json!({
        "id": rule.id,
        "name": rule.name,
        "description": rule.description,
        "publicipid": rule.address,
        "publicip": address.map(|address| address.address),
        "publicport": rule.public.0.to_string(),
        "privateport": rule.private.0.to_string(),
        "algorithm": rule.algorithm,
        "networkid": rule.network,
        "cidrlist": rule.cidrs,
        "state": state,
        "zoneid": zone,
        "zonename": zone.map(|zone| cloud.zone_name(zone)),
        "protocol": rule.protocol,
        "tags": super::tag::of(cloud, &rule.id),
        "fordisplay": caller.is_admin().then_some(true),
    }));
    row.extend(cloud.owner_fields(owner(cloud, rule)));
    row
}
