//! From a cloud's errors to BOSH's: [`Failure`] is why a step failed, whichever cloud it is; a
//! provider's [`ErrorTable`] says what the director is told then.

mod activity;
mod failure;
mod page;
mod result_ext;
mod table;

pub use activity::Activity;
pub use failure::Failure;
pub use page::rows_as_page;
pub use result_ext::ResultExt;
pub use table::{ErrorTable, Row};
