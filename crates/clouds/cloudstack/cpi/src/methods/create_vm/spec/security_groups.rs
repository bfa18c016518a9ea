//! The security groups of the VM: by name or id, those of the VM and of its networks together.

use crate::name_ref::NameRef;
use crate::properties::{CloudStackProperties, Names, PATH, SecurityRule, VmProperties};
use std::collections::BTreeMap;

/// The security groups of a VM.
pub(in crate::methods::create_vm) struct SecurityGroupsSpec {
    /// The groups, each once: those of the VM and of its networks, else the default ones.
    pub groups: Vec<NameRef>,
    /// Whether those that are not there are made.
    pub create: bool,
    /// The rules of those that are made.
    pub rules: BTreeMap<String, Vec<SecurityRule>>,
}

/// Groups as properties name them.
pub(super) fn named(Names(names): &Names, path: String) -> Vec<NameRef> {
    names.iter().map(|name| NameRef::new(name, path.clone())).collect()
}

impl SecurityGroupsSpec {
    pub(super) fn read(
        config: &CloudStackProperties,
        vm: &VmProperties,
        path: &str,
        of_networks: Vec<NameRef>,
    ) -> Self {
        let mut groups = named(&vm.security_groups, format!("{path}.security_groups"));
        groups.extend(of_networks);
        if groups.is_empty() {
            let path = format!("{PATH}.default_security_groups");
            groups = named(&config.default_security_groups, path);
        }
        let mut once: Vec<NameRef> = Vec::new();
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

    /// The rules for a group that is made.
    pub(in crate::methods::create_vm) fn rules_of(&self, group: &NameRef) -> &[SecurityRule] {
        self.rules.get(&group.text).map(Vec::as_slice).unwrap_or_default()
    }
}
