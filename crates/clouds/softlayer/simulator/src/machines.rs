//! Machines of either kind, by the names under which the inventory shows them: their ids.

use crate::object_ref::Machine;
use crate::state::Cloud;

/// The names of all machines.
pub fn names(cloud: &Cloud) -> Vec<String> {
    let guests = cloud.guests.keys().map(|id| Machine::Guest(*id));
    let servers = cloud.servers.keys().map(|id| Machine::Hardware(*id));
    guests.chain(servers).map(|machine| machine.to_string()).collect()
}

/// The machine of that name.
pub fn find(cloud: &Cloud, name: &str) -> Option<Machine> {
    let id = name.parse().ok()?;
    if cloud.servers.contains_key(&id) {
        return Some(Machine::Hardware(id));
    }
    cloud.guests.contains_key(&id).then_some(Machine::Guest(id))
}
