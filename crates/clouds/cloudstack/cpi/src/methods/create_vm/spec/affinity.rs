//! Which VMs shall be kept apart, or together.

use crate::properties::{CloudStackProperties, Names, VmProperties, given};
use bosh_cpi::method::Hash;
use serde_json::Value;

/// The affinity groups of a VM.
pub(in crate::methods::create_vm) struct AffinitySpec {
    /// Their names.
    pub names: Vec<String>,
    /// The type of those that have to be made; None for what keeps VMs apart.
    pub kind: Option<String>,
}

impl AffinitySpec {
    pub(super) fn read(config: &CloudStackProperties, vm: &VmProperties, env: &Hash) -> Self {
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
