//! Security groups.

use super::firewall::{cidrs, traffic};
use crate::engine::{Answer, Call, Command, Job, Refusal, fields, live_id};
use crate::state::rule::Traffic;
use crate::state::security_group::{DEFAULT, Peer, SecurityGroup, SecurityRule};
use crate::state::{Cloud, Entity};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a group is called where it is gone.
const KIND: &str = "SecurityGroup";

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listSecurityGroups", list),
    Command::sync("createSecurityGroup", create),
    Command::sync("deleteSecurityGroup", delete),
    Command::job(
        "authorizeSecurityGroupIngress",
        "user.securitygroup.AuthorizeSecurityGroupIngressCmd",
        authorize_ingress,
    )
    .on(KIND),
    Command::job(
        "authorizeSecurityGroupEgress",
        "user.securitygroup.AuthorizeSecurityGroupEgressCmd",
        authorize_egress,
    )
    .on(KIND),
    Command::job(
        "revokeSecurityGroupIngress",
        "user.securitygroup.RevokeSecurityGroupIngressCmd",
        revoke,
    )
    .on(KIND),
    Command::job(
        "revokeSecurityGroupEgress",
        "user.securitygroup.RevokeSecurityGroupEgressCmd",
        revoke,
    )
    .on(KIND),
];

/// Which way a rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    cloud.default_security_group(&call.caller.account);
    let id = params.id("id", &cloud.security_groups)?;
    let vm = params.id("virtualmachineid", &cloud.vms)?.and_then(|id| cloud.vms.get(id));
    let of_vm = params.has("virtualmachineid").then(|| vm.map(|vm| vm.security_groups.as_slice()));
    let (name, keyword) = (params.text("securitygroupname"), params.text("keyword"));
    let tags = super::tag::wanted(params);
    let rows: Vec<Value> = cloud
        .security_groups
        .iter()
        .filter(|group| cloud.shows(&scope, &group.owner))
        .filter(|group| id.is_none_or(|id| group.id == id))
        .filter(|group| of_vm.is_none_or(|its| its.is_some_and(|its| its.contains(&group.id))))
        .filter(|group| name.is_none_or(|name| group.name == name))
        .filter(|group| keyword.is_none_or(|word| group.name.contains(word)))
        .filter(|group| cloud.has_any_tag(&group.id, &tags))
        .map(|group| listed(whole(cloud, group)).into())
        .collect();
    Ok(Answer::list("securitygroup", rows))
}

/// Rules have tags in lists only.
fn listed(mut row: Map<String, Value>) -> Map<String, Value> {
    for rules in ["ingressrule", "egressrule"] {
        let rules = row.get_mut(rules).and_then(Value::as_array_mut);
        rules.into_iter().flatten().for_each(|rule| rule["tags"] = json!([]));
    }
    row
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let name = call.params.need("name")?;
    let owner = cloud.new_owner(call)?;
    cloud.default_security_group(&owner);
    if cloud.security_group_named(&owner, name).is_some() {
        return Err(Refusal::invalid(format!(
            "Unable to create security group, a group with name {name} already exists."
        )));
    }
    let id = cloud.add_security_group(&owner, name, call.params.text("description"));
    let row = cloud.security_groups.get(&id).map(|group| whole(cloud, group));
    Ok(Answer::object("securitygroup", row))
}

/// A group as lists show it, with the VMs in it.
fn whole(cloud: &Cloud, group: &SecurityGroup) -> Map<String, Value> {
    let vms: Vec<&str> = cloud
        .vms
        .iter()
        .filter(|vm| vm.security_groups.contains(&group.id))
        .map(Entity::id)
        .collect();
    let mut row = view(cloud, group, &group.ingress, &group.egress);
    row.insert("virtualmachinecount".into(), vms.len().into());
    row.insert("virtualmachineids".into(), vms.into());
    row
}

fn view(
    cloud: &Cloud,
    group: &SecurityGroup,
    ingress: &[SecurityRule],
    egress: &[SecurityRule],
) -> Map<String, Value> {
    let rules = |rules: &[SecurityRule]| -> Vec<Map<String, Value>> {
        rules.iter().map(|rule| rule_view(cloud, rule)).collect()
    };
    let mut row = fields(json!({
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "ingressrule": rules(ingress),
        "egressrule": rules(egress),
        "tags": super::tag::of(cloud, &group.id),
        "virtualmachineids": [],
    }));
    row.extend(cloud.owner_fields(&group.owner));
    row
}

fn rule_view(cloud: &Cloud, rule: &SecurityRule) -> Map<String, Value> {
    let (first, last) = rule.traffic.ports.unzip();
    let (kind, code) = rule.traffic.icmp.unzip();
    let (cidr, group) = match &rule.peer {
        Peer::Cidr(cidr) => (Some(cidr), None),
        Peer::Group(group) => (None, cloud.security_groups.ever(group)),
    };
    let account = group.and_then(|group| cloud.accounts.ever(&group.owner));
    fields(json!({
        "ruleid": rule.id,
        "protocol": rule.traffic.protocol,
        "startport": first,
        "endport": last,
        "icmptype": kind,
        "icmpcode": code,
        "cidr": cidr,
        "securitygroupname": group.map(|group| &group.name),
        "account": account.map(|account| &account.name),
    }))
}

/// The group that a call names by id or by name.
fn find(cloud: &Cloud, call: &Call<'_>, id: &str, name: &str) -> Result<String, Refusal> {
    let found = match call.params.text(name) {
        _ if call.params.has(id) => live_id(call, id, KIND, &cloud.security_groups)?,
        Some(wanted) => {
            let owner = cloud.new_owner(call)?;
            let group = cloud.security_group_named(&owner, wanted);
            let group = group.ok_or_else(|| {
                Refusal::invalid(format!("Unable to find security group by name {wanted}"))
            })?;
            group.id.clone()
        }
        None => return Err(Refusal::invalid(format!("{id} or {name} says which group"))),
    };
    let owner = cloud.security_groups.get(&found).map_or("", |group| &group.owner);
    cloud.check_owner(call.caller, owner)?;
    Ok(found)
}

