//! Network ACLs: lists of rules that VPC tiers stand behind.

use super::firewall::{cidrs, traffic};
use crate::engine::{Answer, Call, Command, Job, Params, Refusal, fields, live_id};
use crate::state::Cloud;
use crate::state::rule::Traffic;
use crate::state::vpc::{AclList, AclRule};
use serde_json::{Map, Value, json};

/// What a list is called where it is gone.
const LIST: &str = "NetworkACLList";
/// What a rule is called where it is gone.
const RULE: &str = "NetworkACL";

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listNetworkACLLists", list_lists),
    Command::job("createNetworkACLList", "user.network.CreateNetworkACLListCmd", create_list)
        .on(RULE),
    Command::job("deleteNetworkACLList", "user.network.DeleteNetworkACLListCmd", delete_list)
        .on(RULE),
    Command::job("replaceNetworkACLList", "user.network.ReplaceNetworkACLListCmd", replace)
        .on(RULE),
    Command::sync("listNetworkACLs", list_rules),
    Command::job("createNetworkACL", "user.network.CreateNetworkACLCmd", create_rule).on(RULE),
    Command::job("deleteNetworkACL", "user.network.DeleteNetworkACLCmd", delete_rule).on(RULE),
];

fn list_lists(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.routing.acl_lists)?;
    let vpc = params.id("vpcid", &cloud.routing.vpcs)?;
    let network = params.id("networkid", &cloud.networks)?;
    let of_network = network.map(|id| cloud.networks.get(id).and_then(|it| it.acl.clone()));
    let name = params.text("name");
    let rows: Vec<Value> = cloud
        .routing
        .acl_lists
        .iter()
        .rev()
        .filter(|list| owner(cloud, list).is_none_or(|owner| cloud.shows(&scope, owner)))
        .filter(|list| id.is_none_or(|id| list.id == id))
        // The two that are every VPC's are listed with each.
        .filter(|list| vpc.is_none_or(|vpc| list.vpc.as_deref().is_none_or(|its| its == vpc)))
        .filter(|list| of_network.as_ref().is_none_or(|its| its.as_ref() == Some(&list.id)))
        .filter(|list| name.is_none_or(|name| list.name == name))
        .map(|list| view_list(cloud, call.caller.is_admin(), list).into())
        .collect();
    Ok(Answer::list("networkacllist", rows))
}

fn owner<'c>(cloud: &'c Cloud, list: &AclList) -> Option<&'c str> {
    let vpc = cloud.routing.vpcs.get(list.vpc.as_deref()?)?;
    Some(&vpc.owner)
}

fn view_list(cloud: &Cloud, admin: bool, list: &AclList) -> Map<String, Value> {
    let vpc = list.vpc.as_ref().and_then(|id| cloud.routing.vpcs.get(id));
    fields(json!({
        "id": list.id,
        "name": list.name,
        "description": list.description,
        "vpcid": list.vpc,
        "vpcname": vpc.map(|vpc| &vpc.name),
        "fordisplay": admin.then_some(true),
    }))
}

fn create_list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let name = call.params.need("name")?.to_owned();
    let vpc = live_id(call, "vpcid", "Vpc", &cloud.routing.vpcs)?;
    let owner = cloud.routing.vpcs.get(&vpc).map_or("", |vpc| &vpc.owner);
    cloud.check_owner(call.caller, owner)?;
    let description = call.params.text("description").unwrap_or(&name).to_owned();
    let id = cloud.new_id();
    let list = AclList { id: id.clone(), name, description, vpc: Some(vpc) };
    cloud.routing.acl_lists.insert(list);
    let (made, admin) = (id.clone(), call.caller.is_admin());
    Ok(Job::new(move |cloud| {
        let list = cloud.routing.acl_lists.get(&id).map(|list| view_list(cloud, admin, list));
        Ok(json!({"networkacllist": list}))
    })
    .making(made))
}

/// A list that its caller may change: not one of the two that are every VPC's.
fn find_list(cloud: &Cloud, call: &Call<'_>, name: &str) -> Result<String, Refusal> {
    let id = live_id(call, name, LIST, &cloud.routing.acl_lists)?;
    let owner = cloud.routing.acl_lists.get(&id).and_then(|list| owner(cloud, list));
    match owner {
        Some(owner) => cloud.check_owner(call.caller, owner).map(|()| id),
        None => {
            Err(Refusal::invalid(format!("ACL list {id} is every VPC's and cannot be changed")))
        }
    }
}

fn delete_list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = find_list(cloud, call, "id")?;
    Ok(Job::new(move |cloud| {
        if let Some(tier) = cloud.networks.iter().find(|it| it.acl.as_ref() == Some(&id)) {
            return Err(Refusal::internal(format!("ACL list {id} is that of tier {}", tier.name)));
        }
        cloud.routing.acl_rules.retain(|rule| rule.list != id);
        cloud.routing.acl_lists.remove(&id);
        Ok(json!({"success": true}))
    }))
}

