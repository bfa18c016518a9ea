//! What a step is about to change, as the journal writes it down.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// What a step makes or changes, named so that another process finds it.
pub trait Intent: Serialize + DeserializeOwned + Clone + Display {
    /// The CID of what is changed, where the change must not be undone once a later operation
    /// has answered for the same CID: a disk that was attached again, say.
    fn superseded_by(&self) -> Option<&str> {
        None
    }

    /// Whether `earlier` changed the same in the same way. If that was answered for the same
    /// CID last, it was so before, and stays so.
    fn repeats(&self, earlier: &Self) -> bool {
        let _ = earlier;
        false
    }
}
