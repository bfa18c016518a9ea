//! What a row of any cloud's list tells of itself, as far as it shows whose it is.

/// A row of a cloud's list: what is compared before the thing is believed to be ours.
///
/// The Rust type is the kind of thing; a row must never be made from another kind's answer.
pub trait CloudResource {
    /// What people call it: `VM`, `volume`.
    const KIND: &'static str;

    /// The cloud's id of it.
    fn id(&self) -> &str;

    /// Its name; empty if it has none.
    fn name(&self) -> &str;

    /// The text that people can give it beside its name, where it has one: a description, notes.
    fn note(&self) -> Option<&str> {
        None
    }

    /// What the cloud itself tells its kinds apart by, where it does: `ROOT` or `DATADISK`.
    fn subtype(&self) -> Option<&str> {
        None
    }

    /// The zone or datacenter, where the row tells it.
    fn zone(&self) -> Option<&str> {
        None
    }

    /// The account or project that it belongs to, where the row tells it. The same account is
    /// always written alike.
    fn account(&self) -> Option<String> {
        None
    }
}