fn replace(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let list = live_id(call, "aclid", LIST, &cloud.routing.acl_lists)?;
    let network = live_id(call, "networkid", "Network", &cloud.networks)?;
    let tier = cloud.networks.get(&network);
    let owner = tier.and_then(|tier| tier.owner.as_deref()).unwrap_or_default();
    cloud.check_owner(call.caller, owner)?;
    let (vpc, of) = (
        tier.and_then(|tier| tier.vpc.clone()),
        cloud.routing.acl_lists.get(&list).and_then(|list| list.vpc.clone()),
    );
    if vpc.is_none() || (of.is_some() && of != vpc) {
        return Err(Refusal::invalid(format!("ACL list {list} is not for network {network}")));
    }
    Ok(Job::new(move |cloud| {
        if let Some(tier) = cloud.networks.get_mut(&network) {
            tier.acl = Some(list);
        }
        Ok(json!({"success": true}))
    }))
}

fn list_rules(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.routing.acl_rules)?;
    let list = params.id("aclid", &cloud.routing.acl_lists)?;
    let network = params.id("networkid", &cloud.networks)?;
    let of_network = network.map(|id| cloud.networks.get(id).and_then(|it| it.acl.clone()));
    let rows: Vec<Value> = cloud
        .routing
        .acl_rules
        .iter()
        .rev()
        .filter(|rule| {
            let of = cloud.routing.acl_lists.get(&rule.list).and_then(|list| owner(cloud, list));
            of.is_none_or(|owner| cloud.shows(&scope, owner))
        })
        .filter(|rule| id.is_none_or(|id| rule.id == id))
        .filter(|rule| list.is_none_or(|list| rule.list == list))
        .filter(|rule| of_network.as_ref().is_none_or(|its| its.as_ref() == Some(&rule.list)))
        .map(|rule| view_rule(cloud, call.caller.is_admin(), rule).into())
        .collect();
    Ok(Answer::list("networkacl", rows))
}

fn create_rule(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let list = find_list(cloud, call, "aclid")?;
    let traffic = rule_traffic(params)?;
    let taken = |number: i64| {
        cloud.routing.acl_rules.iter().any(|rule| rule.list == list && rule.number == number)
    };
    let number = match params.number("number")? {
        Some(number) if number < 1 => {
            return Err(Refusal::invalid(format!("number {number} is less than 1")));
        }
        Some(number) if taken(number) => {
            return Err(Refusal::invalid(format!("ACL list {list} has a rule {number} already")));
        }
        Some(number) => number,
        None => (1..).find(|number| !taken(*number)).unwrap_or(1),
    };
    let rule = AclRule {
        id: cloud.new_id(),
        list,
        number,
        traffic,
        cidrs: cidrs(params, "cidrlist")?.unwrap_or_else(|| "0.0.0.0/0".into()),
        allows: !params.text("action").is_some_and(|action| action.eq_ignore_ascii_case("deny")),
        ingress: !params.text("traffictype").is_some_and(|it| it.eq_ignore_ascii_case("egress")),
        reason: params.text("reason").map(str::to_owned),
    };
    let (id, made) = (rule.id.clone(), rule.id.clone());
    cloud.routing.acl_rules.insert(rule);
    let admin = call.caller.is_admin();
    Ok(Job::new(move |cloud| {
        let rule = cloud.routing.acl_rules.get(&id).map(|rule| view_rule(cloud, admin, rule));
        Ok(json!({"networkacl": rule}))
    })
    .making(made))
}

/// What the parameters say is meant: as for a firewall, and protocols by their number.
fn rule_traffic(params: &Params) -> Result<Traffic, Refusal> {
    match params.need("protocol")?.parse::<u8>() {
        Ok(number) => Ok(Traffic { protocol: number.to_string(), ports: None, icmp: None }),
        Err(_) => traffic(params, &["tcp", "udp", "icmp", "all"]),
    }
}

fn delete_rule(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = live_id(call, "id", RULE, &cloud.routing.acl_rules)?;
    let rule = cloud.routing.acl_rules.get(&id);
    let list = rule.and_then(|rule| cloud.routing.acl_lists.get(&rule.list));
    match list.and_then(|list| owner(cloud, list)) {
        Some(owner) => cloud.check_owner(call.caller, owner)?,
        None => return Err(Refusal::invalid(format!("ACL rule {id} cannot be deleted"))),
    }
    Ok(Job::new(move |cloud| {
        cloud.routing.acl_rules.remove(&id);
        Ok(json!({"success": true}))
    }))
}

fn view_rule(cloud: &Cloud, admin: bool, rule: &AclRule) -> Map<String, Value> {
    let list = cloud.routing.acl_lists.get(&rule.list);
    let (first, last) = rule.traffic.ports.unzip();
    let (kind, code) = rule.traffic.icmp.unzip();
    fields(json!({
        "id": rule.id,
        "protocol": rule.traffic.protocol,
        "startport": first.map(|port: u16| port.to_string()),
        "endport": last.map(|port: u16| port.to_string()),
        "traffictype": if rule.ingress { "Ingress" } else { "Egress" },
        "state": "Active",
        "cidrlist": rule.cidrs,
        "icmptype": kind,
        "icmpcode": code,
        "tags": super::tag::of(cloud, &rule.id),
        "aclid": rule.list,
        "aclname": list.map(|list| &list.name),
        "number": rule.number,
        "action": if rule.allows { "Allow" } else { "Deny" },
        "fordisplay": admin.then_some(true),
        "reason": rule.reason,
    }))
}
