//! The three-valued truth about a call that changes something.

/// What came of a mutating call. Only [`Outcome::NotApplied`] may fail a step; an unknown
/// outcome must be looked up before anything is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T, E> {
    /// It took effect.
    Applied(T),
    /// It certainly did not.
    NotApplied(E),
    /// The answer is missing: it may have taken effect, or may still.
    Unknown(E),
}