/// A group goes when nothing uses it: no VM is in it and no rule, not even its own, lets it in.
fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = find(cloud, call, "id", "name")?;
    let in_use = |text: &str| Err(Refusal::new(536, 9999, text));
    if cloud.security_groups.get(&id).is_some_and(|group| group.name == DEFAULT) {
        return Err(Refusal::invalid("the default security group stays"));
    }
    if cloud.security_groups.iter().any(|group| group.lets(&id)) {
        return in_use("Cannot delete group when there are security rules that allow this group");
    }
    if cloud.vms.iter().any(|vm| vm.security_groups.contains(&id)) {
        return in_use("Cannot delete group when it's in use by virtual machines");
    }
    cloud.drop_tags(&id);
    cloud.security_groups.forget(&id);
    Ok(Answer::Success)
}

fn authorize_ingress(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    authorize(cloud, call, Way::In)
}

fn authorize_egress(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    authorize(cloud, call, Way::Out)
}

fn authorize(cloud: &mut Cloud, call: &Call<'_>, way: Way) -> Result<Job, Refusal> {
    let id = find(cloud, call, "securitygroupid", "securitygroupname")?;
    // Recorded: the job finds what is wrong with a rule.
    let rule = what(call).and_then(|traffic| Ok((traffic, peers(cloud, call)?)));
    let on = id.clone();
    Ok(Job::new(move |cloud| {
        let (traffic, peers) = rule?;
        let Some(group) = cloud.security_groups.get(&id) else {
            return Err(Refusal::invalid(format!("security group {id} is gone")));
        };
        let known = if way == Way::In { &group.ingress } else { &group.egress };
        let same = |peer: &Peer| known.iter().any(|it| it.traffic == traffic && it.peer == *peer);
        if peers.iter().any(same) {
            let text = "Failed to authorize security group ingress rule(s)";
            return Err(Refusal::internal(text));
        }
        let new: Vec<SecurityRule> = peers
            .iter()
            .map(|peer| SecurityRule {
                id: cloud.new_id(),
                traffic: traffic.clone(),
                peer: peer.clone(),
            })
            .collect();
        if let Some(group) = cloud.security_groups.get_mut(&id) {
            let rules = if way == Way::In { &mut group.ingress } else { &mut group.egress };
            rules.extend(new.clone());
        }
        // The answer shows the new rules only.
        let (ingress, egress) =
            if way == Way::In { (&new[..], &[][..]) } else { (&[][..], &new[..]) };
        let row = cloud.security_groups.get(&id).map(|it| view(cloud, it, ingress, egress));
        Ok(json!({"securitygroup": row}))
    })
    .on(on))
}

/// What a rule lets through; without a protocol everything.
fn what(call: &Call<'_>) -> Result<Traffic, Refusal> {
    match call.params.text("protocol") {
        None => Ok(Traffic { protocol: "all".into(), ports: None, icmp: None }),
        Some(_) => {
            let traffic = traffic(call.params, &["tcp", "udp", "icmp", "all"])?;
            let ports = traffic.ports.is_some();
            if matches!(traffic.protocol.as_str(), "tcp" | "udp") && !ports {
                return Err(Refusal::invalid("startport and endport are missing"));
            }
            Ok(traffic)
        }
    }
}

/// The other sides: `cidrlist`, or `usersecuritygrouplist[0].account` and `.group`.
fn peers(cloud: &Cloud, call: &Call<'_>) -> Result<Vec<Peer>, Refusal> {
    let cidrs = cidrs(call.params, "cidrlist")?;
    let rows = call.params.rows("usersecuritygrouplist");
    match cidrs {
        Some(_) if !rows.is_empty() => {
            Err(Refusal::invalid("cidrlist and usersecuritygrouplist exclude each other"))
        }
        Some(cidrs) => Ok(cidrs.split(',').map(|cidr| Peer::Cidr(cidr.to_owned())).collect()),
        None if rows.is_empty() => {
            Err(Refusal::invalid("cidrlist or usersecuritygrouplist says from where"))
        }
        None => rows.into_iter().map(|row| peer(cloud, row)).collect(),
    }
}

fn peer(cloud: &Cloud, row: &BTreeMap<String, String>) -> Result<Peer, Refusal> {
    let text = |key: &str| row.get(key).map(String::as_str).unwrap_or_default();
    let account = cloud.account_named(text("account"));
    let account = account
        .ok_or_else(|| Refusal::invalid(format!("Unable to find account {}", text("account"))))?;
    let group = cloud.security_group_named(&account.id, text("group"));
    let group =
        group.ok_or_else(|| Refusal::invalid(format!("Unable to find group {}", text("group"))))?;
    Ok(Peer::Group(group.id.clone()))
}

fn revoke(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let rule = call.params.need("id")?.to_owned();
    let group = cloud.security_groups.iter().find(|it| it.rules().any(|known| known.id == rule));
    let group = group.ok_or_else(|| call.params.unknown_id("id", &rule))?;
    cloud.check_owner(call.caller, &group.owner)?;
    let (id, on) = (group.id.clone(), group.id.clone());
    Ok(Job::new(move |cloud| {
        if let Some(group) = cloud.security_groups.get_mut(&id) {
            group.ingress.retain(|known| known.id != rule);
            group.egress.retain(|known| known.id != rule);
        }
        Ok(json!({"success": true}))
    })
    .on(on))
}
