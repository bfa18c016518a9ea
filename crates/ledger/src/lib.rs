//! Operations and their steps: what a call is about to change, what came of it, and how to
//! make sure that nothing is left of it.
//!
//! A provider runs every mutating API call as a [`step`](Operation::step) of an
//! [`Operation`], and implements [`Undo`]. It names what it makes before it makes it, so that
//! undo is always "make sure that the thing of this name is absent".

mod operation;

pub use operation::{Operation, OperationId, Undo};
