//! What the cloud can do, a file per resource. Each has a table of its commands, [`find`] looks
//! through them all.

mod account;
mod acl;
mod address;
mod affinity_group;
mod api;
mod capability;
mod firewall;
mod job;
mod key_pair;
mod load_balancer;
mod network;
mod offering;
mod offering_create;
mod os_type;
mod port_forwarding;
mod project;
mod security_group;
mod snapshot;
mod system;
mod tag;
mod template;
mod vm;
mod volume;
mod vpc;
mod zone;

pub use api::check_lengths;

use crate::engine::Command;

/// Every resource's commands.
const COMMANDS: &[&[Command]] = &[
    account::COMMANDS,
    acl::COMMANDS,
    address::COMMANDS,
    affinity_group::COMMANDS,
    api::COMMANDS,
    load_balancer::COMMANDS,
    capability::COMMANDS,
    firewall::COMMANDS,
    port_forwarding::COMMANDS,
    job::COMMANDS,
    key_pair::COMMANDS,
    network::COMMANDS,
    network::offering::COMMANDS,
    offering_create::COMMANDS,
    offering::COMMANDS,
    os_type::COMMANDS,
    project::COMMANDS,
    security_group::COMMANDS,
    snapshot::COMMANDS,
    system::COMMANDS,
    tag::COMMANDS,
    template::COMMANDS,
    vm::COMMANDS,
    volume::COMMANDS,
    vpc::COMMANDS,
    zone::COMMANDS,
];

/// The command of this name, whatever its case.
pub fn find(name: &str) -> Option<&'static Command> {
    commands().find(|command| command.name.eq_ignore_ascii_case(name))
}

/// Every command.
pub fn commands() -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().flat_map(|commands| commands.iter())
}
