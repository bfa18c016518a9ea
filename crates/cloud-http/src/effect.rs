//! What a call does to the cloud, which decides whether it may be sent again.

/// The effect of an API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Changes nothing: may be sent again freely.
    Read,
    /// Makes something: sent again only if it certainly never left.
    Create,
    /// Changes something in place: as `Create`.
    Change,
    /// Removes something: as `Create`, but a second one that finds nothing is a success.
    Delete,
}
