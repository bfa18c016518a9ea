//! The security groups of a VM: by name or id, those of the VM and of its networks together.
//! They cost no call, unless they may have to be made.

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::lookup::{Wanted, ZoneRow};
use crate::properties::{
    Direction, Names, PATH, Protocol, SecurityRule, VmProperties, Wait, given,
};
use crate::steps::{Intent, ended};
use bosh_cpi::{CpiError, Result};
use cloudstack::api::{
    AuthorizeSecurityGroupEgress, AuthorizeSecurityGroupIngress, CreateSecurityGroup,
    ListSecurityGroups, Object, PeerGroup, SecurityGroup, Traffic,
};
use cloudstack::phrases::{NO_SUCH_SECURITY_GROUP, SECURITY_GROUP_EXISTS};
use journal::Operation;
use std::collections::BTreeMap;

type Answer<T> = std::result::Result<T, Failure>;

/// The security groups of a VM.
pub(super) struct GuardWish {
    /// The groups, each once: those of the VM and of its networks, else the default ones.
    pub groups: Vec<Wanted>,
    /// Whether those that are not there are made.
    create: bool,
    /// The rules of those that are made.
    rules: BTreeMap<String, Vec<SecurityRule>>,
}

/// What the deploy call takes: CloudStack refuses names beside ids.
#[derive(Debug, Default, Clone)]
pub(super) struct Guards {
    pub names: Vec<String>,
    pub ids: Vec<String>,
}

/// Groups as properties name them.
pub(super) fn named(Names(names): &Names, path: String) -> Vec<Wanted> {
    names.iter().map(|name| Wanted::new(name, path.clone())).collect()
}

impl GuardWish {
    pub(super) fn read(
        cloud: &CloudStack,
        vm: &VmProperties,
        path: &str,
        of_networks: impl Iterator<Item = Wanted>,
    ) -> Self {
        let config = &cloud.properties;
        let mut groups = named(&vm.security_groups, format!("{path}.security_groups"));
        groups.extend(of_networks);
        if groups.is_empty() {
            let path = format!("{PATH}.default_security_groups");
            groups = named(&config.default_security_groups, path);
        }
        let mut once: Vec<Wanted> = Vec::new();
        for group in groups {
            if !once.iter().any(|known| known.text == group.text) {
                once.push(group);
            }
        }
        let mut rules = config.security_group_rules.clone();
        rules.extend(vm.security_group_rules.clone());
        let create = vm.security_groups_create.unwrap_or(config.security_groups_create);
        Self { groups: once, create, rules }
    }

    /// As names where that will do, which no call is needed for.
    pub(super) async fn find(&self, cloud: &CloudStack) -> Result<Guards> {
        let (ids, names): (Vec<_>, Vec<_>) = self.groups.iter().partition(|group| group.is_id());
        let mut guards = Guards {
            names: names.iter().map(|group| group.text.clone()).collect(),
            ids: ids.iter().map(|group| group.text.clone()).collect(),
        };
        if !guards.ids.is_empty() {
            guards.names.clear();
            for name in names {
                guards.ids.push(cloud.security_group(name).await?.id.clone());
            }
        }
        Ok(guards)
    }
}

/// Makes the groups that may not be there, before the VM is deployed into them. Those that an
/// earlier call has found or made cost nothing.
pub(super) async fn make(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    wish: &GuardWish,
    zone: &ZoneRow,
) -> Result<()> {
    // A zone without them refuses the VM, before anything is made.
    if !wish.create || !zone.guarded {
        return Ok(());
    }
    let named = wish.groups.iter().filter(|group| !group.is_id());
    for group in named.filter(|group| !cloud.remembers_security_group(group)) {
        let tried = format!("making security group '{}'", group.text);
        let made = make_one(cloud, operation, group, wish.rules_of(group)).await;
        made.map_err(|failure| errors::answer(Activity::CreateVm, tried, failure))?;
    }
    Ok(())
}

/// Forgets the group that a deploy was refused for, and makes it; false if it was not for one.
pub(super) async fn make_missing(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    wish: &GuardWish,
    zone: &ZoneRow,
    failure: &Failure,
) -> Result<bool> {
    if !wish.create || !zone.guarded || !failure.says(NO_SUCH_SECURITY_GROUP) {
        return Ok(false);
    }
    wish.groups.iter().for_each(|group| cloud.forget_security_group(group));
    make(cloud, operation, wish, zone).await?;
    Ok(true)
}

impl GuardWish {
    fn rules_of(&self, group: &Wanted) -> &[SecurityRule] {
        self.rules.get(&group.text).map(Vec::as_slice).unwrap_or_default()
    }
}

async fn make_one(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    wanted: &Wanted,
    rules: &[SecurityRule],
) -> Answer<()> {
    let name = &wanted.text;
    let note = cloud.names.note(operation.id());
    let call = CreateSecurityGroup { name: name.clone(), description: Some(note.clone()) };
    let until = cloud.deadline(Wait::CreateVm);
    let made = operation
        .step(
            Intent::SecurityGroup { name: name.clone(), note },
            async || ended(cloud.call(&call, until).await.map(|Object(group)| group)),
            async || cloud.security_group_named(name).await,
        )
        .await;
    let group = match made {
        Err(failure) if failure.says(SECURITY_GROUP_EXISTS) => {
            let there = cloud.security_group_named(name).await?;
            let Some(group) = there else { return Err(failure) };
            // The call that has made it may have died before it gave the rules.
            let ours = group.description.as_deref().and_then(|note| cloud.names.parse_note(note));
            if ours.is_none() || !group.ingressrule.is_empty() || !group.egressrule.is_empty() {
                cloud.remember_security_group(wanted, &group.id);
                return Ok(());
            }
            group
        }
        made => made?,
    };
    for rule in rules {
        add_rule(cloud, operation, &group, rule).await?;
    }
    cloud.remember_security_group(wanted, &group.id);
    Ok(())
}

/// A rule that is there already is as good; it goes with its group.
async fn add_rule(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    group: &SecurityGroup,
    rule: &SecurityRule,
) -> Answer<()> {
    let traffic = traffic(group, rule)?;
    let until = cloud.deadline(Wait::CreateVm);
    let add = async || match rule.direction {
        Direction::Ingress => {
            let call = AuthorizeSecurityGroupIngress(traffic.clone());
            cloud.run(&call, until).await.map(drop)
        }
        Direction::Egress => {
            let call = AuthorizeSecurityGroupEgress(traffic.clone());
            cloud.run(&call, until).await.map(drop)
        }
    };
    let target = Intent::change("a rule", &group.id);
    let added = operation.step(
        target,
        async || ended(add().await),
        async || match add().await {
            Err(failure) if failure.has_code(530) => Ok(Some(())),
            again => again.map(Some),
        },
    );
    added.await
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

impl CloudStack {
    async fn security_group_named(&self, name: &str) -> Answer<Option<SecurityGroup>> {
        let of = ListSecurityGroups { securitygroupname: Some(name.to_owned()) };
        Ok(self.list(of).await?.into_iter().find(|group| group.name == name))
    }
}
