//! What is known of the effect of a call that changes something.

/// What came of a mutating call. An unknown outcome must be looked up before anything is sent
/// again; what was not sent need not be looked for at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an outcome that nobody looks at is a resource that nobody removes"]
pub enum Outcome<T, E> {
    /// It took effect.
    Applied(T),
    /// It certainly never left this machine.
    NotSent(E),
    /// It arrived, and certainly changed nothing.
    NotApplied(E),
    /// It failed and has ended: nothing comes later, but what it left half made may be there.
    Failed(E),
    /// The answer is missing: it may have taken effect, or may still.
    Unknown(E),
}

impl<T, E> Outcome<T, E> {
    /// The same outcome with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U, E> {
        match self {
            Outcome::Applied(value) => Outcome::Applied(change(value)),
            Outcome::NotSent(error) => Outcome::NotSent(error),
            Outcome::NotApplied(error) => Outcome::NotApplied(error),
            Outcome::Failed(error) => Outcome::Failed(error),
            Outcome::Unknown(error) => Outcome::Unknown(error),
        }
    }

    /// The same outcome with another error.
    pub fn map_err<F>(self, change: impl FnOnce(E) -> F) -> Outcome<T, F> {
        match self {
            Outcome::Applied(value) => Outcome::Applied(value),
            Outcome::NotSent(error) => Outcome::NotSent(change(error)),
            Outcome::NotApplied(error) => Outcome::NotApplied(change(error)),
            Outcome::Failed(error) => Outcome::Failed(change(error)),
            Outcome::Unknown(error) => Outcome::Unknown(change(error)),
        }
    }

    /// The same where whoever calls knows that the call has ended, whatever came of it: what is
    /// unknown has failed then.
    pub fn ended(self) -> Self {
        match self {
            Outcome::Unknown(error) => Outcome::Failed(error),
            other => other,
        }
    }
}
