//! Which commands CloudStack has, and who may call them by its default roles.

use crate::state::Role;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The file says how it is written.
const ROLES: &str = include_str!("roles.txt");

static ROWS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let lines = ROLES.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.split_once(' '));
    rows.flat_map(|(roles, names)| names.split(' ').map(move |name| (name, roles)))
        .map(|(name, roles)| (name.to_ascii_lowercase(), roles))
        .collect()
});

/// Whether CloudStack has a command, be it simulated or not.
pub fn exists(command: &str) -> bool {
    ROWS.contains_key(&command.to_ascii_lowercase())
}

/// Whether an account of this role may call a command.
pub fn may_call(role: Role, command: &str) -> bool {
    let letter = match role {
        Role::Admin => return true,
        Role::DomainAdmin => 'D',
        Role::User => 'U',
        Role::Nobody => return false,
    };
    ROWS.get(&command.to_ascii_lowercase()).is_some_and(|roles| roles.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command that the table lacks could be called by nobody.
    #[test]
    fn every_simulated_command_has_its_roles() {
        for command in crate::commands() {
            assert!(exists(command.name), "roles.txt lacks {}", command.name);
        }
        assert!(may_call(Role::User, "deployVirtualMachine"));
        assert!(!may_call(Role::User, "listHosts") && may_call(Role::DomainAdmin, "listUsers"));
        assert!(!may_call(Role::DomainAdmin, "updateVolume"));
    }
}
