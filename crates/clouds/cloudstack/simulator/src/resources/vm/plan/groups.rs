//! Which key pairs and groups a VM is to have.

use crate::engine::{Params, Refusal};
use crate::state::Cloud;
use cloudstack::phrases;

pub(super) fn key_pairs(
    cloud: &Cloud,
    params: &Params,
    owner: &str,
) -> Result<Vec<String>, Refusal> {
    let mut names = params.list("keypairs");
    names.extend(params.text("keypair"));
    if names.iter().any(|name| cloud.key_pair_named(owner, name).is_none()) {
        return Err(Refusal::invalid(phrases::NO_SUCH_KEY_PAIR));
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

pub(super) fn affinity_groups(
    cloud: &Cloud,
    params: &Params,
    owner: &str,
) -> Result<Vec<String>, Refusal> {
    let mut groups: Vec<String> = Vec::new();
    for id in params.ids("affinitygroupids", &cloud.affinity_groups)? {
        groups.push(id.to_owned());
    }
    for name in params.list("affinitygroupnames") {
        let group = cloud.affinity_groups.iter().find(|g| g.owner == owner && g.name == name);
        let group = group.ok_or_else(|| {
            Refusal::invalid(format!("{} {name}", phrases::NO_SUCH_AFFINITY_GROUP))
        })?;
        groups.push(group.id.clone());
    }
    Ok(groups)
}

pub(super) fn security_groups(
    cloud: &mut Cloud,
    params: &Params,
    zone: &str,
    owner: &str,
) -> Result<Vec<String>, Refusal> {
    let (names, ids) = (params.list("securitygroupnames"), params.list("securitygroupids"));
    let guarded = cloud.zones.get(zone).is_some_and(|zone| zone.has_security_groups());
    let mut groups: Vec<String> = params
        .ids("securitygroupids", &cloud.security_groups)?
        .into_iter()
        .map(str::to_owned)
        .collect();
    // Recorded: names are ignored there, whether there are such groups or not.
    if !guarded && ids.is_empty() {
        return Ok(Vec::new());
    }
    if !guarded {
        let text = "Can't create vm with security groups; they are not enabled in the zone";
        return Err(Refusal::invalid(text));
    }
    for name in names {
        let group = cloud.security_group_named(owner, name);
        let group = group.ok_or_else(|| {
            Refusal::invalid(format!("{} {name}", phrases::NO_SUCH_SECURITY_GROUP))
        })?;
        groups.push(group.id.clone());
    }
    if groups.is_empty() {
        groups.push(cloud.default_security_group(owner));
    }
    Ok(groups)
}
