//! Affinity groups.

use super::{Cloud, Entity, Vm, VmState};

/// An affinity group.
#[derive(Debug, Clone)]
pub struct AffinityGroup {
    /// Its id.
    pub id: String,
    /// Its name, unique in its account.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `host anti-affinity` …
    pub kind: String,
    /// The account that owns it.
    pub owner: String,
}

impl Entity for AffinityGroup {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Cloud {
    /// The hosts that a VM must stay away from: strict anti-affinity.
    pub fn kept_apart(&self, vm: &Vm) -> Vec<String> {
        let strict = |id: &&String| {
            self.affinity_groups.get(id).is_some_and(|group| group.kind == "host anti-affinity")
        };
        let groups: Vec<&String> = vm.affinity_groups.iter().filter(strict).collect();
        self.vms
            .iter()
            .filter(|other| other.id != vm.id)
            .filter(|other| matches!(other.state, VmState::Running | VmState::Starting))
            .filter(|other| other.affinity_groups.iter().any(|group| groups.contains(&group)))
            .filter_map(|other| other.host.clone())
            .collect()
    }
}
