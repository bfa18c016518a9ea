//! Security groups. They cost no call, unless they may have to be made.

use super::spec::security_groups::SecurityGroupsSpec;
use crate::api::change;
use crate::errors::{Activity, CloudResult, Failure, ResultExt};
use crate::intent::Intent;
use crate::lookup;
use crate::lookup::zone::ZoneFacts;
use crate::name_ref::NameRef;
use crate::properties::{Direction, Protocol, SecurityRule, Wait, given};
use crate::resources::security_group;
use crate::session::CloudStack;
use bosh_cpi::{CpiError, ErrorKind, Result};
use cloudstack::api::{
    AuthorizeSecurityGroupEgress, AuthorizeSecurityGroupIngress, CreateSecurityGroup, Object,
    PeerGroup, SecurityGroup, Traffic,
};
use cloudstack::phrases::{NO_SUCH_SECURITY_GROUP, SECURITY_GROUP_EXISTS};
use journal::Operation;

/// What the deploy call takes: CloudStack refuses names beside ids.
#[derive(Debug, Default, Clone)]
pub(super) struct SecurityGroupRefs {
    pub names: Vec<String>,
    pub ids: Vec<String>,
}

/// Resolves the groups: to names where that will do, which no call is needed for.
pub(super) async fn resolve(
    cloud: &CloudStack,
    spec: &SecurityGroupsSpec,
) -> Result<SecurityGroupRefs> {
    let (ids, names): (Vec<_>, Vec<_>) = spec.groups.iter().partition(|group| group.is_id());
    let mut refs = SecurityGroupRefs {
        names: names.iter().map(|group| group.text.clone()).collect(),
        ids: ids.iter().map(|group| group.text.clone()).collect(),
    };
    if !refs.ids.is_empty() {
        refs.names.clear();
        for name in names {
            refs.ids.push(lookup::security_group::find(cloud, name).await?.id.clone());
        }
    }
    Ok(refs)
}

/// Makes the groups that may not exist, before the VM is deployed into them. Those that an
/// earlier call has found or made cost nothing.
pub(super) async fn ensure(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &SecurityGroupsSpec,
    zone: &ZoneFacts,
) -> Result<()> {
    // A zone without them ignores their names, and the VM would have no protection.
    if !zone.has_security_groups && !spec.groups.is_empty() {
        return Err(CpiError::new(
            ErrorKind::VmCreationFailed,
            "the zone has no security groups, and the VM would be open; leave out \
             security_groups, or choose a zone that has them",
        ));
    }
    if !spec.create {
        return Ok(());
    }
    let named = spec.groups.iter().filter(|group| !group.is_id());
    for group in named.filter(|group| !lookup::security_group::is_known(cloud, group)) {
        let made = make(cloud, operation, group, spec.rules_of(group)).await;
        let tried = || format!("making security group '{}'", group.text);
        made.during(Activity::CreateVm, tried)?;
    }
    Ok(())
}

/// Forgets the group that a deploy was refused for, and makes it; false if it was not for one.
pub(super) async fn make_missing(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: &SecurityGroupsSpec,
    zone: &ZoneFacts,
    failure: &Failure,
) -> Result<bool> {
    if !spec.create || !zone.has_security_groups || !failure.says(NO_SUCH_SECURITY_GROUP) {
        return Ok(false);
    }
    spec.groups.iter().for_each(|group| lookup::security_group::forget(cloud, group));
    ensure(cloud, operation, spec, zone).await?;
    Ok(true)
}

async fn make(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    wanted: &NameRef,
    rules: &[SecurityRule],
) -> CloudResult<()> {
    let name = &wanted.text;
    let note = cloud.names.note(operation.id());
    let call = CreateSecurityGroup { name: name.clone(), description: Some(note.clone()) };
    let until = cloud.deadline(Wait::CreateVm);
    let send = async || cloud.call(&call, until).await.map(|Object(group)| group);
    let probe = async || security_group::named(cloud, name).await;
    let made =
        change(operation, Intent::SecurityGroup { name: name.clone(), note }, send, probe).await;
    let group = match made {
        Err(failure) if failure.says(SECURITY_GROUP_EXISTS) => {
            let there = security_group::named(cloud, name).await?;
            let Some(group) = there else { return Err(failure) };
            // The call that has made it may have died before it gave the rules.
            let ours = group.description.as_deref().and_then(|note| cloud.names.parse_note(note));
            if ours.is_none() || !group.ingressrule.is_empty() || !group.egressrule.is_empty() {
                lookup::security_group::remember(cloud, wanted, &group.id);
                return Ok(());
            }
            group
        }
        made => made?,
    };
    for rule in rules {
        add_rule(cloud, operation, &group, rule).await?;
    }
    lookup::security_group::remember(cloud, wanted, &group.id);
    Ok(())
}

