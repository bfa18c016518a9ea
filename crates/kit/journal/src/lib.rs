//! A durable journal: what a call is about to change, what came of it, and how to make sure
//! that nothing is left of it, whatever dies when.
//!
//! A provider runs every mutating API call as a [`step`](Operation::step) of an [`Operation`]
//! and implements [`Undo`]. It names what it makes before it makes it, so that undo is always
//! "make sure that the thing of this name is absent", and any process can do it for any other.
//!
//! ```text
//!          step: intent durable, then sent          later call names the CID
//!  (nothing) ──────────► open ──────────► answered ──────────────────────► known
//!                         │   answer durable, then written
//!       failed, or owner  │
//!       died: lock free   ▼
//!                      unwinding ◄──► (a later call tries again)
//!                         │
//!                         ▼
//!                       undone
//! ```
//!
//! An operation that only changes something ends as `done`. What has ended is forgotten after a
//! week, what was answered after [`REMEMBERED`].

mod clock;
mod error;
mod id;
mod intent;
mod journal;
mod key;
mod operation;
mod recover;
mod row;
mod store;
mod undo;

pub use error::JournalError;
pub use id::OperationId;
pub use intent::Intent;
pub use journal::{Journal, Place, REMEMBERED};
pub use key::Key;
pub use operation::{Operation, Parked};
pub use recover::Recovery;
pub use row::{OperationRow, OperationState, StepRow, StepState};
pub use store::Database;
pub use undo::{Absence, Leftover, Undo, UndoBudget};
