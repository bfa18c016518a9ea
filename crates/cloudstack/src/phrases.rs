//! The phrases by which two errors of one code are told apart.

/// The id of a parameter is unknown: 431.
pub const ENTITY_DOES_NOT_EXIST: &str = "entity does not exist";
/// The text that plain users get instead of the reason of a 530, 533 or 534.
pub const MASKED: &str = "Internal error executing command";
