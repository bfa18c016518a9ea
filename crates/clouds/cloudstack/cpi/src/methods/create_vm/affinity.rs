//! Which VMs shall be kept apart, or together. A group goes by its name into the deploy call;
//! only where the cloud knows none of that name it is made, and the VM deployed once more.

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::properties::{Names, VmProperties, Wait, given};
use crate::steps::{Intent, ended};
use bosh_cpi::Result;
use bosh_cpi::method::Hash;
use cloudstack::api::{CreateAffinityGroup, ListAffinityGroups};
use cloudstack::phrases::{AFFINITY_GROUP_EXISTS, NO_SUCH_AFFINITY_GROUP, NO_SUCH_AFFINITY_TYPE};
use journal::Operation;
use serde_json::Value;

/// The types that keep VMs apart, the best first: with a strict one a VM that finds no host of
/// its own does not start, and the non-strict came with 4.18.
const KEEP_APART: [&str; 2] = ["non-strict host anti-affinity", "host anti-affinity"];

/// The affinity groups of a VM.
pub(super) struct AffinityWish {
    /// Their names.
    pub names: Vec<String>,
    /// The type of those that have to be made; None for what keeps VMs apart.
    kind: Option<String>,
}

impl AffinityWish {
    pub(super) fn read(cloud: &CloudStack, vm: &VmProperties, env: &Hash) -> Self {
        let config = &cloud.properties;
        let kind =
            given(&vm.affinity_group_type).or_else(|| given(&config.auto_anti_affinity_type));
        let Names(more) = &vm.affinity_groups;
        let own = given(&vm.affinity_group).into_iter().chain(more.iter().map(String::as_str));
        let automatic = config.enable_auto_anti_affinity.then(|| instance_group(env)).flatten();
        let mut names: Vec<String> = Vec::new();
        for name in own.chain(automatic).map(listable) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Self { names, kind: kind.map(str::to_owned) }
    }
}

/// The name of the VM's instance group. Compilation VMs have one each, of which nothing would
/// be left but an empty group.
fn instance_group(env: &Hash) -> Option<&str> {
    let bosh = env.get("bosh")?;
    let first = || bosh.get("groups")?.as_array()?.first()?.as_str();
    let group = bosh.get("group").and_then(Value::as_str).or_else(first)?;
    (!group.is_empty() && !is_compilation(group)).then_some(group)
}

/// The director calls them `<director>-<deployment>-compilation-<uuid>`.
fn is_compilation(group: &str) -> bool {
    let id = group.len().checked_sub(36).and_then(|at| group.split_at_checked(at));
    id.is_some_and(|(before, id)| {
        before.ends_with("compilation-") && uuid::Uuid::try_parse(id).is_ok()
    })
}

/// The deploy call takes names as a list with commas.
fn listable(name: &str) -> String {
    name.replace(',', "-")
}

/// Makes the group that a deploy was refused for; false if it was not for one.
pub(super) async fn make_missing(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    wish: &AffinityWish,
    failure: &Failure,
) -> Result<bool> {
    if !failure.says(NO_SUCH_AFFINITY_GROUP) {
        return Ok(false);
    }
    let named = |name: &&String| failure.says(&format!("{NO_SUCH_AFFINITY_GROUP} {name}"));
    // One name may begin another: the longest is meant.
    let Some(name) = wish.names.iter().filter(named).max_by_key(|name| name.len()) else {
        return Ok(false);
    };
    let tried = || format!("making affinity group '{name}'");
    let kinds = wish.kind.as_deref().map_or(KEEP_APART.to_vec(), |kind| vec![kind]);
    let (last, others) = kinds.split_last().expect("there is a type");
    for kind in others {
        match make(cloud, operation, name, kind).await {
            Err(failure) if failure.says(NO_SUCH_AFFINITY_TYPE) => {}
            made => return made.map_err(|e| errors::answer(Activity::CreateVm, tried(), e)),
        }
    }
    let made = make(cloud, operation, name, last).await;
    made.map_err(|failure| errors::answer(Activity::CreateVm, tried(), failure))
}

/// True, also if another call was faster.
async fn make(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    name: &str,
    kind: &str,
) -> std::result::Result<bool, Failure> {
    let note = cloud.names.note(operation.id());
    let call = CreateAffinityGroup {
        name: name.to_owned(),
        kind: kind.to_owned(),
        description: Some(note.clone()),
    };
    let until = cloud.deadline(Wait::CreateVm);
    let made = operation
        .step(
            Intent::AffinityGroup { name: name.to_owned(), note },
            async || ended(cloud.run(&call, until).await.map(drop)),
            async || {
                let of = ListAffinityGroups { name: Some(name.to_owned()) };
                let there = cloud.list(of).await?;
                Ok(there.iter().any(|group| group.name == name).then_some(()))
            },
        )
        .await;
    match made {
        Err(failure) if failure.says(AFFINITY_GROUP_EXISTS) => Ok(true),
        made => made.map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn group(env: Value) -> Option<String> {
        let env = env.as_object().cloned().unwrap().into_iter().collect();
        instance_group(&env).map(str::to_owned)
    }

    /// A group for each compilation VM would fill the account.
    #[test]
    fn a_compilation_vm_has_no_group() {
        let id = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
        let of = |group: &str| json!({"bosh": {"group": group}});
        assert_eq!(group(of(&format!("d-cf-compilation-{id}"))), None);
        assert_eq!(group(of("d-cf-router")).as_deref(), Some("d-cf-router"));
        assert_eq!(group(of("d-cf-compilation-1")).as_deref(), Some("d-cf-compilation-1"));
        assert_eq!(group(json!({"bosh": {"groups": ["a", "b"]}})).as_deref(), Some("a"));
        assert_eq!(group(json!({"bosh": {}})), None);
        assert_eq!(group(json!({})), None);
    }
}