/// A rule that exists already is as good: another call may make the same group at the same time.
async fn add_rule(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    group: &SecurityGroup,
    rule: &SecurityRule,
) -> CloudResult<()> {
    let traffic = traffic(group, rule)?;
    let until = cloud.deadline(Wait::CreateVm);
    let exists = async || {
        let there = security_group::named(cloud, &group.name).await?;
        Ok(there.filter(|group| has_rule(group, rule.direction, &traffic)).map(drop))
    };
    let send = async || {
        let added = match rule.direction {
            Direction::Ingress => {
                let call = AuthorizeSecurityGroupIngress(traffic.clone());
                cloud.run_job(&call, until).await.map(drop)
            }
            Direction::Egress => {
                let call = AuthorizeSecurityGroupEgress(traffic.clone());
                cloud.run_job(&call, until).await.map(drop)
            }
        };
        match added {
            Err(failure) if failure.has_code(530) => exists().await?.ok_or(failure),
            added => added,
        }
    };
    change(operation, Intent::change("a rule", &group.id), send, &exists).await
}

/// Whether a group has a rule of that traffic.
fn has_rule(group: &SecurityGroup, direction: Direction, traffic: &Traffic) -> bool {
    let rules = match direction {
        Direction::Ingress => &group.ingressrule,
        Direction::Egress => &group.egressrule,
    };
    rules.iter().any(|rule| {
        let text = |key: &str| rule.other.get(key).and_then(|value| value.as_str());
        let number = |key: &str| rule.other.get(key).and_then(|value| value.as_i64());
        let is_peer = |peer: &PeerGroup| rule.securitygroupname.as_ref() == Some(&peer.group);
        let is_cidr = |cidr: &String| text("cidr") == Some(cidr);
        text("protocol").is_some_and(|it| it.eq_ignore_ascii_case(&traffic.protocol))
            && number("startport") == traffic.startport.map(i64::from)
            && number("endport") == traffic.endport.map(i64::from)
            && number("icmptype") == traffic.icmptype.map(i64::from)
            && number("icmpcode") == traffic.icmpcode.map(i64::from)
            && (traffic.cidrlist.iter().any(is_cidr)
                || traffic.usersecuritygrouplist.iter().any(is_peer))
    })
}

fn traffic(group: &SecurityGroup, rule: &SecurityRule) -> Result<Traffic> {
    let ports = matches!(rule.protocol, Protocol::Tcp | Protocol::Udp).then_some(rule.ports);
    let icmp = rule.protocol == Protocol::Icmp;
    let mut traffic = Traffic {
        securitygroupid: group.id.clone(),
        protocol: rule.protocol.as_str().to_owned(),
        startport: ports.map(|ports| ports.0),
        endport: ports.map(|ports| ports.1),
        icmptype: icmp.then(|| rule.icmp_type.unwrap_or(-1)),
        icmpcode: icmp.then(|| rule.icmp_code.unwrap_or(-1)),
        cidrlist: rule.cidr.0.clone(),
        usersecuritygrouplist: Vec::new(),
    };
    match (given(&rule.group), traffic.cidrlist.is_empty()) {
        (Some(_), false) => Err(CpiError::cpi(format!(
            "security_group_rules.{}: a rule is for a cidr or for a group, not for both",
            group.name
        ))),
        (Some(peer), true) => {
            let account = group.account.clone().unwrap_or_default();
            traffic.usersecuritygrouplist = vec![PeerGroup { account, group: peer.to_owned() }];
            Ok(traffic)
        }
        (None, false) => Ok(traffic),
        (None, true) => {
            traffic.cidrlist.push("0.0.0.0/0".to_owned());
            Ok(traffic)
        }
    }
}
