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

impl<T, E> Outcome<T, E> {
    /// The same outcome with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U, E> {
        match self {
            Outcome::Applied(value) => Outcome::Applied(change(value)),
            Outcome::NotApplied(error) => Outcome::NotApplied(error),
            Outcome::Unknown(error) => Outcome::Unknown(error),
        }
    }

    /// The same outcome with another error.
    pub fn map_err<F>(self, change: impl FnOnce(E) -> F) -> Outcome<T, F> {
        match self {
            Outcome::Applied(value) => Outcome::Applied(value),
            Outcome::NotApplied(error) => Outcome::NotApplied(change(error)),
            Outcome::Unknown(error) => Outcome::Unknown(change(error)),
        }
    }
}
