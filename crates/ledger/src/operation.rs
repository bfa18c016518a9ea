//! One CPI call that changes something.

use cloud_http::Outcome;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use uuid::Uuid;

/// The id of an operation; it is part of every name that the operation gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(Uuid);

impl OperationId {
    /// A new one; later ones sort after earlier ones.
    #[allow(clippy::new_without_default)] // two of them are never alike
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The underlying UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

/// 32 hexadecimal digits, so that it fits into a host name.
impl Display for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

/// What a provider gives, so that any process can clean up after any other.
#[allow(async_fn_in_trait)] // one current-thread runtime, so no `Send` is wanted
pub trait Undo {
    /// A thing that a step makes or changes, named so that another process finds it.
    type Target: Serialize + DeserializeOwned + Clone + Display;
    /// Why it could not be undone.
    type Error: Display;

    /// Makes sure that nothing is left of `target`, whether it was made, half made or never
    /// made. Doing it twice is no fault.
    async fn ensure_absent(&self, target: &Self::Target) -> Result<(), Self::Error>;
}

/// A CPI call that changes something, step by step.
pub struct Operation<T> {
    id: OperationId,
    targets: Vec<T>,
}

impl<T: Clone + Display> Operation<T> {
    /// Begins an operation.
    pub fn begin(id: OperationId) -> Self {
        Self { id, targets: Vec::new() }
    }

    /// Its id, for names.
    pub fn id(&self) -> OperationId {
        self.id
    }

    /// Runs one mutating API call. `target` is what to undo if the operation fails: also when
    /// this very step fails, since a failed call may leave half of its work. When the outcome
    /// is unknown, `probe` looks the truth up; None means that it found nothing.
    pub async fn step<A, E>(
        &mut self,
        target: T,
        act: impl AsyncFnOnce() -> Outcome<A, E>,
        probe: impl AsyncFnOnce() -> Result<Option<A>, E>,
    ) -> Result<A, E> {
        self.targets.push(target);
        match act().await {
            Outcome::Applied(answer) => Ok(answer),
            Outcome::NotApplied(error) => Err(error),
            Outcome::Unknown(error) => match probe().await {
                Ok(Some(answer)) => Ok(answer),
                Ok(None) | Err(_) => Err(error),
            },
        }
    }

    /// Undoes every step, the last one first. Gives back what could not be undone, and why.
    pub async fn unwind<U>(&mut self, undo: &U) -> Vec<(T, U::Error)>
    where
        U: Undo<Target = T>,
    {
        let mut left = Vec::new();
        while let Some(target) = self.targets.pop() {
            if let Err(error) = undo.ensure_absent(&target).await {
                tracing::error!("cannot undo {target}: {error}");
                left.push((target, error));
            }
        }
        left
    }
}
