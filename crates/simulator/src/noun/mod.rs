//! What the cloud can do, a file per noun. Each has a table of its commands, [`find`] looks
//! through them all.

mod job;
mod zone;

use crate::engine::Command;

/// Every noun's commands.
const NOUNS: &[&[Command]] = &[job::COMMANDS, zone::COMMANDS];

/// The command of this name, whatever its case.
pub fn find(name: &str) -> Option<&'static Command> {
    commands().find(|command| command.name.eq_ignore_ascii_case(name))
}

/// Every command.
pub fn commands() -> impl Iterator<Item = &'static Command> {
    NOUNS.iter().flat_map(|commands| commands.iter())
}
